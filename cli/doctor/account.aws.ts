import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

/** Who calls, as AWS sees it, and by how much this machine's clock differs from AWS's. No key is in it. */
export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
  /** Positive where this machine is ahead; undefined where the answer had no date. */
  readonly clockAheadMs?: number;
}

/** Asks AWS who calls. Every identity may ask that. */
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
