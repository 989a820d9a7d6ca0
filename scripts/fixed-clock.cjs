// Fixes the clock of a process at FIXED_NOW (an ISO 8601 time), so that each run prints the same output: node
// --require scripts/fixed-clock.cjs.
const now = Date.parse(process.env.FIXED_NOW ?? '');
if (Number.isNaN(now)) throw new Error('FIXED_NOW must be an ISO 8601 time such as 2026-11-26T12:00:00Z');

// A subclass would not work, because @date-fns/tz reads methods from the prototype of Date itself.
globalThis.Date = new Proxy(Date, {
  construct: (MachineDate, args, made) =>
    Reflect.construct(MachineDate, args.length > 0 ? args : [now], made),
  apply: MachineDate => new MachineDate(now).toString(),
  get: (MachineDate, name) => (name === 'now' ? () => now : Reflect.get(MachineDate, name)),
});
Date.prototype.constructor = Date;
