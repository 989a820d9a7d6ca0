// Fills a table with the traces of a month, and with the day index of these traces. Writes several batches
// concurrently. Also adds up the costs of the traces, so that the benchmark can check the reports.
import { Agent, request } from 'node:http';
import { dayIndexItem, identityOf, traceItem } from '../../lambda/traces/trace-item';
import { calls, generatorSums } from './traffic.mjs';

const BATCH = 25;
const BATCHES_AT_ONCE = 8;
const OPTIONS = { writeShards: 1, ttlDays: 0 };
const REPORT_EVERY = 100_000;

const [, , endpoint, tableName, traces] = process.argv;
const agent = new Agent({ keepAlive: true, maxSockets: BATCHES_AT_ONCE });

/** Sends a request without the SDK, because the SDK would need more CPU time than the table. */
function send(body) {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.BatchWriteItem',
      'content-length': Buffer.byteLength(body),
      'x-amz-date': '20261001T000000Z',
      'authorization':
        'AWS4-HMAC-SHA256 Credential=test/20261001/us-east-1/dynamodb/aws4_request, ' +
        'SignedHeaders=host, Signature=0',
    };
    request(endpoint, { agent, method: 'POST', headers }, response => {
      const chunks = [];
      response
        .on('data', chunk => chunks.push(chunk))
        .on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode !== 200)
            reject(new Error(`BatchWriteItem: ${response.statusCode} ${text}`));
          else resolve(JSON.parse(text).UnprocessedItems?.[tableName] ?? []);
        });
    })
      .on('error', reject)
      .end(body);
  });
}

async function write(items) {
  let unprocessed = items.map(Item => ({ PutRequest: { Item } }));
  while (unprocessed.length > 0)
    unprocessed = await send(JSON.stringify({ RequestItems: { [tableName]: unprocessed } }));
}

const sums = generatorSums();
let done = 0;

function* items() {
  const dayIndex = new Map();
  for (const call of calls(Number(traces))) {
    sums.add(call);
    const entry = dayIndexItem(identityOf(call), OPTIONS);
    dayIndex.set(`${entry.pk.S} ${entry.sk.S}`, entry);
    done += 1;
    if (done % REPORT_EVERY === 0) console.error(`${done} traces of ${traces} are written`);
    yield traceItem(call, OPTIONS);
  }
  yield* dayIndex.values();
}

const all = items();
const start = performance.now();
await Promise.all(
  Array.from({ length: BATCHES_AT_ONCE }, async () => {
    for (;;) {
      const batch = [];
      while (batch.length < BATCH) {
        const { done: over, value } = all.next();
        if (over) break;
        batch.push(value);
      }
      if (batch.length === 0) return;
      await write(batch);
    }
  }),
);
process.send({ seconds: (performance.now() - start) / 1000, sums: sums.toJson() }, () => process.exit(0));
