import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { LoopbackServer } from '../../../local/emulators/http-server';
import { refusal, startTableFront, type TableAnswer } from '../../support/table-front';

/**
 * Fault of a write request. `throttled` refuses the request. `unanswered` and `written` give no response,
 * without and with the write. `halved` writes the first half of the items, and returns the other half as
 * unprocessed.
 */
export type TableFault = 'throttled' | 'unanswered' | 'written' | 'halved';

/** Proxy in front of a table, which lets write requests fail at random. */
export interface FaultFront extends LoopbackServer {
  /** Number of write requests so far. */
  readonly requests: number;
  /** Number of write requests so far with each fault. */
  readonly faults: Readonly<Record<TableFault, number>>;
  /** Answers each request from now on. Further requests are throttled or processed by half. */
  answerAll(): void;
}

const PERCENT = 99;
const THROTTLED_PERCENT = 10;
const THROTTLES = ['ProvisionedThroughputExceededException', 'ThrottlingException'];

/**
 * Starts a proxy in front of a DynamoDB emulator. It throttles 10 % of the write requests, leaves 1 %
 * unanswered, and processes only half of 1 %.
 */
export async function startFaultFront(emulator: string, seed: number): Promise<FaultFront> {
  const random = xoroshiro128plus(seed);
  const faults: Record<TableFault, number> = { throttled: 0, unanswered: 0, written: 0, halved: 0 };
  let requests = 0;
  let answersAll = false;
  const front = await startTableFront(emulator, async ({ operation, body }, forward) => {
    if (operation !== 'BatchWriteItem') return forward();
    requests += 1;
    const fault = faultOf(uniformInt(random, 0, PERCENT), faults);
    if (fault === undefined || (answersAll && (fault === 'unanswered' || fault === 'written'))) {
      return forward();
    }
    faults[fault] += 1;
    switch (fault) {
      case 'throttled':
        return refusal(THROTTLES[faults.throttled % THROTTLES.length]);
      case 'unanswered':
        return 'hangs';
      case 'written':
        await forward();
        return 'hangs';
      case 'halved':
        return halved(body, forward);
    }
  });
  return {
    ...front,
    get requests() {
      return requests;
    },
    faults,
    answerAll: () => {
      answersAll = true;
    },
  };
}

function faultOf(
  chance: number,
  { unanswered, written }: Record<TableFault, number>,
): TableFault | undefined {
  if (chance < THROTTLED_PERCENT) return 'throttled';
  if (chance === THROTTLED_PERCENT) return unanswered > written ? 'written' : 'unanswered';
  return chance === THROTTLED_PERCENT + 1 ? 'halved' : undefined;
}

async function halved(body: string, forward: (body?: string) => Promise<TableAnswer>): Promise<TableAnswer> {
  const request = JSON.parse(body) as { readonly RequestItems: Readonly<Record<string, readonly unknown[]>> };
  const [[table, puts]] = Object.entries(request.RequestItems);
  const middle = Math.floor(puts.length / 2);
  if (middle > 0) {
    const answer = await forward(
      JSON.stringify({ ...request, RequestItems: { [table]: puts.slice(0, middle) } }),
    );
    if (answer.status !== 200) return answer;
  }
  return { status: 200, body: { UnprocessedItems: { [table]: puts.slice(middle) } } };
}
