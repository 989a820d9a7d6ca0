import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import * as path from 'node:path';
import type { Writable } from 'node:stream';

/** What a run of its own process id begins a file as. */
const partialOf = (file: string, pid: number | string) => `.${path.basename(file)}.${pid}.partial`;

/**
 * Writes a file that has its name only when all of it is written: what is stopped in between
 * leaves the file of before. What a run that was killed has left beside it is taken away.
 *
 * @param write is given the stream, which it leaves open
 */
export async function writeFileAtomically<Result>(
  file: string,
  write: (stream: Writable) => Promise<Result>,
): Promise<Result> {
  // Beside it, as a file gets another name at once on its own disk alone.
  const partial = path.join(path.dirname(file), partialOf(file, process.pid));
  await removeAbandoned(file);
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

/**
 * Takes away what runs began that are not there any more. One with this
 * run's own number is of an earlier run: in a container, numbers come again.
 */
async function removeAbandoned(file: string): Promise<void> {
  const folder = path.dirname(file);
  const [begin, end] = partialOf(file, '*').split('*');
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const pid = name.startsWith(begin) && name.endsWith(end) ? name.slice(begin.length, -end.length) : '';
    if (/^\d+$/.test(pid) && (Number(pid) === process.pid || !isAlive(Number(pid)))) {
      await rm(path.join(folder, name), { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
