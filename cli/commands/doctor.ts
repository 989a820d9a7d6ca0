import type { Command } from 'commander';
import { openInspection } from '../doctor/context';
import { CHECKS, diagnose, doctorText } from '../doctor/doctor';
import { newCommand } from '../options';
import { colors, terminalWidth } from '../output/terminal';
import { action, type Context } from '../run';

/** Adds the command `doctor`, which finds problems in the deployment and prints a fix for each problem. */
export function addDoctorCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'doctor',
    summary: 'find problems of the deployment, each with a fix',
    description:
      'It checks credentials, table, permissions, functions, metrics and prices, and changes nothing. It ' +
      "compares yesterday's calls in the table with those of the account, as Amazon Bedrock counts them. A " +
      'check without permission is skipped, and names the missing action. The exit code is 1 if a check ' +
      'fails, and 0 if there are only warnings. A run reads a sample of the table and all of yesterday. It ' +
      'costs about one cent for 1,000 functions, and $0.00002 for each model id of the account.',
    examples: [
      ['doctor', 'all checks'],
      ['doctor --table Traces --region eu-central-1', 'checks of one table'],
      ['doctor --json | jq \'.checks[] | select(.status == "fail")\'', 'failed checks, for a program'],
    ],
    ignores: ['since', 'until', 'timezone', 'agent', 'model'],
  });
  action(command, doctor);
}

async function doctor({ options, table, progress, print, endWith, atEnd }: Context): Promise<void> {
  const inspection = openInspection(options, table, new Date());
  atEnd(() => inspection.close());
  const bar = await progress('Checking');
  const diagnosis = await diagnose(inspection, done => bar.update({ done, total: CHECKS.length }));
  const { green, yellow, red, dim, cyan } = colors();
  await print(diagnosis, () =>
    doctorText(diagnosis, { ok: green, warn: yellow, fail: red, skipped: dim, fix: cyan }, terminalWidth()),
  );
  if (diagnosis.counts.fail > 0) endWith('failure');
}
