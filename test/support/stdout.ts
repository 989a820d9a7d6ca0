let spy: jest.SpyInstance | undefined;

// Restores standard output after each test, even if the action of `stdoutOf` never ends.
afterEach(() => spy?.mockRestore());

/** Runs an action and returns the lines that it writes to standard output. The lines are not printed. */
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

/** Log line with metrics in CloudWatch's embedded metric format (EMF). */
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

/** Parses log lines. Returns those that contain metrics (EMF). */
export function emfOf(lines: readonly string[]): EmfLine[] {
  return lines.map(line => JSON.parse(line) as EmfLine).filter(line => '_aws' in line);
}
