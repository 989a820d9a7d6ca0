/** Name of CloudFormation's buckets for answers, before the region without dashes. */
const BUCKET = 'cloudformation-custom-resource-response-';
const MAX_SHOWN = 100;

/**
 * Returns the URL of an answer to CloudFormation.
 *
 * @param suffix domain of AWS services in the partition, such as `amazonaws.com`
 * @throws if it is not one of CloudFormation's own places in the region. The error names the host only,
 * because the rest of the URL is a signature.
 */
export function responseUrl(text: unknown, region: string, suffix: string): URL {
  const bucket = BUCKET + region.replaceAll('-', '');
  const hosts = [`s3.${suffix}`, `s3-${region}.${suffix}`, `s3.${region}.${suffix}`].map(
    host => `${bucket}.${host}`,
  );
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && hosts.includes(url.host) && url.username === '' && url.password === '') {
    return url;
  }
  throw new Error(
    `ResponseURL must be an https URL on ${hosts.join(', ')}, got: ` +
      `${url ? `${url.protocol}//${url.host}`.slice(0, MAX_SHOWN) : 'no URL'}. Only CloudFormation may invoke this function.`,
  );
}
