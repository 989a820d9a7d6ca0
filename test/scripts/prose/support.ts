import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';

/** Problem that textlint reports. `index` is its offset in the checked text. */
export interface Finding {
  readonly rule: string;
  readonly label?: string;
  readonly message: string;
  readonly index: number;
}

/** Finding in a source file. `at` is the text from the finding to the end of the line. */
export interface SourceFinding extends Finding {
  readonly at: string;
}

export interface Source {
  readonly file: string;
  readonly text: string;
}

/**
 * Comment in a source file. `line` is its first line. `text` contains its lines, separated by `|`. `code` is
 * the code below the comment.
 */
export interface Comment {
  readonly line: number;
  readonly text: string;
  readonly code: string;
}

export interface NameFinding {
  readonly offset: number;
  readonly message: string;
}

/** Returns functions of scripts/prose. Starts a process for them, and ends it after the last test. */
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
