import * as path from 'node:path';
import type { MiniStack } from './ministack';
import { REPOSITORY, run } from '../../support/run';

const COMMAND = path.join(REPOSITORY, 'lib', 'cli', 'index.js');

/** Parts of the JSON outputs of the command that the tests compare. */
export interface Output {
  readonly total: { readonly answered: number; readonly cost: { readonly usd: string } };
  readonly reads: object;
  readonly entries: readonly { readonly name: string; readonly cost: { readonly usd: string } }[];
  readonly checks: readonly { readonly id: string; readonly status: string }[];
}

/**
 * Runs the command with nothing but the environment of MiniStack. Returns its standard output.
 *
 * @param exitCode exit code with which the command must end. Default: 0
 */
export async function runCommand(
  { environment }: MiniStack,
  args: readonly string[],
  exitCode = 0,
): Promise<string> {
  const { code, stdout, stderr } = await run(process.execPath, [COMMAND, ...args], { env: environment });
  if (code === exitCode) return stdout;
  throw new Error(`token-analytics ${args.join(' ')} ended with ${code} and printed: ${stdout}${stderr}`);
}
