// The stand-in for an engine: it keeps the items that BatchWriteItem puts, and answers Query with pages of 1
// MB, for the table and for its index. It knows the conditions that the package asks with, and says no to
// others.
import { createServer } from 'node:http';

const PAGE_BYTES = 2 ** 20;
const UNIT_BYTES = 4096;
const INDEX_KEY = 'incidentId';

/**
 * Items by partition, each in the order of its sort keys;
 * items are text, which takes less memory than objects.
 */
const table = new Map();
const index = new Map();

/** DynamoDB's count of a value and of an item. */
function bytesOf(value) {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return Math.ceil(value.N.replace('.', '').length / 2) + 1;
  if (value.L) return 3 + value.L.reduce((sum, each) => sum + 1 + bytesOf(each), 0);
  if (value.M)
    return 3 + Object.keys(value.M).reduce((sum, name) => sum + 1 + name.length + bytesOf(value.M[name]), 0);
  return 1;
}
const bytesOfItem = item =>
  Object.keys(item).reduce((sum, name) => sum + name.length + bytesOf(item[name]), 0);

/** The place of the first entry that is not before a key. */
function placeOf(entries, key) {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle].key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function put(entries, entry) {
  const place =
    entries.length === 0 || entries.at(-1).key < entry.key ? entries.length : placeOf(entries, entry.key);
  entries.splice(place, entries[place]?.key === entry.key ? 1 : 0, entry);
}

function partitionIn(partitions, name) {
  if (!partitions.has(name)) partitions.set(name, []);
  return partitions.get(name);
}

function write({ RequestItems: requests }) {
  for (const { PutRequest: insert, DeleteRequest: remove } of Object.values(requests).flat()) {
    const { pk, sk, [INDEX_KEY]: incident } = insert?.Item ?? remove.Key;
    const entries = partitionIn(table, pk.S);
    if (remove) {
      const place = placeOf(entries, sk.S);
      if (entries[place]?.key === sk.S) entries.splice(place, 1);
      continue;
    }
    const entry = { key: sk.S, text: JSON.stringify(insert.Item), bytes: bytesOfItem(insert.Item) };
    put(entries, entry);
    if (incident) put(partitionIn(index, incident.S), { ...entry, key: `${sk.S} ${pk.S}` });
  }
  return { UnprocessedItems: {} };
}

/** What of a partition a condition names: from and to, both included. */
function boundsOf({
  KeyConditionExpression: condition,
  ExpressionAttributeNames: names = {},
  ExpressionAttributeValues: values,
}) {
  const value = placeholder => values[placeholder].S;
  const [, ofPartition, rest = ''] = /^\s*[#\w]+ = (:\w+)(?: AND (.*))?$/.exec(condition) ?? [];
  const between = /^[#\w]+ BETWEEN (:\w+) AND (:\w+)$/.exec(rest);
  const begins = /^begins_with\([#\w]+, (:\w+)\)$/.exec(rest);
  if (!ofPartition || (rest && !between && !begins))
    throw new Error(`the stand-in does not know the condition ${condition} of ${JSON.stringify(names)}`);
  if (between)
    return { partition: value(ofPartition), from: value(between[1]), to: `${value(between[2])}\u0000` };
  if (begins)
    return { partition: value(ofPartition), from: value(begins[1]), to: `${value(begins[1])}\uffff` };
  return { partition: value(ofPartition), from: '', to: '\uffff' };
}

function query(asked) {
  if (asked.FilterExpression) throw new Error('the stand-in does not filter');
  const { partition, from, to } = boundsOf(asked);
  const after = asked.ExclusiveStartKey;
  const entries = (asked.IndexName ? index : table).get(partition) ?? [];
  const forward = asked.ScanIndexForward !== false;
  const last = after && (asked.IndexName ? `${after.sk.S} ${after.pk.S}` : after.sk.S);
  const [first, end] = [placeOf(entries, from), placeOf(entries, to)];
  let place = forward
    ? last === undefined
      ? first
      : placeOf(entries, `${last}\u0000`)
    : (last === undefined ? end : placeOf(entries, last)) - 1;
  const found = [];
  let bytes = 0;
  while (
    (forward ? place < end : place >= first) &&
    bytes < PAGE_BYTES &&
    found.length < (asked.Limit ?? Infinity)
  ) {
    found.push(entries[place]);
    bytes += entries[place].bytes;
    place += forward ? 1 : -1;
  }
  const names = asked.ProjectionExpression?.split(',').map(
    name => asked.ExpressionAttributeNames?.[name.trim()] ?? name.trim(),
  );
  const items = found.map(({ text }) => JSON.parse(text));
  const more = (forward ? place < end : place >= first) && items.at(-1);
  return {
    Items: names
      ? items.map(item => Object.fromEntries(names.flatMap(name => (item[name] ? [[name, item[name]]] : []))))
      : items,
    Count: items.length,
    LastEvaluatedKey: more
      ? { pk: more.pk, sk: more.sk, ...(asked.IndexName ? { [INDEX_KEY]: more[INDEX_KEY] } : {}) }
      : undefined,
    ConsumedCapacity: { CapacityUnits: Math.max(1, Math.ceil(bytes / UNIT_BYTES)) / 2 },
  };
}

const OPERATIONS = { BatchWriteItem: write, Query: query, CreateTable: () => ({}) };

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const operation = request.headers['x-amz-target']?.split('.')[1];
  try {
    if (!OPERATIONS[operation]) throw new Error(`the stand-in does not know ${operation}`);
    const answer = OPERATIONS[operation](JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
  } catch (error) {
    response
      .writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
      .end(JSON.stringify({ __type: 'ValidationException', message: error.message }));
  }
});
server.listen(0, '127.0.0.1', () => process.send({ endpoint: `http://127.0.0.1:${server.address().port}` }));
