import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';

/** Finding of textlint. `index` is its place in the source. */
export interface Finding {
  readonly rule: string;
  readonly label?: string;
  readonly message: string;
  readonly index: number;
}

/** Finding, and the text of its line from the finding to the end. */
export interface SourceFinding extends Finding {
  readonly at: string;
}

export interface Source {
  readonly file: string;
  readonly text: string;
}

/** Comment with its first line number, its text (lines joined by `|`) and the declaration below it. */
export interface Comment {
  readonly line: number;
  readonly text: string;
  readonly code: string;
}

export interface NameFinding {
  readonly offset: number;
  readonly message: string;
}

/**
 * Starts a process that runs functions of scripts/prose. The process ends after the last test of the file.
 */
export function useProse() {
  let worker: ChildProcess;
  beforeAll(() => (worker = fork(path.join(__dirname, 'worker.mjs'))));
  afterAll(async () => {
    worker.disconnect();
    await once(worker, 'exit');
  });

  async function call<Result>(name: string, ...args: readonly unknown[]): Promise<Result> {
    worker.send({ name, args });
    const [{ result, error }] = (await once(worker, 'message')) as [{ result: Result; error?: string }];
    if (error !== undefined) throw new Error(error);
    return result;
  }

  return {
    extractComments: (file: string, text: string) => call<readonly Comment[]>('extractComments', file, text),
    passagesOf: (file: string, text: string) =>
      call<Record<string, readonly unknown[]>>('passagesOf', file, text),
    markdownOf: (kind: 'comments' | 'strings', file: string, text: string) =>
      call<readonly string[]>('markdownOf', kind, file, text),
    checkNames: (file: string, text: string) => call<readonly NameFinding[]>('checkNames', file, text),
    allowedNames: () => call<readonly { place: string; name?: string; reason: string }[]>('allowedNames'),
    lintTexts: (texts: readonly string[]) => call<readonly (readonly Finding[])[]>('lintTexts', texts),
    lintSources: (sources: readonly Source[]) =>
      call<readonly (readonly SourceFinding[])[]>('lintSources', sources),
  };
}
