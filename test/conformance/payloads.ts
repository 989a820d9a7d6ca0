import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY } from '../support/run';
import type { UsageOperation } from 'cdk-token-analytics/runtime';

type Counts = Readonly<
  Record<
    'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'cacheWrite1hTokens',
    number | null
  >
>;

/** Usage in a response, determined by hand. A count is null if the response does not contain it. */
interface Expected extends Counts {
  /** Place of the counts in the response. `none` if the response has no usage. */
  readonly source: string;
  /** Other output counts in the same response, if they differ from `outputTokens`. */
  readonly alternatives?: readonly { readonly outputTokens: number; readonly source: string }[];
  /** Model calls of a Bedrock agent, in order. */
  readonly breakdown?: readonly {
    readonly trace: string;
    readonly traceId: string;
    readonly model: string;
    readonly inputTokens: number;
    readonly outputTokens: number;
  }[];
}

/** Response of Bedrock, with the usage that the usage reader must find in it. */
export interface RecordedResponse {
  readonly id: string;
  /** Repository, file and commit of the recording. */
  readonly source: string;
  readonly note?: string;
  readonly operation: UsageOperation;
  readonly modelId: string | null;
  /** HTTP status of a failed call. */
  readonly statusCode?: number;
  /** Response headers. The names are in lower case. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Parsed body, array of stream events or chunks, log record, or line of a batch output. */
  readonly response: unknown;
  readonly expected: Expected;
}

/** Recorded response in `../shared/fixtures`, outside of the repository. */
export interface Fixture extends RecordedResponse {
  readonly license: string;
}

/** Recorded response in the repository. `render.ts` has replaced its texts by placeholders. */
export interface Payload extends RecordedResponse {
  readonly licence: string;
}

const PAYLOADS = path.join(__dirname, 'payloads');
const FIXTURES = path.join(REPOSITORY, '..', 'shared', 'fixtures');

export function readPayloads(): readonly Payload[] {
  return readFolder<Payload>(PAYLOADS);
}

/**
 * Returns the recorded responses, sorted by id. Returns undefined if the folder `../shared/fixtures` does not
 * exist.
 */
export function readFixtures(): readonly Fixture[] | undefined {
  return existsSync(FIXTURES) ? readFolder<Fixture>(FIXTURES) : undefined;
}

export function fileOf(id: string): string {
  return path.join(PAYLOADS, `${id}.json`);
}

export function fileText(payload: Payload): string {
  return `${JSON.stringify(payload, undefined, 2)}\n`;
}

function readFolder<Content>(folder: string): readonly Content[] {
  return readdirSync(folder)
    .filter(file => file.endsWith('.json'))
    .sort()
    .map(file => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Content);
}
