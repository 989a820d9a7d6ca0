import { type Json, isObject } from './json';
import { CATALOG_AS_OF, CATALOG_SOURCE } from '../../../lambda/pricing/list-prices/catalog';

export interface Places {
  /** Folder where commands read and write files. */
  readonly folder: string;
  /** Size in bytes of the file that the command wrote. */
  readonly fileSize?: number;
}

/**
 * Replaces the parts of an output that depend on the machine, the run or the version of the price catalog.
 * The stored outputs contain the same placeholders:
 * - `{folder}`: folder of the files
 * - `{port}`: port of a local page
 * - `{catalog date}`, `{catalog source}`: date of the prices, and their source with its version
 * - `{file size}`: size of an exported file in bytes, which depends on the names of its columns
 *
 * Times need no placeholder, because the clock is fixed.
 */
export function normalise(output: Json, { folder, fileSize }: Places): Json {
  const texts = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(texts);
    if (isObject(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, texts(member)]));
    }
    if (typeof value !== 'string') return value;
    return value
      .replaceAll(folder, '{folder}')
      .replaceAll(CATALOG_AS_OF, '{catalog date}')
      .replaceAll(CATALOG_SOURCE, '{catalog source}')
      .replace(/^http:\/\/127\.0\.0\.1:\d+\//, 'http://127.0.0.1:{port}/');
  };
  const normalised = texts(output) as Json;
  if (fileSize === undefined || !isObject(normalised)) return normalised;
  return Object.fromEntries(
    Object.entries(normalised).map(([key, member]) => [key, member === fileSize ? '{file size}' : member]),
  ) as Json;
}
