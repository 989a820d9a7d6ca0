import * as path from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { UsageError } from '../failure';
import { newCommand, WITHOUT_TABLE, wholeNumber } from '../options';
import { action, type Context } from '../run';
import { serveUntilEnd } from '../serve-until-end';

interface DemoFlags {
  readonly open?: boolean;
  readonly seed?: number;
  readonly port?: number;
}

const MAX_SEED = 2 ** 31;
const MAX_PORT = 65_535;
/** Start of the error message of Node.js if aws-cdk-lib or constructs is not installed. */
const NO_CDK = /^Cannot find module '(?:aws-cdk-lib|constructs)[/']/;

/**
 * Adds the command `demo`. It simulates a day of the quick-start example with local emulators, checks the
 * sums, and draws the dashboard.
 */
export function addDemoCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'demo',
    summary: 'play a day of traffic through the quick start, without an AWS account or Docker',
    description: 'The demo runs on loopback. It needs aws-cdk-lib and constructs, which you must install.',
    examples: [
      ['demo', 'the day, its sums and its alarms'],
      ['demo --json | jq .picoUsd', 'the three sums'],
      ['demo --open', 'the dashboard, and a report of a month, in a browser'],
    ],
    ignores: WITHOUT_TABLE,
  })
    .option('--open', 'serve the dashboard and a report on 127.0.0.1 until Ctrl-C, and open a browser')
    .option('--port <port>', 'with --open: port of the page (default: a free port)', wholeNumber(1, MAX_PORT))
    .option('--seed <integer>', 'seed of the traffic, to play another day', seed);
  action<DemoFlags>(command, demo);
}

async function demo(context: Context<DemoFlags>): Promise<void> {
  const { options, print, note, endWith, atEnd } = context;
  const [{ simulateDay }, { demoJson, demoText }] = await Promise.all([
    loadDemo(),
    import('../../local/demo/report'),
  ]);
  useDemoKeys();
  const steps = await startSteps();
  const keepLastStep = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      steps.fail();
      throw error;
    }
  };
  const day = await keepLastStep(() =>
    simulateDay({
      builtDir: __dirname,
      outputFile: path.resolve('demo', 'dashboard.html'),
      seed: options.seed,
      onStep: steps.step,
    }),
  );
  atEnd(() => day.close());
  steps.done();
  const { result } = day;
  await print(demoJson(result), () => demoText(result));
  for (const error of result.emfErrors) note(`token-analytics: a metric line is invalid: ${error}`);
  if (!result.equal || result.emfErrors.length > 0) {
    note('token-analytics: the sums do not agree');
    endWith('failure');
  }
  if (!options.open) return;
  const { serveDay } = await import('../../local/demo/serve');
  steps.step('Writing a month of history');
  const server = await keepLastStep(() =>
    serveDay(day, { filesDir: path.join(__dirname, 'page'), seed: options.seed, port: options.port }),
  );
  steps.done();
  await serveUntilEnd(context, server, { what: 'The dashboard and a report are', open: true });
}

/**
 * Loads the module of the demo with `import()`. The module needs the CDK, which is an optional peer
 * dependency. The other commands work without the CDK.
 *
 * @throws UsageError if aws-cdk-lib or constructs is not installed
 */
async function loadDemo() {
  try {
    return await import('../../local/demo/demo');
  } catch (error) {
    if (!(error instanceof Error && NO_CDK.test(error.message))) throw error;
    throw new UsageError(
      'demo needs aws-cdk-lib and constructs, which are not installed: run ' +
        '`npm install aws-cdk-lib constructs`, or, with npx, ' +
        '`npx -p cdk-token-analytics -p aws-cdk-lib -p constructs token-analytics demo`',
      { cause: error },
    );
  }
}

function seed(value: string): number {
  const number = /^-?\d+$/.test(value) ? Number(value) : NaN;
  if (!(Math.abs(number) <= MAX_SEED)) {
    throw new InvalidArgumentError('It must be a whole number within ±2³¹.');
  }
  return number;
}

/** Sets fake AWS keys. SDK clients need keys, but must not send the user's keys to the emulators. */
function useDemoKeys(): void {
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN']) delete process.env[name];
  process.env.AWS_ACCESS_KEY_ID = 'demo';
  process.env.AWS_SECRET_ACCESS_KEY = 'demo';
}

/**
 * Returns functions that show the progress on standard error. A terminal shows only the current step. A file
 * gets a line for each step. At the end, `done` clears the step in the terminal, and `fail` keeps it.
 */
async function startSteps() {
  const { createLogUpdate } = await import('log-update');
  const line = process.stderr.isTTY ? createLogUpdate(process.stderr) : undefined;
  let lastHeadline: string | undefined;
  return {
    step: (text: string) => {
      const headline = text.split(':')[0];
      if (line) line(`${text} …`);
      else if (headline !== lastHeadline) process.stderr.write(`${headline}\n`);
      lastHeadline = headline;
    },
    done: () => line?.clear(),
    fail: () => line?.done(),
  };
}
