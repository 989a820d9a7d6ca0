// Creates the virtual environment `node_modules/.venv` of a folder, with the Python packages in its
// requirements.txt. Usage: `node scripts/venv.mjs <folder>`. If the file has hashes, all packages must match
// them. If Python is missing or the package registry cannot be reached, it says so and exits with 0, and the
// tests that need the packages are skipped.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const INSTALL_MINUTES = 4;
const HAS_VENV = 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))';
/** Matches errors of pip if the registry does not respond or lacks a package. */
const OUT_OF_REACH =
  /No matching distribution|connection broken|Connection refused|timed out|Name or service/i;

const folder = process.argv[2];
const requirements = path.join(folder, 'requirements.txt');
const venv = path.join(folder, 'node_modules', '.venv');
/** Copy of the requirements.txt that was installed completely. */
const installed = path.join(venv, 'installed.txt');

const wanted = readFileSync(requirements, 'utf8');
if (!existsSync(installed) || readFileSync(installed, 'utf8') !== wanted) create();

function create() {
  rmSync(venv, { recursive: true, force: true });
  if (spawnSync('python3', ['-c', HAS_VENV]).status !== 0) {
    skip('Python 3.10 with venv is missing');
    return;
  }
  runOk('python3', ['-m', 'venv', venv]);
  const pip = [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    // Python compiles the modules that it imports. This is faster than to compile all.
    '--no-compile',
    '--requirement',
    requirements,
    ...(wanted.includes('--hash=') ? ['--only-binary', ':all:', '--require-hashes'] : []),
  ];
  const { status, stderr } = spawnSync(path.join(venv, 'bin', 'pip'), pip, {
    encoding: 'utf8',
    timeout: INSTALL_MINUTES * 60_000,
  });
  if (status === 0) {
    writeFileSync(installed, wanted);
    return;
  }
  rmSync(venv, { recursive: true, force: true });
  if (status !== null && !OUT_OF_REACH.test(stderr)) throw new Error(`pip ended with ${status}\n${stderr}`);
  skip('the Python package registry cannot be reached');
}

function runOk(command, args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ended with ${status}\n${stderr}`);
}

function skip(reason) {
  console.log(`skipped: ${requirements} is not installed, because ${reason}.`);
}
