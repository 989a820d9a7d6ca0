import type { Command } from 'commander';
import { openInspection } from '../doctor/context';
import { CHECKS, diagnose } from '../doctor/doctor';
import { doctorText } from '../doctor/doctor-text';
import { newCommand } from '../new-command';
import { colours, terminalWidth } from '../output/table';
import { action, type Context } from '../run';

/** `doctor`: what is wrong with a set-up, and how it is mended. */
export function addDoctorCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'doctor',
    summary: 'look for what is wrong with the set-up, each with its mend',
    description:
      'Looks at credentials, table, permissions, functions, metrics and prices, by reading alone. What ' +
      'may not be looked at is passed over, with the action that is missing. Ends with 1 where something ' +
      'does not work; warnings end with 0. It takes a few read units and about a cent for a thousand ' +
      'functions.',
    examples: [
      ['doctor', 'all of it'],
      ['doctor --table Traces --region eu-central-1', 'of one table'],
      ['doctor --json | jq \'.checks[] | select(.status == "fail")\'', 'what does not work, for a program'],
    ],
    ignores: ['since', 'until', 'timezone', 'agent', 'model'],
  });
  action(command, doctor);
}

async function doctor({ options, table, progress, print, endWith, atEnd }: Context): Promise<void> {
  const looking = openInspection(options, table, new Date());
  atEnd(() => looking.close());
  const bar = await progress('Looking');
  const diagnosis = await diagnose(looking, done => bar.update({ done, total: CHECKS.length }));
  const { green, yellow, red, dim, cyan } = colours();
  await print(diagnosis, () =>
    doctorText(diagnosis, { ok: green, warn: yellow, fail: red, skipped: dim, mend: cyan }, terminalWidth()),
  );
  if (diagnosis.counts.fail > 0) endWith('failure');
}
