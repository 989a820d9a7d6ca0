// Writes docs/cli.md, which shows examples of all commands in a terminal. The output in the page comes from
// real runs. Usage: `node scripts/cli-docs.mjs [command …]`. With arguments, only prints the examples of
// these commands.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { INTRODUCTION, SESSIONS } from './cli-sessions.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
// Folder of the command, built by `node scripts/build.mjs demo`. This build does not need jsii.
const built = path.join(root, 'build/cli');
const NOW = '2026-11-26T12:00:00.000Z';
const COLUMNS = '120';

const wanted = process.argv.slice(2);
const scratch = realpathSync(mkdtempSync(path.join(tmpdir(), 'token-analytics-docs-')));
const folder = path.join(scratch, 'work');
const { endpoints, stop } = await startEmulators();
try {
  const sections = [];
  for (const [name, session] of Object.entries(SESSIONS)) {
    const text = await section(name, session);
    if (wanted.length === 0) sections.push(text);
    else if (wanted.includes(name)) console.log(text);
  }
  if (wanted.length === 0) {
    const help = await runLine('token-analytics --help');
    const undocumented = [...commandsOf(help.stdout).matchAll(/^\| \[(\w+)\]/gm)]
      .map(([, name]) => name)
      .filter(name => !(name in SESSIONS));
    if (undocumented.length > 0) {
      throw new Error(`scripts/cli-sessions.mjs has no session of ${undocumented.join(', ')}`);
    }
    writeFileSync(
      path.join(root, 'docs/cli.md'),
      `${INTRODUCTION.replace('{{commands}}', commandsOf(help.stdout))
        .replace('{{options}}', optionsOf(help.stdout))
        .replace('{{exit codes}}', exitCodesOf(help.stdout))}\n${sections.join('\n')}`,
    );
  }
} finally {
  stop();
  rmSync(scratch, { recursive: true, force: true });
}

/** Returns the section of docs/cli.md about a command: its usage, its options and example runs. */
async function section(name, { lines, prepare = [] }) {
  const help = (await runLine(`token-analytics ${name} --help`)).stdout;
  const usage = /^Usage: (.+)$/m.exec(help)[1];
  const [, description] = /^Usage: .+\n\n([\s\S]+?)\n\n(?:Arguments|Options):/.exec(help);
  const own = optionsOf(help);
  // Prepares the data of all commands, because examples of other commands may need the results.
  for (const line of prepare) await runLine(line);
  const runs = [];
  if (wanted.length === 0 || wanted.includes(name)) for (const line of lines) runs.push(await session(line));
  return [
    `## ${name}\n`,
    `\`${usage}\`\n`,
    `${unwrapped(description)}\n`,
    ...(own === '' ? [] : [`| option | |\n|---|---|\n${own}\n`]),
    ...runs,
  ].join('\n');
}

async function session(line) {
  const { line: text, says, until } = typeof line === 'string' ? { line } : line;
  const { stdout, stderr, code } = await runLine(text, until);
  const output = clean(`${stderr}${stdout}`);
  return (
    `${says ? `${says}\n\n` : ''}\`\`\`console\n$ ` +
    `${text}\n${output}${code === 0 ? '' : `$ echo $?\n${code}\n`}\`\`\`\n`
  );
}

/**
 * Runs a command line in a shell, and returns its output and exit code. If `until` is given, sends Ctrl-C
 * when the output matches this pattern.
 */
async function runLine(line, until) {
  const child = spawn('sh', ['-c', until ? `exec ${line}` : line], {
    cwd: folder,
    env: {
      PATH: `${path.join(scratch, 'bin')}${path.delimiter}${process.env.PATH}`,
      HOME: folder,
      COLUMNS,
      FIXED_NOW: NOW,
      NODE_NO_WARNINGS: '1',
      TZ: 'UTC',
      NODE_OPTIONS: `--require ${path.join(root, 'scripts/fixed-clock.cjs')}`,
      AWS_ACCESS_KEY_ID: 'session',
      AWS_SECRET_ACCESS_KEY: 'session',
      AWS_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...endpoints,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  const end = () => until?.test(stdout + stderr) && child.kill('SIGINT');
  child.stdout.on('data', chunk => {
    stdout += chunk;
    end();
  });
  child.stderr.on('data', chunk => {
    stderr += chunk;
    end();
  });
  const [code] = await once(child, 'close');
  return { stdout, stderr, code: until ? 0 : code };
}

/** Replaces text in an output that is different in each run, such as port numbers and temporary folders. */
function clean(text) {
  return text
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:8000')
    .replaceAll(`${folder}/`, '')
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n');
}

/** Converts the options in a help text to rows of a Markdown table. */
function optionsOf(help) {
  const [, block = ''] = /\nOptions:\n([\s\S]+?)(?:\n\n|$)/.exec(help) ?? [];
  return block
    .split(/\n(?= {2}-)/)
    .map(entry => {
      const [, flags, text] = /^ {2}(-.+?)(?: {2,}|\n +)([\s\S]+)$/.exec(entry) ?? [];
      return flags === undefined || flags.includes('--help') || flags.includes('--version')
        ? ''
        : `| \`${flags.replaceAll('|', '\\|')}\` | ${unwrapped(text).replaceAll('|', '\\|')} |`;
    })
    .filter(row => row !== '')
    .join('\n');
}

/** Converts the exit codes in a help text to rows of a Markdown table. */
function exitCodesOf(help) {
  const [, block] = /\nExit codes:\n([\s\S]+?)(?:\n\n|$)/.exec(help);
  return block
    .trimEnd()
    .split('\n')
    .map(line => line.trim().split(/ {2,}/))
    .map(([code, meaning]) => `| ${code} | ${meaning} |`)
    .join('\n');
}

/** Converts the commands in a help text to rows of a Markdown table. */
function commandsOf(help) {
  const [, block] = /\nCommands:\n([\s\S]+?)(?:\n\n|$)/.exec(help);
  return block
    .trimEnd()
    .split(/\n(?= {2}[a-z])/)
    .map(entry => {
      const [, name, text] = /^ {2}(\w+).*?(?: {2,}|\n +)([\s\S]+)$/.exec(entry);
      return name === 'help' ? '' : `| [${name}](#${name}) | ${unwrapped(text)} |`;
    })
    .filter(row => row !== '')
    .join('\n');
}

function unwrapped(text) {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}

async function startEmulators() {
  const script = path.join(root, 'build/cli-session.cjs');
  await build({
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'error',
    entryPoints: ['test/cli/session.ts'],
    outfile: script,
    external: ['dynalite', 'aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'],
    alias: { 'cdk-token-analytics': './src/index.ts', 'cdk-token-analytics/runtime': './lambda/index.ts' },
  });
  mkdirSync(path.join(scratch, 'bin'));
  mkdirSync(folder);
  symlinkSync(path.join(built, 'index.js'), path.join(scratch, 'bin', 'token-analytics'));
  const child = fork(script, [folder, path.join(built, 'quick-start-agent')], {
    execArgv: [],
    env: {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: 'session',
      AWS_SECRET_ACCESS_KEY: 'session',
      AWS_REGION: 'us-east-1',
      NODE_NO_WARNINGS: '1',
      CDK_VALIDATION: 'false',
    },
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the emulators ended with ${code}`);
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return { endpoints: message, stop: () => child.kill() };
}
