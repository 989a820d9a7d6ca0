import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

/** AWS account and ARN of the caller, and the difference between the local clock and the clock of AWS. */
export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
  /** Local time minus AWS time, in milliseconds. Undefined if the response has no date. */
  readonly clockAheadMs?: number;
}

/** Reads the AWS account and the ARN of the caller from AWS STS. The caller needs no IAM permission. */
export async function readIdentity({
  region,
  endpoint,
}: {
  readonly region?: string;
  readonly endpoint?: string;
}): Promise<CallerIdentity> {
  const client = new STSClient({ region, endpoint });
  let clockAheadMs: number | undefined;
  client.middlewareStack.add(
    next => async args => {
      const output = await next(args);
      const { headers } = output.response as { readonly headers?: Readonly<Record<string, string>> };
      const time = Date.parse(headers?.date ?? '');
      if (!Number.isNaN(time)) clockAheadMs = Date.now() - time;
      return output;
    },
    { step: 'deserialize', priority: 'low', name: 'clockOfAws' },
  );
  try {
    const { Account = '', Arn = '' } = await client.send(new GetCallerIdentityCommand({}));
    return { account: Account, arn: Arn, ...(clockAheadMs === undefined ? {} : { clockAheadMs }) };
  } finally {
    client.destroy();
  }
}
