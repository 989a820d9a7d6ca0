import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { type Finished, REPOSITORY, run } from './run';
import { startBedrock } from '../../local/emulators/bedrock/server';
import type { AnswerUsage, ModelAnswer, ModelRequest } from '../../local/emulators/bedrock/wire-shapes';

/** Python program that prints the spans of its model calls. */
interface Program {
  readonly file: string;
  /** Value of OTEL_SEMCONV_STABILITY_OPT_IN. Default: none. */
  readonly optIn?: string;
}

const PROGRAMS = {
  'strands': { file: 'strands_agent.py' },
  // Strands then uses only the newest names of attributes, and puts prompts and answers in attributes.
  'strands-experimental': {
    file: 'strands_agent.py',
    optIn: 'gen_ai_latest_experimental,gen_ai_span_attributes_only,gen_ai_tool_definitions',
  },
  'langgraph': { file: 'langgraph_agent.py' },
  'boto3': { file: 'boto3_calls.py' },
} satisfies Readonly<Record<string, Program>>;

/** Name of a program, and of the fixture with its spans. */
export type SpanProgram = keyof typeof PROGRAMS;
export const SPAN_PROGRAMS = Object.keys(PROGRAMS) as readonly SpanProgram[];

/** Session id in all spans of the programs. */
export const SESSION_ID = 'orders-session';

export const PROGRAMS_FOLDER = path.join(REPOSITORY, 'test/clients/python-spans');

/** Model call that the Bedrock emulator has answered. All attempts of a client are one call. */
export interface ServedCall {
  readonly case: string;
  readonly operation: string;
  readonly modelId: string;
  /** Undefined if the emulator refused the call. */
  readonly usage?: AnswerUsage;
  /** Name of the error with which the emulator refused the call. */
  readonly error?: string;
}

/** Spans of a program, and the calls that the emulator served to it. */
export interface SpanSet {
  readonly calls: readonly ServedCall[];
  /** Documents as CloudWatch Logs stores them: spans, and event records. */
  readonly documents: readonly SpanDocument[];
}

/** Span or event record, as CloudWatch Logs stores it. */
export interface SpanDocument {
  readonly resource: { readonly attributes: Readonly<Record<string, unknown>> };
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | null;
  /** Undefined in event records. */
  readonly startTimeUnixNano?: number;
  /** Undefined in event records. */
  readonly endTimeUnixNano?: number;
  readonly name?: string;
  readonly kind?: string;
  readonly status?: { readonly code: string; readonly message?: string };
  readonly scope?: { readonly name: string; readonly version?: string };
  readonly events?: readonly { readonly name: string; readonly attributes: object }[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

const CONTENT = ['SYSTEM', 'PROMPT', 'TOOL-INPUT', 'TOOL-RESULT', 'ANSWER', 'ERROR', 'STOP'];
/**
 * Words in the requests and answers of a program that its documents must contain. If one is missing, tests
 * cannot prove that the ingest keeps no content. All begin with `CANARY`.
 */
export const CANARIES: Readonly<Record<SpanProgram, readonly string[]>> = {
  'strands': [...CONTENT, 'TOOL-DESCRIPTION', 'USER'].map(canary),
  'strands-experimental': [...CONTENT, 'TOOL-DESCRIPTION', 'USER'].map(canary),
  'langgraph': [...CONTENT, 'TOOL-DESCRIPTION'].map(canary),
  'boto3': CONTENT.map(canary),
};

function canary(kind: string): string {
  return `CANARY-${kind}`;
}

const PLAIN = { inputTokens: 210, outputTokens: 31 };
const CACHED = { inputTokens: 320, outputTokens: 42, cacheReadTokens: 4000, cacheWrite5mTokens: 600 };
const STREAMED = { inputTokens: 430, outputTokens: 53 };
const TOOL_REQUESTED = { inputTokens: 540, outputTokens: 64 };
const TOOL_ANSWERED = { inputTokens: 650, outputTokens: 75, cacheReadTokens: 500 };
const RETRIED = { inputTokens: 760, outputTokens: 86 };
const THROTTLED = {
  status: 429,
  type: 'ThrottlingException',
  message: 'Too many requests for: CANARY-ERROR',
} as const;

/** Bedrock's own host and port, as attributes of a span. */
const SERVER = '"server.address":"bedrock-runtime.us-east-1.amazonaws.com","server.port":443';

/** Answers the calls of the programs. The name of the case in the latest prompt decides the answer. */
class Answers {
  readonly calls: ServedCall[] = [];
  private attempts = 0;

  answer(request: ModelRequest): ModelAnswer {
    const { messages } = request.body as { readonly messages: readonly { content: unknown }[] };
    const latest = JSON.stringify(messages.at(-1)?.content);
    if (latest.includes('toolResult')) return this.text(request, 'tool answer', TOOL_ANSWERED);
    const name = /case (\w+):/.exec(latest)?.[1];
    switch (name) {
      case 'plain':
        return this.text(request, name, PLAIN);
      case 'cached':
        return this.text(request, name, CACHED);
      case 'stream':
        return this.text(request, name, STREAMED);
      case 'tool':
        this.log(request, { case: name, usage: TOOL_REQUESTED });
        return { response: toolRequest(request, TOOL_REQUESTED) };
      case 'retry':
        // Refuses the first attempt. The client repeats it, so that both are one call.
        this.attempts += 1;
        return this.attempts === 1 ? { error: THROTTLED } : this.text(request, name, RETRIED);
      case 'throttle':
        this.log(request, { case: name, error: THROTTLED.type });
        return { error: THROTTLED };
      default:
        throw new Error(`the prompt must name a case, got: ${latest}`);
    }
  }

  private text(request: ModelRequest, name: string, usage: AnswerUsage): ModelAnswer {
    this.log(request, { case: name, usage });
    return { text: `It will arrive tomorrow. CANARY-ANSWER-${name.replace(' ', '-')}`, usage };
  }

  private log({ operation, modelId }: ModelRequest, call: Omit<ServedCall, 'operation' | 'modelId'>): void {
    this.calls.push({ ...call, operation, modelId });
  }
}

/** Creates the answer to a Converse or ConverseStream request, in which the model calls the tool. */
function toolRequest({ operation }: ModelRequest, { inputTokens, outputTokens }: AnswerUsage): unknown {
  const input = { order: 'CANARY-TOOL-INPUT' };
  const tool = { toolUseId: 'tooluse_1', name: 'find_order' };
  const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
  const metrics = { latencyMs: 500 };
  return operation === 'Converse'
    ? {
        metrics,
        output: { message: { role: 'assistant', content: [{ toolUse: { ...tool, input } }] } },
        stopReason: 'tool_use',
        usage,
      }
    : [
        { messageStart: { role: 'assistant' } },
        { contentBlockStart: { contentBlockIndex: 0, start: { toolUse: tool } } },
        { contentBlockDelta: { contentBlockIndex: 0, delta: { toolUse: { input: JSON.stringify(input) } } } },
        { contentBlockStop: { contentBlockIndex: 0 } },
        { messageStop: { stopReason: 'tool_use' } },
        { metadata: { usage, metrics } },
      ];
}

/** Runs a program under the AWS Distro for OpenTelemetry, against a new Bedrock emulator. */
export async function runSpanProgram(
  program: SpanProgram,
  scripts: string,
): Promise<SpanSet & { readonly finished: Finished }> {
  const { file, optIn }: Program = PROGRAMS[program];
  const answers = new Answers();
  const bedrock = await startBedrock({ answer: request => answers.answer(request) });
  try {
    const finished = await run(
      path.join(scripts, 'opentelemetry-instrument'),
      [path.join(scripts, 'python'), path.join(PROGRAMS_FOLDER, file), bedrock.endpoint],
      { env: { ...environmentOf(program), ...(optIn && { OTEL_SEMCONV_STABILITY_OPT_IN: optIn }) } },
    );
    if (finished.code !== 0) throw new Error(`${program} ended with ${finished.code}\n${finished.stderr}`);
    const lines = finished.stdout.split('\n').filter(line => line !== '');
    return { finished, calls: answers.calls, documents: lines.map(line => JSON.parse(line) as SpanDocument) };
  } finally {
    await bedrock.close();
  }
}

/** Returns the name of the service in the spans of a program, without the name of its endpoint. */
export function serviceOf(program: SpanProgram): string {
  return `${program.replace('-', '_')}_orders`;
}

/**
 * Returns the environment that AgentCore Runtime gives a program. Nothing is sent to the network:
 * the program prints its spans.
 */
function environmentOf(program: SpanProgram): NodeJS.ProcessEnv {
  const service = serviceOf(program);
  const runtime = `${service}-AbCdEfGhIj`;
  const arn = `arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/${runtime}`;
  const resource = {
    'service.name': `${service}.DEFAULT`,
    'cloud.platform': 'aws_bedrock_agentcore',
    'cloud.provider': 'aws',
    'cloud.region': 'us-east-1',
    'cloud.resource_id': `${arn}/runtime-endpoint/DEFAULT:DEFAULT`,
    'aws.log.group.names': `/aws/bedrock-agentcore/runtimes/${runtime}-DEFAULT`,
  };
  return {
    PATH: process.env.PATH,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONWARNINGS: 'ignore',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
    OTEL_PYTHON_DISTRO: 'aws_distro',
    OTEL_PYTHON_CONFIGURATOR: 'aws_configurator',
    AGENT_OBSERVABILITY_ENABLED: 'true',
    AWS_GENAI_CONTENT_EXTRACTION_OPT_OUT: 'true',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_RESOURCE_ATTRIBUTES: Object.entries(resource)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join(','),
  };
}

/** Returns the path of the fixture with the spans that a program once printed. */
function fixtureOf(program: SpanProgram): string {
  return path.join(REPOSITORY, 'test/fixtures/spans', `${program}.json`);
}

/** Reads the spans that a program once printed. Tests with these spans do not need Python. */
export function savedSpanSet(program: SpanProgram): SpanSet {
  return JSON.parse(readFileSync(fixtureOf(program), 'utf8')) as SpanSet;
}

/** Saves the spans of a program as a fixture, without paths and hosts of the machine. */
export function saveSpanSet(program: SpanProgram, { calls, documents }: SpanSet): void {
  const lines = (values: readonly unknown[]) =>
    values.map(value => `    ${JSON.stringify(value)}`).join(',\n');
  const text = `{\n  "calls": [\n${lines(calls)}\n  ],\n  "documents": [\n${lines(documents)}\n  ]\n}\n`;
  mkdirSync(path.dirname(fixtureOf(program)), { recursive: true });
  writeFileSync(
    fixtureOf(program),
    text
      .replace(/File \\"[^"]*\/(?:site-packages|lib\/python[\d.]+)\//g, 'File \\"/opt/python/')
      .replaceAll(`File \\"${PROGRAMS_FOLDER}/`, 'File \\"/app/')
      .replace(/"server.address":"[^"]*","server.port":\d+/g, SERVER),
  );
}
