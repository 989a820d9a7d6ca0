import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { cappedLines, MAX_LINE_BYTES } from '../../../lambda/traces/capped-lines';
import { fuzz } from '../../support/fuzz';

const MEBIBYTE = 1024 * 1024;
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
setFlagsFromString('--no-expose-gc');

async function linesOf(
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  maxBytes?: number,
): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of cappedLines(Readable.from(chunks), undefined, maxBytes)) lines.push(line);
  return lines;
}

/** Splits a buffer into parts with the given lengths, and a last part with the remaining bytes. */
function parts(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let from = 0;
  for (const length of lengths) {
    chunks.push(bytes.subarray(from, from + length));
    from += length;
  }
  return [...chunks, bytes.subarray(from)].filter(chunk => chunk.length > 0);
}

test('reads the same lines from chunks of any size, gzipped or not', async () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 20 }).map(text => text.replace(/[\r\n]/g, ''));
  const [texts, cuts] = [
    fc.array(line, { minLength: 1, maxLength: 10 }),
    fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 }),
  ];
  await fuzz(
    fc.asyncProperty(texts, cuts, fc.boolean(), async (lines, lengths, packed) => {
      const text = Buffer.from(lines.join('\n'));
      const expected = lines[lines.length - 1] === '' ? lines.slice(0, -1) : lines;

      expect(await linesOf(parts(packed ? gzipSync(text) : text, lengths))).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test('removes the line ends of Windows', async () => {
  expect(await linesOf([Buffer.from('one\r\ntwo\r\n\r\nthree')])).toEqual(['one', 'two', '', 'three']);
});

test('reads a gzip file of several members to its end', async () => {
  expect(await linesOf([gzipSync('one\ntw'), gzipSync('o\nthree\n')])).toEqual(['one', 'two', 'three']);
});

/**
 * Returns the bytes of all buffers in use. Collects garbage twice, because one collection may miss some
 * buffers.
 */
function bufferBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

test('holds no more of a long line in memory than it returns', async () => {
  const before = bufferBytes();
  let held = 0;
  const endless = function* () {
    for (let index = 1; index <= 200; index += 1) {
      yield Buffer.alloc(MEBIBYTE, 'x');
      if (index % 100 === 0) held = Math.max(held, bufferBytes() - before);
    }
    yield Buffer.from('\nnext\n');
  };

  const lines = await linesOf(endless());

  expect(lines.map(({ length }) => length)).toEqual([MAX_LINE_BYTES, 4]);
  // The reader keeps only the start of the 200 MiB line. The limit of 10 MiB leaves space for buffers of
  // streams.
  expect(held).toBeLessThan(10 * MEBIBYTE);
});

test('fails at the end of a truncated gzip file, after its complete lines', async () => {
  const packed = gzipSync(
    Buffer.from(Array.from({ length: 20_000 }, (_, index) => `line ${index * 7919}\n`).join('')),
  );
  const lines: string[] = [];
  const reading = (async () => {
    for await (const line of cappedLines(Readable.from([packed.subarray(0, packed.length - 100)]))) {
      lines.push(line);
    }
  })();

  await expect(reading).rejects.toThrow('unexpected end of file');
  expect(lines.slice(0, 2)).toEqual(['line 0', 'line 7919']);
});

test('passes an error of the source to the reader', async () => {
  const broken = async function* () {
    yield Buffer.from('one\n');
    await Promise.reject(new Error('disk gone'));
  };

  await expect(linesOf(broken())).rejects.toThrow('disk gone');
});
