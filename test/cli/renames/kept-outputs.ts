import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { LineRun } from './run-lines';

const FOLDER = path.join(__dirname, 'before');
/** Commands that change the table, by their old names. The others run after the first and before the last. */
const [FIRST, LAST] = ['seal', 'replay'];

/**
 * Fields with texts for people, by the old name of the command. Only the figures in these texts are compared,
 * because their words may change at any time.
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

/** Outputs of one command before the renames. They are stored once and never updated. */
export interface KeptOutputs {
  /** Name of the command before the renames. */
  readonly command: string;
  readonly runs: readonly LineRun[];
}

/** Reads the stored outputs, in the order in which the commands run. */
export function readKeptOutputs(): readonly KeptOutputs[] {
  const commands = readdirSync(FOLDER).map(file => path.basename(file, '.json'));
  const others = commands.filter(command => command !== FIRST && command !== LAST).sort();
  return [FIRST, ...others, LAST].map(command => ({
    command,
    runs: JSON.parse(readFileSync(path.join(FOLDER, `${command}.json`), 'utf8')) as LineRun[],
  }));
}
