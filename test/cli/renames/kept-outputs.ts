import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { LineRun } from './run-lines';

const FOLDER = path.join(__dirname, 'before');
/**
 * Commands that change the table, by their old names. The first runs before all other commands, and the last
 * after them.
 */
const [FIRST, LAST] = ['seal', 'replay'];

/**
 * Fields that contain text for people, by the old name of the command. Only numbers in this text are
 * compared, because its words may change.
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

/** Outputs of a command before the renames. They are never updated. */
export interface KeptOutputs {
  readonly command: string;
  readonly runs: readonly LineRun[];
}

/** Reads the stored outputs. The commands are in the order in which they run. */
export function readKeptOutputs(): readonly KeptOutputs[] {
  const commands = readdirSync(FOLDER).map(file => path.basename(file, '.json'));
  const others = commands.filter(command => command !== FIRST && command !== LAST).sort();
  return [FIRST, ...others, LAST].map(command => ({
    command,
    runs: JSON.parse(readFileSync(path.join(FOLDER, `${command}.json`), 'utf8')) as LineRun[],
  }));
}
