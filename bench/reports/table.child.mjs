// Fake DynamoDB table. It stores the items of BatchWriteItem requests. It answers Query requests with pages
// of 1 MB, from the table or from its index. It rejects Query conditions that the package never sends.
import { createServer } from 'node:http';

const PAGE_BYTES = 2 ** 20;
const UNIT_BYTES = 4096;
const INDEX_KEY = 'incidentId';

/**
 * Items of the table by partition key, sorted by sort key. Items are stored as text, which needs less memory
 * than objects.
 */
const table = new Map();
const index = new Map();

/** Returns the size of a value in bytes, as DynamoDB counts it. */
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

/**
 * Returns the index of the first entry with the key `key` or a higher one. `entries` must be sorted by key.
 */
function findPosition(entries, key) {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle].key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function put(entries, entry) {
  const position =
    entries.length === 0 || entries.at(-1).key < entry.key
      ? entries.length
      : findPosition(entries, entry.key);
  entries.splice(position, entries[position]?.key === entry.key ? 1 : 0, entry);
}

function getOrAddPartition(partitions, name) {
  if (!partitions.has(name)) partitions.set(name, []);
  return partitions.get(name);
}

function write({ RequestItems: requests }) {
  for (const { PutRequest: insert, DeleteRequest: remove } of Object.values(requests).flat()) {
    const { pk, sk, [INDEX_KEY]: incident } = insert?.Item ?? remove.Key;
    const entries = getOrAddPartition(table, pk.S);
    if (remove) {
      const position = findPosition(entries, sk.S);
      if (entries[position]?.key === sk.S) entries.splice(position, 1);
      continue;
    }
    const entry = { key: sk.S, text: JSON.stringify(insert.Item), bytes: bytesOfItem(insert.Item) };
    put(entries, entry);
    if (incident) put(getOrAddPartition(index, incident.S), { ...entry, key: `${sk.S} ${pk.S}` });
  }
  return { UnprocessedItems: {} };
}

/**
 * Parses the key condition of a Query request. Returns the partition key and a range of sort keys: `from` is
 * inclusive, `to` is exclusive.
 */
function parseCondition({
  KeyConditionExpression: condition,
  ExpressionAttributeNames: names = {},
  ExpressionAttributeValues: values,
}) {
  const value = placeholder => values[placeholder].S;
  const [, partitionValue, rest = ''] = /^\s*[#\w]+ = (:\w+)(?: AND (.*))?$/.exec(condition) ?? [];
  const between = /^[#\w]+ BETWEEN (:\w+) AND (:\w+)$/.exec(rest);
  const begins = /^begins_with\([#\w]+, (:\w+)\)$/.exec(rest);
  if (!partitionValue || (rest && !between && !begins))
    throw new Error(`the condition ${condition} of ${JSON.stringify(names)} is not supported`);
  if (between)
    return { partition: value(partitionValue), from: value(between[1]), to: `${value(between[2])}\u0000` };
  if (begins)
    return { partition: value(partitionValue), from: value(begins[1]), to: `${value(begins[1])}\uffff` };
  return { partition: value(partitionValue), from: '', to: '\uffff' };
}

function query(request) {
  if (request.FilterExpression) throw new Error('FilterExpression is not supported');
  const { partition, from, to } = parseCondition(request);
  const after = request.ExclusiveStartKey;
  const entries = (request.IndexName ? index : table).get(partition) ?? [];
  const forward = request.ScanIndexForward !== false;
  const last = after && (request.IndexName ? `${after.sk.S} ${after.pk.S}` : after.sk.S);
  const [first, end] = [findPosition(entries, from), findPosition(entries, to)];
  let position = forward
    ? last === undefined
      ? first
      : findPosition(entries, `${last}\u0000`)
    : (last === undefined ? end : findPosition(entries, last)) - 1;
  const found = [];
  let bytes = 0;
  while (
    (forward ? position < end : position >= first) &&
    bytes < PAGE_BYTES &&
    found.length < (request.Limit ?? Infinity)
  ) {
    found.push(entries[position]);
    bytes += entries[position].bytes;
    position += forward ? 1 : -1;
  }
  const names = request.ProjectionExpression?.split(',').map(
    name => request.ExpressionAttributeNames?.[name.trim()] ?? name.trim(),
  );
  const items = found.map(({ text }) => JSON.parse(text));
  const more = (forward ? position < end : position >= first) && items.at(-1);
  return {
    Items: names
      ? items.map(item => Object.fromEntries(names.flatMap(name => (item[name] ? [[name, item[name]]] : []))))
      : items,
    Count: items.length,
    LastEvaluatedKey: more
      ? { pk: more.pk, sk: more.sk, ...(request.IndexName ? { [INDEX_KEY]: more[INDEX_KEY] } : {}) }
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
    if (!OPERATIONS[operation]) throw new Error(`the operation ${operation} is not supported`);
    const answer = OPERATIONS[operation](JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
  } catch (error) {
    response
      .writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
      .end(JSON.stringify({ __type: 'ValidationException', message: error.message }));
  }
});
server.listen(0, '127.0.0.1', () => process.send({ endpoint: `http://127.0.0.1:${server.address().port}` }));
