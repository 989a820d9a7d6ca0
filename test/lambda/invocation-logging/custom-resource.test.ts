import { parseResponseUrl } from '../../../lambda/invocation-logging/custom-resource';

const bucket = (region: string) => `https://cloudformation-custom-resource-response-${region}`;

test.each([
  ['us-east-1', 'amazonaws.com', `${bucket('useast1')}.s3.amazonaws.com/a?b=c`],
  ['eu-west-1', 'amazonaws.com', `${bucket('euwest1')}.s3-eu-west-1.amazonaws.com/a?b=c`],
  ['eu-central-2', 'amazonaws.com', `${bucket('eucentral2')}.s3.eu-central-2.amazonaws.com/a?b=c`],
  ['cn-north-1', 'amazonaws.com.cn', `${bucket('cnnorth1')}.s3.cn-north-1.amazonaws.com.cn/a?b=c`],
  ['us-gov-west-1', 'amazonaws.com', `${bucket('usgovwest1')}.s3-us-gov-west-1.amazonaws.com/a?b=c`],
])('accepts the response host of %s', (region, suffix, url) => {
  expect(parseResponseUrl(url, region, suffix).href).toBe(url);
});

test.each([
  [`${bucket('cnnorth1')}.s3.cn-north-1.amazonaws.com/a?b=c`, 'cn-north-1.amazonaws.com.'],
  [`${bucket('useast1')}.s3.amazonaws.com.cn/a?b=c`, 'useast1.s3.amazonaws.com.cn'],
  [`${bucket('cnnorth1')}x.s3.amazonaws.com.cn/a?b=c`, 'cnnorth1x.s3'],
  [
    `https://user@cloudformation-custom-resource-response-cnnorth1.s3.amazonaws.com.cn/a?b=c`,
    'got: https://c',
  ],
  ['not a URL?b=c', 'no URL'],
  [undefined, 'no URL'],
])('refuses %s in cn-north-1 without showing the query', (url, named) => {
  const attempt = () => parseResponseUrl(url, 'cn-north-1', 'amazonaws.com.cn');

  expect(attempt).toThrow(named);
  expect(attempt).not.toThrow('b=c');
});
