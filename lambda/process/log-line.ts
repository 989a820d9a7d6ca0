import type { Writable } from 'node:stream';

/**
 * Levels in Lambda's order; an application log level above
 * INFO leaves out what is not marked with one that high.
 */
const ABOVE_INFO: ReadonlySet<string> = new Set(['WARN', 'ERROR', 'FATAL']);

/**
 * The members that take a line through Lambda's filter: in JSON format the service leaves out lines below the
 * application log level, and takes one without a level for INFO (Lambda Developer Guide, "Log-level
 * filtering").
 */
export function levelMark(env: Readonly<Record<string, string | undefined>> = process.env): {
  readonly level?: string;
  readonly timestamp?: string;
} {
  const level = env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase() ?? '';
  return env.AWS_LAMBDA_LOG_FORMAT === 'JSON' && ABOVE_INFO.has(level)
    ? { level, timestamp: new Date().toISOString() }
    : {};
}

const ignore = () => undefined;
/** How many writes of a stream are under way. */
const writing = new Map<Writable, number>();

/**
 * Writes lines to a stream of the process, as they are: `console` would put its own format around them.
 *
 * @returns how many of them the stream took; it never rejects,
 * and a stream that is closed does not end the process
 */
export async function writeLines(stream: Writable, lines: readonly string[]): Promise<number> {
  let refused = 0;
  // Without a listener, a closed or a full stream would end the process.
  if (!writing.has(stream)) stream.on('error', ignore);
  writing.set(stream, (writing.get(stream) ?? 0) + 1);
  for (const line of lines) {
    let open = true;
    const refuse = () => {
      if (open) refused += 1;
      open = false;
    };
    try {
      stream.write(`${line}\n`, error => error && refuse());
    } catch {
      refuse();
    }
  }
  // The standard streams tell within the turn, or not at all.
  await new Promise(resolve => setImmediate(resolve));
  const left = (writing.get(stream) ?? 1) - 1;
  if (left > 0) {
    writing.set(stream, left);
  } else {
    writing.delete(stream);
    stream.removeListener('error', ignore);
  }
  return lines.length - refused;
}
