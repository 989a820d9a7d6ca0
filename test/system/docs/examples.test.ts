import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';
import { REPOSITORY } from '../../support/run';

const read = (file: string) => readFileSync(path.join(REPOSITORY, file), 'utf8');

describe('examples', () => {
  const folder = path.join(REPOSITORY, 'build', 'docs');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('examples in the documents compile unchanged', () => {
    mkdirSync(folder, { recursive: true });
    const blocks = ['README.md', 'docs/set-ups.md']
      .flatMap(file => [...read(file).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code))
      // Blocks with constructs are often a part of a stack. Only those of a whole app compile alone.
      .filter(code => /cdk-token-analytics\/(?:runtime|reports)/.test(code) || code.includes('new App()'));
    const files = blocks.map((code, index) => {
      const file = path.join(folder, `example-${index}.ts`);
      writeFileSync(file, code);
      return file;
    });
    const { config } = ts.readConfigFile(path.join(REPOSITORY, 'test', 'tsconfig.json'), file =>
      readFileSync(file, 'utf8'),
    ) as { config: { compilerOptions: object } };
    // `preserve` allows examples to use `await` outside of a function.
    const { options } = ts.parseJsonConfigFileContent(
      { ...config, compilerOptions: { ...config.compilerOptions, module: 'preserve' }, include: [] },
      ts.sys,
      path.join(REPOSITORY, 'test'),
    );

    const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram(files, options));

    expect(files.length).toBeGreaterThan(6);
    expect(
      diagnostics.map(
        ({ file, start = 0, messageText }) =>
          `${path.basename(file?.fileName ?? '')}:${file?.text.slice(start, start + 60)}: ` +
          `${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      ),
    ).toEqual([]);
  });
});
