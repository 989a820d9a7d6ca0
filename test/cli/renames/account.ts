import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  BILL,
  BILL_ESTIMATED_FROM,
  CALLS,
  DENIED_DAY,
  FILES,
  FUNCTIONS,
  METRICS,
  REFUSED,
  UNREADABLE_ITEMS,
} from './data-set';
import { startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import { listenOnLoopback, readBody, send } from '../../../local/emulators/http-server';
import { DEFAULT_NAMESPACE, ENV } from '../../../src/contract';
import { startCostExplorer } from '../../fakes/cost-explorer/server';
import { startLambda } from '../../fakes/lambda/server';
import { refusal } from '../../support/table-front';
import { startTraceEngine, type TraceEngine } from '../../support/trace-engine';
import { type FrontRequest, startFront } from '../front';
import { NOW, TABLE } from '../support';

const MS_PER_HOUR = 3_600_000;

/** Fakes of the AWS services that the commands call, filled with the test data. */
export interface Account {
  /** Folder where commands read and write files. */
  readonly folder: string;
  /** Environment variables that make the command use the fakes instead of AWS. */
  readonly environment: NodeJS.ProcessEnv;
  readonly table: TraceEngine;
  close(): Promise<void>;
}

/**
 * Starts the fakes. All times in their data depend on the constant `NOW`, so the data is the same in each
 * run.
 */
export async function startAccount(): Promise<Account> {
  const folder = writeFiles();
  const [table, cloudWatch, lambda, sts, bill] = await Promise.all([
    startTraceEngine(TABLE),
    startCloudWatch(),
    startLambda({ functions: FUNCTIONS }),
    startStsAtNow(),
    startCostExplorer({ lines: BILL, estimatedFrom: BILL_ESTIMATED_FROM }),
  ]);
  await table.put(CALLS);
  for (const Item of UNREADABLE_ITEMS) {
    await table.client.send(
      new PutItemCommand({ TableName: TABLE, Item: Item as Record<string, { S: string }> }),
    );
  }
  const front = await startFront(table.endpoint);
  front.see = answer;
  for (const [name, value, hoursAgo] of METRICS) {
    cloudWatch.store.putDatum({
      namespace: DEFAULT_NAMESPACE,
      name,
      dimensions: {},
      timestamp: new Date(Date.parse(NOW) - hoursAgo * MS_PER_HOUR),
      values: [value],
    });
  }
  return {
    folder,
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: front.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
      AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
      AWS_ENDPOINT_URL_STS: sts.endpoint,
      AWS_ENDPOINT_URL_COST_EXPLORER: bill.endpoint,
      [ENV.tableName]: TABLE,
    },
    table,
    close: async () => {
      for (const each of [front, table, cloudWatch, lambda, sts, bill]) await each.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function writeFiles(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-renames-'));
  for (const [name, text] of Object.entries(FILES)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text, name.endsWith('.gz') ? 'latin1' : 'utf8');
  }
  return folder;
}

/**
 * Answers operations that the DynamoDB emulator does not support. Refuses reads of `DENIED_DAY`, and writes
 * of the traces in `REFUSED`.
 */
function answer({ operation, body }: FrontRequest) {
  switch (operation) {
    case 'DescribeTimeToLive':
      return {
        status: 200,
        body: { TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' } },
      };
    case 'DescribeContinuousBackups':
      return {
        status: 200,
        body: { ContinuousBackupsDescription: { ContinuousBackupsStatus: 'ENABLED' } },
      };
    case 'Query':
      return body.includes(`#${DENIED_DAY}"`) ? refusal('AccessDeniedException') : undefined;
    case 'BatchWriteItem':
      if (body.includes(REFUSED.access)) return refusal('AccessDeniedException');
      return body.includes(REFUSED.content) ? refusal('ValidationException') : undefined;
    default:
      return undefined;
  }
}

/**
 * Starts a fake of STS. The date of its responses is `NOW`, because the command `doctor` compares this date
 * with the local clock.
 */
async function startStsAtNow() {
  return listenOnLoopback(async (request, response) => {
    await readBody(request);
    send(
      response,
      200,
      { 'content-type': 'text/xml', 'date': new Date(NOW).toUTCString() },
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
        '<Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>x</UserId><Account>123456789012</Account>' +
        '</GetCallerIdentityResult></GetCallerIdentityResponse>',
    );
  });
}
