// Fixes the clock of a process at FIXED_NOW (ISO 8601), for runs that must print the same output each time:
// node --require scripts/fixed-clock.cjs.
const now = Date.parse(process.env.FIXED_NOW ?? '');
if (Number.isNaN(now)) throw new Error('FIXED_NOW must be an ISO 8601 time such as 2026-11-26T12:00:00Z');

// A proxy instead of a subclass, because @date-fns/tz reads the methods of the prototype of Date itself.
globalThis.Date = new Proxy(Date, {
  construct: (MachineDate, args, made) =>
    Reflect.construct(MachineDate, args.length > 0 ? args : [now], made),
  apply: MachineDate => new MachineDate(now).toString(),
  get: (MachineDate, name) => (name === 'now' ? () => now : Reflect.get(MachineDate, name)),
});
Date.prototype.constructor = Date;
