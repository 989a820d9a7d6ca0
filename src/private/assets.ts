import * as path from 'path';
import { ASSETS_FOLDER } from './entry-points';

/** The package's own folder, whether its sources run or what is compiled of them. */
export const PACKAGE_ROOT = path.join(__dirname, '..', '..');

/** The folder of the handlers that ship built with the package. */
export const HANDLERS_PATH = path.join(PACKAGE_ROOT, ASSETS_FOLDER);
