// Replaces the clock of a process with one that jumps over waits: `node --import ./virtual-clock.mjs`.
//
// The clock stands still while the process works: while code runs, a file is read, or a request waits for its
// answer. When only timers are left, the clock jumps to the next one. So back-off and deadlines take no time,
// and timers fire in the order of their due times on a machine of any speed.
//
// Only a request that its server keeps can be timed out. A server says that it keeps a request with HTTP's
// `102 Processing`, which clients ignore. The clock does not wait for that request any more.
//
// The clock sees requests of node:http, node:https and fetch(). It does not see input of a pipe.
//
// VIRTUAL_CLOCK_START is the time at the start, in ISO 8601. Default: the machine's time.
import { AsyncResource } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import FakeTimers from '@sinonjs/fake-timers';

/** Status of a request that the server keeps without an answer (RFC 2518, section 10.1). */
const PROCESSING = 102;
/** Turns of the event loop without work before a jump: streams and sockets end some turns after their data. */
const QUIET_TURNS = 5;
/** Milliseconds between two looks at work whose end has no event. */
const BUSY_POLL_MS = 1;
/** Resources of Node.js that are open while nothing happens. All others are work. */
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

// Not a subclass: @date-fns/tz looks for the methods that the prototype of Date itself has.
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

/** Schedules a look at the work for the next turn of the event loop. */
function look() {
  next ??= setImmediate(turn);
}

function turn() {
  next = undefined;
  clock.tick(0);
  // A timer without a reference fires only while something else keeps the process, as on the machine's clock.
  const moves = timers.size > 0 && (hanging.size > 0 || [...timers.values()].some(timer => timer.hasRef()));
  if (!moves || unanswered.size > 0) {
    // A new timer, or the end of a request, looks again.
    quietTurns = 0;
  } else if (process.getActiveResourcesInfo().some(resource => !IDLE_RESOURCES.has(resource))) {
    quietTurns = 0;
    next ??= setMachineTimeout(turn, BUSY_POLL_MS);
  } else {
    look();
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
      look();
      return refresh();
    };
    timers.set(id, timer);
    look();
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
  look();
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
        look();
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
  throw new Error('the virtual clock does not see requests over HTTP/2: use the machine’s clock');
};

syncBuiltinESMExports();
