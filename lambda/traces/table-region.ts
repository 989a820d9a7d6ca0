import type { TableLocation } from './trace';
import { TABLE_ARN } from '../../src/contract';

/** Returns the region and the name in the ARN of a table. Returns undefined for any other text. */
export function parseTableArn(
  text: string,
): { readonly region: string; readonly tableName: string } | undefined {
  const [, region, , tableName] = TABLE_ARN.exec(text) ?? [];
  return tableName === undefined ? undefined : { region, tableName };
}

/**
 * Returns the region for a client of a table: the given region, or the region in the ARN of the table. If
 * both are missing, returns undefined, and the AWS SDK finds the region.
 */
export function tableRegion({ tableName, region }: TableLocation): string | undefined {
  return region ?? parseTableArn(tableName)?.region;
}
