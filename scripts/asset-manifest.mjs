// Lists the built files that each Lambda handler loads, with a hash of these files. The constructs read the
// list at synth. They deploy each function with its own files only.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { entryPoints } from './entry-points.mjs';

const { HANDLERS, LATE_MODULES } = await entryPoints();

/**
 * Returns the output files that the given files load: by static imports and by `import()`, directly or
 * through other files. The result contains the given files, too.
 *
 * @param outputs outputs in esbuild's metafile
 * @param starts paths of output files
 */
export function filesLoadedBy(outputs, starts) {
  const files = new Set(starts);
  for (const file of files) {
    for (const { path: loaded, external } of outputs[file].imports) if (!external) files.add(loaded);
  }
  return [...files].sort();
}

/**
 * Returns the content of the manifest: the files and the hash of each handler, and the files that the runtime
 * loads late, in both module formats.
 *
 * @param root folder of the package
 * @param metafile esbuild's metafile of the ES modules
 * @param builtModule returns the path of a built module for its name, and for `cjs` that of its CommonJS
 * version
 */
export async function assetManifest(root, { outputs }, builtModule) {
  const handlers = {};
  for (const name of Object.keys(HANDLERS)) {
    handlers[name] = await handlerFiles(root, filesLoadedBy(outputs, [builtModule(name)]));
  }
  const ofRuntime = Object.keys(LATE_MODULES).filter(name => LATE_MODULES[name].startsWith('lambda/'));
  const late = filesLoadedBy(
    outputs,
    ofRuntime.map(name => builtModule(name)),
  );
  return { handlers, runtime: [...late, ...late.map(file => builtModule(path.parse(file).name, 'cjs'))] };
}

/** Returns the names of the files, and the SHA-256 hash of their names and bytes. */
async function handlerFiles(root, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const bytes = await readFile(path.join(root, file));
    hash.update(`${path.basename(file)}\n${bytes.length}\n`).update(bytes);
  }
  return { hash: hash.digest('hex'), files: files.map(file => path.basename(file)) };
}
