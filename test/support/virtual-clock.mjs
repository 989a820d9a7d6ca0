// Replaces the clock of a process, so that waits take no time: `node --import ./virtual-clock.mjs`.
//
// The clock stands still while code runs, a file is read or an HTTP request waits for its response. When only
// timers remain, the clock jumps to the next timer. Timers fire in the right order, even on a slow machine.
//
// A server can let a request time out: it sends the status `102 Processing`, which clients ignore. The clock
// then no longer waits for the response.
//
// The clock does not notice that a process waits for input from a pipe.
//
// VIRTUAL_CLOCK_START is the start time, e.g. `2026-11-26T12:00:00Z`. Default: the current time.
import { AsyncResource } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import FakeTimers from '@sinonjs/fake-timers';

/** HTTP status that a test server sends if it will never respond (RFC 2518, section 10.1). */
const PROCESSING = 102;
/**
 * Number of event loop turns without work before the clock jumps to the next timer. A stream ends a few turns
 * after its last data.
 */
const QUIET_TURNS = 5;
/**
 * Milliseconds between checks while a resource such as a file read is active. Node.js has no event for its
 * end.
 */
const BUSY_POLL_MS = 1;
/**
 * Node.js resources that may be active while a process only waits. If another resource is active, the process
 * works.
 */
const IDLE_RESOURCES = new Set([
  'Timeout',
  'TCPSocketWrap',
  'TCPServerWrap',
  'PipeWrap',
  'TTYWrap',
  'SignalWrap',
]);

const { setImmediate, setTimeout: setMachineTimeout } = globalThis;
const start = process.env.VIRTUAL_CLOCK_START;
const clock = FakeTimers.install({
  now: start === undefined ? Date.now() : new Date(start),
  toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'hrtime'],
  shouldClearNativeTimers: true,
});

// Replaces Date by a proxy instead of a subclass, because @date-fns/tz reads methods from Date.prototype.
globalThis.Date = new Proxy(Date, {
  construct: (MachineDate, args, made) =>
    Reflect.construct(MachineDate, args.length > 0 ? args : [clock.now], made),
  apply: MachineDate => new MachineDate(clock.now).toString(),
  get: (MachineDate, name) => (name === 'now' ? () => clock.now : Reflect.get(MachineDate, name)),
});
Date.prototype.constructor = Date;

const timers = new Map();
const unanswered = new Set();
const hanging = new Set();
let quietTurns = 0;
let next;

/** Schedules `turn` for the next turn of the event loop. `turn` checks if the process is idle. */
function scheduleCheck() {
  next ??= setImmediate(turn);
}

function turn() {
  next = undefined;
  clock.tick(0);
  // The clock jumps only if a request or a timer keeps the process alive. Timers after `unref()` do not.
  const moves = timers.size > 0 && (hanging.size > 0 || [...timers.values()].some(timer => timer.hasRef()));
  if (!moves || unanswered.size > 0) {
    // Schedules no check. A new timer or the end of a request will schedule one.
    quietTurns = 0;
  } else if (process.getActiveResourcesInfo().some(resource => !IDLE_RESOURCES.has(resource))) {
    quietTurns = 0;
    next ??= setMachineTimeout(turn, BUSY_POLL_MS);
  } else {
    scheduleCheck();
    quietTurns += 1;
    if (quietTurns < QUIET_TURNS) return;
    quietTurns = 0;
    clock.next();
  }
}

for (const name of ['setTimeout', 'setInterval']) {
  const startTimer = clock[name];
  clock[name] = (callback, ms, ...args) => {
    const context = new AsyncResource(name);
    const timer = startTimer(
      (...given) => {
        if (name === 'setTimeout') timers.delete(id);
        context.runInAsyncScope(callback, undefined, ...given);
      },
      ms,
      ...args,
    );
    const id = Number(timer);
    const refresh = timer.refresh.bind(timer);
    timer.refresh = () => {
      timers.set(id, timer);
      scheduleCheck();
      return refresh();
    };
    timers.set(id, timer);
    scheduleCheck();
    return timer;
  };
}
for (const name of ['clearTimeout', 'clearInterval']) {
  const clear = clock[name];
  clock[name] = timer => {
    timers.delete(Number(timer));
    clear(timer);
  };
}

AbortSignal.timeout = ms => {
  const controller = new AbortController();
  const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  setTimeout(() => controller.abort(reason), ms).unref();
  return controller.signal;
};

const waits = new WeakMap();
const { notify } = Atomics;
Atomics.waitAsync = (cell, _index, _value, ms) => ({
  async: true,
  value: new Promise(resolve => {
    const timer = setTimeout(() => resolve('timed-out'), ms).unref();
    waits.set(cell, () => {
      clearTimeout(timer);
      resolve('ok');
    });
  }),
});
Atomics.notify = (cell, ...args) => {
  const end = waits.get(cell);
  waits.delete(cell);
  end?.();
  return end ? 1 : notify(cell, ...args);
};

const idleTimers = new WeakMap();
net.Socket.prototype.setTimeout = function (ms, onTimeout) {
  clearTimeout(idleTimers.get(this));
  this.timeout = ms;
  if (onTimeout) this[ms > 0 ? 'once' : 'removeListener']('timeout', onTimeout);
  if (ms > 0) {
    if (!idleTimers.has(this)) this.once('close', () => clearTimeout(idleTimers.get(this)));
    idleTimers.set(this, setTimeout(() => this.emit('timeout'), ms).unref());
  }
  return this;
};
const { _unrefTimer: onActivity } = net.Socket.prototype;
net.Socket.prototype._unrefTimer = function () {
  if (timers.has(Number(idleTimers.get(this)))) idleTimers.get(this).refresh();
  onActivity.call(this);
};

function settle(request) {
  unanswered.delete(request);
  hanging.delete(request);
  scheduleCheck();
}

for (const module of [http, https]) {
  for (const name of ['request', 'get']) {
    const send = module[name];
    module[name] = (...args) => {
      const request = send(...args);
      unanswered.add(request);
      request.on('information', ({ statusCode }) => {
        if (statusCode !== PROCESSING) return;
        unanswered.delete(request);
        hanging.add(request);
        scheduleCheck();
      });
      request.once('close', () => settle(request));
      return request;
    };
  }
}
subscribe('undici:request:create', ({ request }) => unanswered.add(request));
for (const end of ['undici:request:trailers', 'undici:request:error']) {
  subscribe(end, ({ request }) => settle(request));
}
http2.connect = () => {
  throw new Error('the virtual clock does not support requests over HTTP/2: use the clock of the machine');
};

syncBuiltinESMExports();
