import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY } from './run';

/**
 * Returns the folder of the programs, such as `python`, in the virtual environment that `scripts/venv.mjs`
 * has created for a folder. If it is missing or outdated, prints that the tests of `subject` are skipped, and
 * returns undefined.
 */
export function findPrograms(folder: string, subject: string): string | undefined {
  const environment = path.join(folder, 'node_modules', '.venv');
  // Copy of the requirements.txt that was installed.
  const installed = path.join(environment, 'installed.txt');
  const wanted = readFileSync(path.join(folder, 'requirements.txt'), 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) {
    return path.join(environment, 'bin');
  }
  const command = `node scripts/venv.mjs ${path.relative(REPOSITORY, folder)}`;
  process.stderr.write(
    `SKIPPED: ${subject}, because the Python packages are not installed. Run: ${command}\n`,
  );
  return undefined;
}
