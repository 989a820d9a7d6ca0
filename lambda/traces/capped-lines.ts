import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/**
 * Number of bytes after which a line is cut. The longest line that the runtime writes to the log has about
 * 200 KB.
 */
export const MAX_LINE_BYTES = 512 * 1024;
const NEWLINE = 0x0a;
/** First bytes of a gzip file (RFC 1952). */
const GZIP = [0x1f, 0x8b];

/**
 * Yields the lines of a byte stream. Decompresses a gzipped stream. Keeps only the first `maxBytes` bytes of
 * each line in memory, and drops the rest of the line.
 *
 * @param onBytes called with the size of each chunk in bytes, before decompression
 */
export async function* cappedLines(
  input: Readable,
  onBytes?: (count: number) => void,
  maxBytes = MAX_LINE_BYTES,
): AsyncGenerator<string> {
  let kept: Buffer[] = [];
  let length = 0;
  const keep = (bytes: Buffer) => {
    const room = maxBytes - length;
    if (room <= 0 || bytes.length === 0) return;
    kept.push(bytes.length > room ? bytes.subarray(0, room) : bytes);
    length += Math.min(room, bytes.length);
  };
  const line = () => {
    const text = Buffer.concat(kept, length).toString().replace(/\r$/, '');
    kept = [];
    length = 0;
    return text;
  };
  for await (const chunk of await decompressed(input, onBytes)) {
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, begin)) {
      keep(chunk.subarray(begin, end));
      yield line();
      begin = end + 1;
    }
    keep(chunk.subarray(begin));
  }
  if (length > 0) yield line();
}

/**
 * Returns the bytes of a stream, decompressed if the stream is gzipped. Gzip is detected by the first two
 * bytes, not by the file name.
 */
async function decompressed(
  input: Readable,
  onBytes: (count: number) => void = () => undefined,
): Promise<AsyncIterable<Buffer>> {
  const chunks = counted(input, onBytes);
  const first: Buffer[] = [];
  let length = 0;
  while (length < GZIP.length) {
    const { value, done } = await chunks.next();
    if (done) break;
    first.push(value);
    length += value.length;
  }
  const begin = Buffer.concat(first);
  const whole = chained(begin, chunks);
  return GZIP.every((byte, index) => begin[index] === byte) ? gunzipped(whole) : whole;
}

async function* counted(input: Readable, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk as Buffer | string);
    onBytes(bytes.length);
    yield bytes;
  }
}

async function* chained(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* rest;
}

/** Decompresses a gzip stream. Reading the result throws an error if the data are cut off or invalid. */
function gunzipped(packed: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  return pipeline(Readable.from(packed, { objectMode: false }), createGunzip(), () => undefined);
}
