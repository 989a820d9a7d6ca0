let spy: jest.SpyInstance | undefined;

// If an action never ends, later tests still need the real output.
afterEach(() => spy?.mockRestore());

/** Runs an action. Returns the lines that it writes to standard output. */
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

/** Fields of an EMF document that tests read. */
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

/** Returns the EMF documents in log lines. */
export function emfOf(lines: readonly string[]): EmfLine[] {
  return lines.map(line => JSON.parse(line) as EmfLine).filter(line => '_aws' in line);
}
