// Measures the time to read the largest partition of a day. Reads the hours of the day in parallel, or one
// page after the other.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { TraceReader } from '../../lambda/traces/trace-reader.aws';
import { ROLLUP_TRACE_ATTRIBUTES } from '../../lambda/rollup/agent-day';

const [, , endpoint, day, byHours] = process.argv;
const reader = new TraceReader(new DynamoDBClient({ endpoint }), 'Traces');
const [largest] = await reader.partitions(day);
const start = performance.now();
let traces = 0;
await reader.read([largest], page => void (traces += page.length), {
  attributes: ROLLUP_TRACE_ATTRIBUTES,
  byHours: byHours === 'true',
  concurrency: 4,
});
process.send({ traces, seconds: (performance.now() - start) / 1000 }, () => process.exit(0));
