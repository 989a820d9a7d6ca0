// Stops the clock of a process at the time FIXED_NOW (ISO 8601), so that each run prints the same output.
// Usage: `node --require scripts/fixed-clock.cjs`.
const now = Date.parse(process.env.FIXED_NOW ?? '');
if (Number.isNaN(now)) throw new Error('FIXED_NOW must be an ISO 8601 time such as 2026-11-26T12:00:00Z');

// Replaces `Date` by a proxy instead of a subclass. @date-fns/tz needs the methods in `Date.prototype`, but
// the prototype of a subclass has no own methods.
globalThis.Date = new Proxy(Date, {
  construct: (MachineDate, args, made) =>
    Reflect.construct(MachineDate, args.length > 0 ? args : [now], made),
  apply: MachineDate => new MachineDate(now).toString(),
  get: (MachineDate, name) => (name === 'now' ? () => now : Reflect.get(MachineDate, name)),
});
Date.prototype.constructor = Date;
