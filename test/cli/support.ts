import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import Ajv from 'ajv';
import { type Over, runInTurn } from './command-process';
import { REPOSITORY } from '../support/run';
import { startTraceEngine, type TracedCall, type TraceEngine } from '../support/trace-engine';

export const NOW = '2026-11-26T12:00:00.000Z';
export const TABLE = 'TokenTraces';

const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const MICRO = 'amazon.nova-micro-v1:0';
const usage = (input: number, cacheRead: number, output: number) =>
  ({
    uncachedInputTokens: input,
    cacheReadTokens: cacheRead,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: output,
    source: 'usage',
    partial: false,
  }) as const;

/**
 * Calls of a week. Each known cost is in whole cents, so that readers can check the sums. One call has no
 * known price.
 */
const WEEK: readonly TracedCall[] = [
  {
    at: '2026-11-20T08:00:00.000Z',
    agentId: 'triage',
    model: SONNET,
    modelId: `us.${SONNET}`,
    usage: usage(1000, 3000, 200),
    usd: 1,
    latencyMs: 900,
    incidentId: 'INC-1',
  },
  {
    at: '2026-11-20T09:00:00.000Z',
    agentId: 'research',
    model: MICRO,
    usage: usage(500, 0, 100),
    usd: 0.25,
    latencyMs: 300,
  },
  {
    at: '2026-11-23T10:00:00.000Z',
    agentId: 'triage',
    model: SONNET,
    modelId: `us.${SONNET}`,
    usage: usage(2000, 2000, 400),
    usd: 2,
    latencyMs: 1100,
    incidentId: 'INC-1',
  },
  {
    at: '2026-11-23T10:00:02.000Z',
    agentId: 'writer',
    model: MICRO,
    usage: usage(100, 0, 50),
    usd: 0.05,
    latencyMs: 200,
    incidentId: 'INC-1',
  },
  {
    at: '2026-11-24T10:00:00.000Z',
    agentId: 'writer',
    model: 'unknown.model-v1',
    modelId: 'unknown.model-v1',
    usage: usage(100, 0, 50),
    latencyMs: 250,
    incidentId: 'INC-2',
  },
  {
    at: '2026-11-26T11:30:00.000Z',
    agentId: 'research',
    model: MICRO,
    usage: usage(700, 0, 70),
    usd: 0.7,
    latencyMs: 400,
    incidentId: 'INC-2',
  },
];

export interface CommandTable extends TraceEngine {
  /** Runs the command on this table, with the clock at {@link NOW}. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Over>;
  /**
   * Runs the command `name` with `--json`, and returns the parsed output. The output must match the published
   * schema, and the exit code must be `code`.
   */
  json(name: string, args?: readonly string[], code?: number): Promise<unknown>;
}

/** Starts a DynamoDB emulator with the traces of calls. */
export async function startCommandTable(calls: readonly TracedCall[] = WEEK): Promise<CommandTable> {
  const engine = await startTraceEngine(TABLE);
  await engine.put(calls);
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    runAt(NOW, [...args, '--table', TABLE, '--endpoint', engine.endpoint], env);
  return Object.assign(engine, {
    run,
    json: async (name: string, args: readonly string[] = [], code = 0) => {
      const over = await run([name, ...args, '--json']);
      if (over.code !== code) throw new Error(`${name} ended with ${over.code}: ${over.stderr}`);
      return validated(name, over.stdout);
    },
  });
}

/** Runs the command with the clock at `now`. Several commands use the same process, one after another. */
export function runAt(now: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Over> {
  return runInTurn(args, env, heldClock(now));
}

/** Returns environment variables that fix the clock of Node.js. */
export function heldClock(now: string): NodeJS.ProcessEnv {
  return {
    NODE_OPTIONS: `--require ${path.join(REPOSITORY, 'scripts', 'fixed-clock.cjs')}`,
    FIXED_NOW: now,
  };
}

let schemas: Ajv | undefined;

/**
 * Parses the JSON output of the command `name`. Throws an error if the output does not match the published
 * schema.
 */
export function validated(name: string, stdout: string): unknown {
  // Schemas are compiled once. They are not optimized, because each validates only a few documents.
  schemas ??= new Ajv({ allErrors: true, inlineRefs: false, code: { optimize: false } }).addSchema(
    JSON.parse(readFileSync(path.join(REPOSITORY, 'lib', 'cli', 'schema.json'), 'utf8')) as object,
    'cli',
  );
  const validate = schemas.getSchema(`cli#/properties/${name}`);
  if (!validate) throw new Error(`the published schema must have the output of ${name}`);
  const value: unknown = JSON.parse(stdout);
  if (!validate(value)) {
    throw new Error(`the output of ${name} is not as its schema says: ${JSON.stringify(validate.errors)}`);
  }
  return value;
}
