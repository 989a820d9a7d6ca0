/** Exit codes of the command. The help shows each `meaning`. */
export const EXIT_CODES = {
  success: { code: 0, meaning: 'success' },
  failure: { code: 1, meaning: 'failure: the command failed, or found a problem' },
  usage: { code: 2, meaning: 'usage error: the command line is wrong' },
  exceeded: { code: 3, meaning: 'threshold exceeded: a cost or a drift is above its limit' },
  interrupted: { code: 130, meaning: 'interrupted by Ctrl-C' },
} as const;

export type ExitName = keyof typeof EXIT_CODES;

/** Returns the section of the help that lists the exit codes. */
export function exitCodesHelp(): string {
  const lines = Object.values(EXIT_CODES).map(
    ({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning}`,
  );
  return `\nExit codes:\n${lines.join('\n')}`;
}
