import * as path from 'path';

/** The folder of a handler that ships built with the package. */
export function assetPath(handler: string): string {
  return path.join(__dirname, '..', '..', 'assets', handler);
}
