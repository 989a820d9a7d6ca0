import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import * as path from 'node:path';
import type { Writable } from 'node:stream';

/** Returns the name of the temporary file that the process `pid` uses while it writes `file`. */
const partialName = (file: string, pid: number | string) => `.${path.basename(file)}.${pid}.partial`;

/**
 * Writes a temporary file, and renames it to `file` when it is complete. If the write fails, an existing
 * `file` stays unchanged. Also removes temporary files of killed processes.
 *
 * @param write writes to the stream, but does not close it
 */
export async function writeFileAtomically<Result>(
  file: string,
  write: (stream: Writable) => Promise<Result>,
): Promise<Result> {
  // Uses the same folder for the temporary file, because a rename is atomic only within one file system.
  const partial = path.join(path.dirname(file), partialName(file, process.pid));
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
    // If the error names the temporary file, names `file` instead.
    if (error instanceof Error && (error as NodeJS.ErrnoException).path === partial) {
      Object.assign(error, { path: file });
    }
    throw error;
  }
}

/**
 * Removes the temporary files of processes that have ended. Also removes a file with the current process id,
 * because processes in containers often have the same id.
 */
async function removeAbandoned(file: string): Promise<void> {
  const folder = path.dirname(file);
  const [begin, end] = partialName(file, '*').split('*');
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const pid = name.startsWith(begin) && name.endsWith(end) ? name.slice(begin.length, -end.length) : '';
    if (/^\d+$/.test(pid) && (Number(pid) === process.pid || !isRunning(Number(pid)))) {
      await rm(path.join(folder, name), { force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // `EPERM` means that the process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
