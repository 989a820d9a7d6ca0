import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import * as path from 'node:path';
import type { Writable } from 'node:stream';

/**
 * Writes a file that has its name only when all of it is written: what is stopped in between leaves the file of before.
 *
 * @param write is given the stream, which it leaves open
 */
export async function writeWhole<Result>(file: string, write: (stream: Writable) => Promise<Result>): Promise<Result> {
  // Beside it, as a file gets another name at once on its own disk alone.
  const partial = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.partial`);
  const stream = createWriteStream(partial, { flags: 'wx' });
  const closed = new Promise<void>(resolve => stream.once('close', resolve));
  try {
    await once(stream, 'open');
    const result = await write(stream);
    stream.end();
    await closed;
    if (stream.errored) throw stream.errored;
    await rename(partial, file);
    return result;
  } catch (error) {
    stream.on('error', () => undefined).destroy();
    await closed;
    await rm(partial, { force: true });
    // Whoever asked for the file knows nothing of the other name.
    if (error instanceof Error) error.message = error.message.replace(partial, file);
    throw error;
  }
}
