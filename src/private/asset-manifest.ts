import * as fs from 'fs';
import * as path from 'path';
import { ASSET_MANIFEST, type HandlerName } from './entry-points';

/**
 * Root folder of the package. The relative path is correct for this source file and for its compiled file.
 */
export const PACKAGE_ROOT = path.join(__dirname, '..', '..');

/** Built files of one Lambda handler. */
interface HandlerFiles {
  /** SHA-256 hash of the names and the bytes of all files. */
  readonly hash: string;
  /** Names of the files in `ASSETS_FOLDER`. */
  readonly files: readonly string[];
}

/** Content of the file that the build writes beside the built Lambda handlers. */
interface AssetManifest {
  /** Files that each handler loads, at its start or later. */
  readonly handlers: { readonly [name in HandlerName]: HandlerFiles };
  /** Paths of the files that the runtime loads late, in both module formats, relative to `PACKAGE_ROOT`. */
  readonly runtime: readonly string[];
}

/**
 * Reads the list of built files with their hash, which the build has written. A hash of the folder at synth
 * would depend on how the package is installed. For example, Yarn can keep the package in a ZIP file, and the
 * files then have other permissions and times.
 *
 * @throws if the file does not exist
 */
export function readAssetManifest(): AssetManifest {
  const file = path.join(PACKAGE_ROOT, ASSET_MANIFEST);
  if (!fs.existsSync(file)) {
    throw new Error(
      `cdk-token-analytics: ${file} must exist, because it lists the code of the Lambda functions. Install the ` +
        'package again, or in a clone run `npm run build:assets`.',
    );
  }
  return JSON.parse(fs.readFileSync(file, 'utf8')) as AssetManifest;
}
