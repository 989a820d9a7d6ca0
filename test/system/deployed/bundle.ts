import { existsSync } from 'node:fs';
import * as path from 'node:path';
import type { App } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import { REPOSITORY } from '../../support/run';

/**
 * Bundles the code of a function with the built package and the AWS SDK, because MiniStack provides no AWS
 * SDK to functions. Returns the folder with `index.js`. It is in the cloud assembly of the app.
 *
 * @param name name of the folder. A second bundle with the same name in an app is the first one
 * @param source source code in TypeScript. Its imports are relative to the repository
 */
export function bundle(scope: Construct, name: string, source: string): string {
  const folder = path.join((scope.node.root as App).outdir, name);
  if (existsSync(folder)) return folder;
  buildSync({
    stdin: { contents: source, loader: 'ts', resolveDir: REPOSITORY },
    outfile: path.join(folder, 'index.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
  return folder;
}
