// Holds the clock of a process at FIXED_NOW (ISO 8601), for runs whose
// output must be the same each time: node --require scripts/fixed-clock.cjs.
const now = Date.parse(process.env.FIXED_NOW ?? '');
if (Number.isNaN(now)) throw new Error('FIXED_NOW must be a moment such as 2026-11-26T12:00:00Z');

const MachineDate = Date;
globalThis.Date = class Date extends MachineDate {
  constructor(...args) {
    if (args.length === 0) super(now);
    else super(...args);
  }

  static now() {
    return now;
  }
};
