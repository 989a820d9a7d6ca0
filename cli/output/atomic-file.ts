import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import * as path from 'node:path';
import type { Writable } from 'node:stream';

/** Returns the temporary name of a file while the process `pid` writes it. */
const partialName = (file: string, pid: number | string) => `.${path.basename(file)}.${pid}.partial`;

/**
 * Writes a file under a temporary name, the name of a partial file. When the file is complete, renames it. If
 * the run stops early, an earlier version of `file` stays unchanged. Removes partial files of killed runs.
 *
 * @param write writes to the stream, but does not close it
 */
export async function writeFileAtomically<Result>(
  file: string,
  write: (stream: Writable) => Promise<Result>,
): Promise<Result> {
  // The partial file is in the same folder, because a rename is atomic only within one file system.
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
    // The caller does not know the partial file, so the error must name the complete file.
    if (error instanceof Error && (error as NodeJS.ErrnoException).path === partial) {
      Object.assign(error, { path: file });
    }
    throw error;
  }
}

/**
 * Removes partial files of earlier runs. The name of a partial file contains the id of its process. A file is
 * removed if that process has ended. A file with the id of this process is removed, because containers use
 * the same ids again.
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
    // This error code means that the process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
