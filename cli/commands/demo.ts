import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { Command } from 'commander';
import { runDemo } from '../local/demo/demo';
import { demoJson, demoText } from '../local/demo/report';
import { servePage } from '../local/demo/serve';

interface DemoFlags {
  readonly json?: boolean;
  readonly open?: boolean;
  readonly seed?: string;
}

/** `demo`: a day of the quick start on loopback, with its sums compared and its dashboard drawn. */
export function addDemoCommand(program: Command): void {
  program.command('demo')
    .description('play a day of traffic through the quick start, on loopback: no AWS account, no Docker')
    .option('--json', 'print one JSON object on standard output')
    .option('--open', 'serve the dashboard page on 127.0.0.1 and open it')
    .option('--seed <integer>', 'another day of traffic than the usual one')
    .addHelpText('after', '\nExamples:\n  $ token-analytics demo\n  $ token-analytics demo --json | jq .picoUsd\n  $ token-analytics demo --open')
    .action(demo);
}

async function demo(flags: DemoFlags): Promise<void> {
  const progress = await startProgress();
  const result = await runDemo({
    builtDir: __dirname,
    outputFile: path.resolve('demo', 'dashboard.html'),
    seed: flags.seed === undefined ? undefined : seedFrom(flags.seed),
    onStep: progress.step,
  }).catch((error: unknown) => {
    progress.fail();
    throw error;
  });
  progress.done();
  process.stdout.write(flags.json ? `${demoJson(result)}\n` : demoText(result));
  for (const error of result.emfErrors) process.stderr.write(`token-analytics: a metric line was refused: ${error}\n`);
  if (!result.equal || result.emfErrors.length > 0) {
    process.stderr.write('token-analytics: the sums do not agree\n');
    process.exitCode = 1;
  }
  if (flags.open) await serve(result.html);
}

function seedFrom(text: string): number {
  const seed = Number(text);
  if (!Number.isInteger(seed) || Math.abs(seed) > 2 ** 31) throw new Error(`--seed must be a whole number within ±2³¹, got: ${text}`);
  return seed;
}

/** Progress goes to standard error: a spinner on a terminal, one line a step elsewhere. */
async function startProgress() {
  const { default: ora } = await import('ora');
  const spinner = ora({ stream: process.stderr, discardStdin: false });
  let said: string | undefined;
  return {
    step: (text: string) => {
      if (process.stderr.isTTY) {
        spinner.isSpinning ? spinner.text = text : spinner.start(text);
        return;
      }
      const headline = text.split(':')[0];
      if (headline !== said) process.stderr.write(`${headline}\n`);
      said = headline;
    },
    done: () => spinner.stop(),
    fail: () => spinner.fail(),
  };
}

async function serve(file: string): Promise<void> {
  const { url, server } = await servePage(await readFile(file, 'utf8'));
  process.stderr.write(`The dashboard is at ${url} until Ctrl-C\n`);
  process.once('SIGINT', () => server.close(() => process.exit(0)));
  const { default: open } = await import('open');
  const byHand = () => process.stderr.write('No browser could be opened; open the address by hand.\n');
  await open(url).then(browser => browser.once('error', byHand), byHand);
}
