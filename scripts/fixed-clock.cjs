// Holds the clock of a process at FIXED_NOW (ISO 8601), for runs whose
// output must be the same each time: node --require scripts/fixed-clock.cjs.
const now = Date.parse(process.env.FIXED_NOW ?? '');
if (Number.isNaN(now)) throw new Error('FIXED_NOW must be a moment such as 2026-11-26T12:00:00Z');

// Not a subclass: @date-fns/tz looks for the methods that the prototype of Date itself has.
globalThis.Date = new Proxy(Date, {
  construct: (MachineDate, args, made) =>
    Reflect.construct(MachineDate, args.length > 0 ? args : [now], made),
  apply: MachineDate => new MachineDate(now).toString(),
  get: (MachineDate, name) => (name === 'now' ? () => now : Reflect.get(MachineDate, name)),
});
Date.prototype.constructor = Date;
