// Runs the commands of a task such as `npm test`, some of them in parallel. Prints the duration of each step
// and the load of the machine.
import { spawn } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Maximum number of lists of commands that run at the same time. */
const LISTS_AT_ONCE = Math.max(3, availableParallelism());

/** Pause before a failed command is tried again, in milliseconds. */
const PAUSE_MS = 10_000;

/** Returns the whole seconds since a time of `performance.now()`. */
const seconds = from => Math.round((performance.now() - from) / 1000);

/**
 * Runs a command with `sh`. If `alone` is true, the output is shown immediately. If other commands run at the
 * same time, the output and the duration are shown when the command ends.
 *
 * @returns true if the exit code is 0
 */
function runCommand(command, { alone, env }) {
  const shown = `> ${command}`;
  const child = spawn('sh', ['-c', command], {
    cwd: root,
    env: {
      ...process.env,
      PATH: `${path.join(root, 'node_modules', '.bin')}${path.delimiter}${process.env.PATH}`,
      ...env,
    },
    stdio: ['ignore', ...(alone ? ['inherit', 'inherit'] : ['pipe', 'pipe'])],
  });
  const output = [];
  const begun = performance.now();
  if (alone) console.log(shown);
  child.stdout?.on('data', chunk => output.push(chunk));
  child.stderr?.on('data', chunk => output.push(chunk));
  return new Promise(resolve => {
    child.once('error', error => {
      console.error(`${shown}\n${error.message}`);
      resolve(false);
    });
    child.once('close', (code, signal) => {
      if (!alone) process.stdout.write(`${shown} (${seconds(begun)} s)\n${Buffer.concat(output)}`);
      if (code !== 0) console.error(`FAILED: ${command} ended with ${signal ?? code}`);
      resolve(code === 0);
    });
  });
}

/**
 * Runs a command until it succeeds, at most `attempts` times.
 *
 * @returns true if the exit code is 0
 */
async function tryCommand(command, { attempts, ...options }) {
  for (let attempt = 1; attempt < attempts; attempt += 1) {
    if (await runCommand(command, options)) return true;
    console.error(`Trying again: ${command}`);
    await pause(PAUSE_MS);
  }
  return runCommand(command, options);
}

/**
 * Runs lists of commands in parallel, at most `LISTS_AT_ONCE`. The commands of one list run one after the
 * other. If a command fails, the later commands of its list do not run. Returns true if no command fails.
 */
async function runInParallel(sequences, options) {
  const waiting = [...sequences];
  let passed = true;
  const runLists = async () => {
    for (let list = waiting.shift(); list; list = waiting.shift()) {
      for (const command of list) {
        if (await tryCommand(command, options)) continue;
        passed = false;
        break;
      }
    }
  };
  await Promise.all(Array.from({ length: LISTS_AT_ONCE }, runLists));
  return passed;
}

/**
 * Runs the steps of a task one after the other, prints their durations and sets the exit code.
 *
 * @param title name of the task, printed in the last line
 * @param steps steps, each with these fields:
 * - `name`: name of the step, printed with its duration
 * - `sequences`: lists of commands. The lists run in parallel, the commands of one list in order
 * - `env`: additional environment variables
 * - `needed`: true if the later steps are skipped when this step fails
 * - `attempts`: maximum number of times that a failed command is run (default: 1)
 */
export async function runSteps(title, steps) {
  const times = [];
  const start = performance.now();
  let passed = true;
  for (const { name, sequences, env, needed = false, attempts = 1 } of steps) {
    const begun = performance.now();
    const alone = sequences.length === 1;
    const stepPassed = await runInParallel(sequences, { alone, env, attempts });
    times.push(`${name} ${seconds(begun)} s`);
    passed &&= stepPassed;
    if (needed && !stepPassed) break;
  }
  const load = loadavg()
    .map(average => average.toFixed(1))
    .join(' ');
  console.log(
    `${title}: ${passed ? 'passed' : 'FAILED'} in ${seconds(start)} s (${times.join(', ')}; load ${load})`,
  );
  if (!passed) process.exitCode = 1;
}

/** Puts a command-line argument in single quotes, so that `sh` does not change it. */
export const quoted = argument => `'${argument.replaceAll("'", "'\\''")}'`;
