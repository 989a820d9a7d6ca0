import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { cappedLines } from '../../lambda/traces/capped-lines';
import { UsageError } from '../failure';

/** Source of log lines, such as a file or a log group. */
export interface LineSource {
  readonly name: string;
  /** Size in bytes. Undefined if the size is not known in advance. */
  readonly bytes?: number;
  readonly lines: (onBytes?: (count: number) => void) => AsyncGenerator<string>;
}

/** File name that stands for standard input. */
export const STDIN = '-';

/**
 * Opens the named files in the given order. The name `-` stands for standard input. All names are checked
 * before any file is read.
 *
 * @throws UsageError if a file does not exist or is a folder, or if `-` is given twice
 */
export async function fileSources(names: readonly string[]): Promise<LineSource[]> {
  if (names.filter(name => name === STDIN).length > 1) {
    throw new UsageError('- must be given once, because standard input is read once');
  }
  const sources: LineSource[] = [];
  for (const name of names) sources.push(name === STDIN ? stdinSource() : await fileSource(name));
  return sources;
}

function stdinSource(): LineSource {
  if (process.stdin.isTTY) {
    throw new UsageError(
      'there are no lines to replay: name files, pipe lines in, or name a log group with --log-group',
    );
  }
  return { name: 'standard input', lines: onBytes => cappedLines(process.stdin, onBytes) };
}

async function fileSource(name: string): Promise<LineSource> {
  const found = await stat(name).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    throw new UsageError(`each file must exist, got: ${name}`);
  });
  if (found.isDirectory()) {
    throw new UsageError(
      `each file must be a file, got the folder "${name}". Name its files, for example ` +
        `${name.replace(/\/$/, '')}/*`,
    );
  }
  return {
    name,
    ...(found.isFile() ? { bytes: found.size } : {}),
    lines: onBytes => cappedLines(createReadStream(name), onBytes),
  };
}
