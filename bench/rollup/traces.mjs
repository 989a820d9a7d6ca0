// Generates the traffic as items of the trace table. The pages are as large as the Query pages of DynamoDB.
import { agentsOf, callOf, timeOf } from './traffic.mjs';
import { CostCalculator } from '../../lambda/pricing/cost-calculator';
import { traceItem } from '../../lambda/traces/trace-item';
import { escapeKeyPart } from '../../lambda/traces/trace-keys';

const FREE = { picoUsd: 0n, price: { asOf: '' } };
const OPTIONS = { writeShards: 1, ttlDays: 0 };
/** Maximum bytes of all items in a Query page (API reference). A projection does not change the limit. */
const PAGE_BYTES = 2 ** 20;
const UNIT_BYTES = 4096;

const calculator = new CostCalculator({ region: 'us-east-1' });

/**
 * Returns the size of an item in bytes, as DynamoDB counts it. Names and texts count as UTF-8 bytes. Two
 * digits of a number count as one byte. A number has one additional byte.
 */
function bytesOf(item) {
  let bytes = 0;
  for (const name of Object.keys(item)) {
    const value = item[name];
    bytes +=
      name.length +
      (value.S !== undefined
        ? Buffer.byteLength(value.S)
        : value.N !== undefined
          ? Math.ceil(value.N.replace('.', '').length / 2) + 1
          : 1);
  }
  return bytes;
}

export function invocationOf(agentId, number, count, start) {
  const call = callOf(agentId, number, count, start);
  return {
    ...call,
    cost: call.cached
      ? FREE
      : call.usage && calculator.calculate(call.usage, { modelId: call.modelId, at: call.timestamp }),
  };
}

/** Creates a table that does not store the traffic of a day, but generates it on request. */
export function generatedTable(traces, day) {
  const start = Date.parse(`${day}T00:00:00.000Z`);
  const agents = agentsOf(traces);
  const partitions = new Map(
    agents.map(({ agentId, count }) => [`AGENT#${escapeKeyPart(agentId)}#${day}`, { agentId, count }]),
  );
  return {
    agents,
    start,
    dayIndex: () =>
      [...partitions.keys()].map(partition => ({
        pk: { S: `DAY#${day}` },
        sk: { S: partition.slice(0, -day.length - 1) },
      })),
    /**
     * Returns the next Query page of a partition, after the key `after`. The page contains only sort keys
     * from `from` to `to`, both inclusive.
     */
    page(partition, from, to, after) {
      const { agentId, count } = partitions.get(partition);
      const items = [];
      let [bytes, number] = [0, after === undefined ? firstAt(from, count, start) : numberOf(after) + 1];
      for (; number < count && bytes < PAGE_BYTES; number += 1) {
        const item = traceItem(invocationOf(agentId, number, count, start), OPTIONS);
        if (from !== undefined && item.sk.S < from) continue;
        if (to !== undefined && item.sk.S > to) return { items, units: units(bytes) };
        bytes += bytesOf(item);
        items.push(item);
      }
      return {
        items,
        units: units(bytes),
        last: number < count ? { pk: items.at(-1).pk, sk: items.at(-1).sk } : undefined,
      };
    },
  };
}

/** Returns the read units of an eventually consistent read. Each 4 KB takes half a unit. */
const units = bytes => Math.max(1, Math.ceil(bytes / UNIT_BYTES)) / 2;

const numberOf = ({ sk }) => parseInt(sk.S.split('#')[1].split('-')[1], 16);

/** Returns the number of the first call that is not before the hour in `from`, e.g. `2026-11-20T07`. */
function firstAt(from, count, start) {
  if (from === undefined) return 0;
  const time = Date.parse(`${from.slice(0, 13)}:00:00.000Z`);
  let number = Math.max(0, Math.floor(((time - start) / 86_400_000) * count) - 1);
  while (number < count && timeOf(number, count, start) < time) number += 1;
  return number;
}
