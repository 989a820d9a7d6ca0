import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { LineRun } from './run-lines';

const FOLDER = path.join(__dirname, 'before');
/**
 * Old names of the two commands that change the table. `FIRST` runs before all other commands, and `LAST`
 * runs after them.
 */
const [FIRST, LAST] = ['seal', 'replay'];

/**
 * Paths of the fields with text for people. Each key is the old name of a command. Only the numbers in these
 * texts are compared, because the words may change.
 */
export const HUMAN_TEXTS: Readonly<Record<string, readonly string[]>> = {
  demo: ['alarms.reason', 'widgets.title'],
  doctor: ['checks.title', 'checks.detail', 'checks.mend'],
  forecast: ['method', 'reason', 'warnings'],
  reconcile: ['notes'],
  replay: ['failed.reason', 'metricsReason'],
  seal: ['failed.reason'],
  thresholds: ['checks.reason', 'reasons'],
  whatif: ['notes'],
};

/**
 * Stored outputs of a command from an earlier version, with old names. They are never updated, except the
 * widgets of `demo` when the dashboard changes (decision 0028).
 */
export interface KeptOutputs {
  readonly command: string;
  readonly runs: readonly LineRun[];
}

/** Reads the stored outputs of all commands, in the order in which the tests run the commands. */
export function readKeptOutputs(): readonly KeptOutputs[] {
  const commands = readdirSync(FOLDER).map(file => path.basename(file, '.json'));
  const others = commands.filter(command => command !== FIRST && command !== LAST).sort();
  return [FIRST, ...others, LAST].map(command => ({
    command,
    runs: JSON.parse(readFileSync(path.join(FOLDER, `${command}.json`), 'utf8')) as LineRun[],
  }));
}
