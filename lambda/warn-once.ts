/** How many different warnings a process remembers, and so prints: a caller must not be able to fill the log or the memory. */
const MAX_WARNINGS = 100;

const warned = new Set<string>();

/** Prints a warning the first time that its key is seen. It goes to standard error as one line, whatever is in it. */
export function warnOnce(key: string, message: string): void {
  if (warned.has(key) || warned.size >= MAX_WARNINGS) return;
  warned.add(key);
  try {
    process.stderr.write(`${JSON.stringify({ level: 'WARN', message, service: 'token-analytics', timestamp: new Date().toISOString() })}\n`);
  } catch {
    // A closed standard error must not reach the caller.
  }
}
