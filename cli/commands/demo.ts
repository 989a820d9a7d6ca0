import * as path from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { UsageError } from '../failure';
import { newCommand, WITHOUT_TABLE } from '../new-command';
import { wholeNumber } from '../options/common-options';
import { action, type Context } from '../run';
import { serveUntilEnd } from '../serve-until-end';

interface DemoFlags {
  readonly open?: boolean;
  readonly seed?: number;
  readonly port?: number;
}

const MAX_SEED = 2 ** 31;
const MAX_PORT = 65_535;
/** Message of Node.js if a package that the demo needs is not installed. */
const NO_CDK = /^Cannot find module '(?:aws-cdk-lib|constructs)[/']/;

/** `demo`: a day of the quick start on loopback, with its sums compared and its dashboard drawn. */
export function addDemoCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'demo',
    summary: 'play a day of traffic through the quick start, on loopback: no AWS account, no Docker',
    description: 'It needs aws-cdk-lib and constructs, which the package does not bring.',
    examples: [
      ['demo', 'the day, its sums and its alarms'],
      ['demo --json | jq .picoUsd', 'the three sums'],
      ['demo --open', 'its dashboard, and a report of a month, in a browser'],
    ],
    ignores: WITHOUT_TABLE,
  })
    .option('--open', 'serve the dashboard and a report as a page on 127.0.0.1 until Ctrl-C, and open it')
    .option(
      '--port <port>',
      'with --open, the port of the page; by default a free one',
      wholeNumber(1, MAX_PORT),
    )
    .option('--seed <integer>', 'another day of traffic than the usual one', seed);
  action<DemoFlags>(command, demo);
}

async function demo(context: Context<DemoFlags>): Promise<void> {
  const { options, print, note, endWith, atEnd } = context;
  const [{ simulateDay }, { demoJson, demoText }] = await Promise.all([
    loadDemo(),
    import('../../local/demo/report'),
  ]);
  const steps = await startSteps();
  const say = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      steps.fail();
      throw error;
    }
  };
  const day = await say(() =>
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
  for (const error of result.emfErrors) note(`token-analytics: a metric line was refused: ${error}`);
  if (!result.equal || result.emfErrors.length > 0) {
    note('token-analytics: the sums do not agree');
    endWith('failure');
  }
  if (!options.open) return;
  useDemoKeys();
  const { serveDay } = await import('../../local/demo/serve');
  steps.step('Writing a month of history');
  const server = await say(() =>
    serveDay(day, { filesDir: path.join(__dirname, 'page'), seed: options.seed, port: options.port }),
  );
  steps.done();
  await serveUntilEnd(context, server, { what: 'The dashboard and a report are', open: true });
}

/**
 * Loads the demo. No other command needs the CDK, which is an optional peer of the package.
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

/**
 * The stand-ins look at no keys, but the SDK's clients do
 * not speak without: they are not to find a person's own.
 */
function useDemoKeys(): void {
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN']) delete process.env[name];
  process.env.AWS_ACCESS_KEY_ID = 'demo';
  process.env.AWS_SECRET_ACCESS_KEY = 'demo';
}

/**
 * What is being done goes to standard error: as one line
 * that changes on a terminal, as one line a step elsewhere.
 */
async function startSteps() {
  const { createLogUpdate } = await import('log-update');
  const line = process.stderr.isTTY ? createLogUpdate(process.stderr) : undefined;
  let said: string | undefined;
  return {
    step: (text: string) => {
      const headline = text.split(':')[0];
      if (line) line(`${text} …`);
      else if (headline !== said) process.stderr.write(`${headline}\n`);
      said = headline;
    },
    done: () => line?.clear(),
    fail: () => line?.done(),
  };
}
