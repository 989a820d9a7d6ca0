// Compiles and imports src/private/entry-points.ts, so that scripts can use its lists of entry points and
// Lambda handlers.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const MANIFEST = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  '..',
  'src',
  'private',
  'entry-points.ts',
);

export async function entryPoints() {
  const {
    outputFiles: [{ text }],
  } = await build({ entryPoints: [MANIFEST], format: 'esm', write: false });
  return import(`data:text/javascript,${encodeURIComponent(text)}`);
}
