let spy: jest.SpyInstance | undefined;

// Restores the output for later tests if an action never ends.
afterEach(() => spy?.mockRestore());

/** Returns the lines written to standard output while an action runs. */
export async function stdoutOf(action: () => unknown): Promise<string[]> {
  let text = '';
  spy = jest.spyOn(process.stdout, 'write').mockImplementation(chunk => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  });
  try {
    await action();
  } finally {
    spy.mockRestore();
  }
  return text.split('\n').filter(line => line !== '');
}

/** Fields of an EMF document that tests use. */
export interface EmfLine {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: string[][];
      readonly Metrics: { Name: string; Unit: string }[];
    }[];
  };
  readonly AgentId?: string;
  readonly Model?: string;
  readonly [name: string]: unknown;
}

/** Returns the EMF documents among log lines. */
export function emfOf(lines: readonly string[]): EmfLine[] {
  return lines.map(line => JSON.parse(line) as EmfLine).filter(line => '_aws' in line);
}
