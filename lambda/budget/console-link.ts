/**
 * Where the console is, by partition (AWS General Reference, "Console
 * endpoints", and the guides of the China Regions and of GovCloud).
 */
const CONSOLE_HOSTS: Readonly<Record<string, string>> = {
  'aws': 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** The address of a dashboard in the console; undefined in a partition whose console is not known. */
export function dashboardLink(partition: string, region: string, dashboardName: string): string | undefined {
  if (!Object.hasOwn(CONSOLE_HOSTS, partition)) return undefined;
  return `https://${CONSOLE_HOSTS[partition]}/cloudwatch/home?region=${encodeURIComponent(region)}#dashboards/dashboard/${encodeURIComponent(dashboardName)}`;
}
