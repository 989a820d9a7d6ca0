import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { cappedLines } from '../../lambda/traces/capped-lines';
import { UsageError } from '../failure';

/** Something that lines are read from. */
export interface LineSource {
  readonly name: string;
  /** Its bytes, where they are known before it is read. */
  readonly bytes?: number;
  readonly lines: (onBytes?: (count: number) => void) => AsyncGenerator<string>;
}

/** How standard input is named. */
export const STDIN = '-';

/**
 * Files and standard input, in the order in which they are named.
 *
 * @throws UsageError for what is no file, before anything is read
 */
export async function fileSources(names: readonly string[]): Promise<LineSource[]> {
  if (names.filter(name => name === STDIN).length > 1) {
    throw new UsageError('- must be named once: standard input is read once');
  }
  const sources: LineSource[] = [];
  for (const name of names) sources.push(name === STDIN ? stdinSource() : await fileSource(name));
  return sources;
}

function stdinSource(): LineSource {
  if (process.stdin.isTTY) {
    throw new UsageError(
      'nothing to replay: name files, pipe lines in, or name a log group with --log-group',
    );
  }
  return { name: 'standard input', lines: onBytes => cappedLines(process.stdin, onBytes) };
}

async function fileSource(name: string): Promise<LineSource> {
  const found = await stat(name).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    throw new UsageError(`each file must be there, got: ${name}`);
  });
  if (found.isDirectory()) {
    throw new UsageError(
      `each file must be a file, got a folder: ${name}; name what is in it, such as ` +
        `${name.replace(/\/$/, '')}/*`,
    );
  }
  // A named pipe has no size.
  return {
    name,
    ...(found.isFile() ? { bytes: found.size } : {}),
    lines: onBytes => cappedLines(createReadStream(name), onBytes),
  };
}
