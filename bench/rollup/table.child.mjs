// Local server with the DynamoDB operations Query and BatchWriteItem. It generates traces page by page, and
// stores written items.
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { generatedTable } from './traces.mjs';

const [, , traces, day, pageMs] = process.argv;
const table = generatedTable(Number(traces), day);
const written = new Map();
/**
 * Responses to Query requests, by request body. If `pageMs` simulates latency, a repeated request gets its
 * stored response. The time to generate the page then does not count.
 */
const responses = new Map();
let queries = 0;

function query({
  ExpressionAttributeNames: names,
  ExpressionAttributeValues: values,
  ExclusiveStartKey: after,
  ProjectionExpression: projection,
}) {
  queries += 1;
  const partition = values[':pk'].S;
  const [from, to] = [values[':from']?.S, values[':to']?.S];
  if (partition.startsWith('DAY#'))
    return { items: partition.endsWith(day) ? table.dayIndex() : [], units: 0.5 };
  if (partition.startsWith('ROLLUP#'))
    return {
      items: [...written.values()].filter(({ pk, sk }) => pk.S === partition && sk.S >= from && sk.S <= to),
      units: 0.5,
    };
  const page = table.page(partition, from, to, after);
  const attributes = projection?.split(', ').map(name => names[name]);
  return attributes
    ? {
        ...page,
        items: page.items.map(item =>
          Object.fromEntries(attributes.flatMap(name => (item[name] ? [[name, item[name]]] : []))),
        ),
      }
    : page;
}

function createResponse(body) {
  const { items, units, last } = query(body);
  return JSON.stringify({
    Items: items,
    Count: items.length,
    LastEvaluatedKey: last,
    ConsumedCapacity: { CapacityUnits: units },
  });
}

function write({ RequestItems: requests }) {
  for (const { PutRequest: put, DeleteRequest: remove } of Object.values(requests).flat()) {
    const { pk, sk } = put?.Item ?? remove.Key;
    if (put) written.set(`${pk.S} ${sk.S}`, put.Item);
    else written.delete(`${pk.S} ${sk.S}`);
  }
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = JSON.parse(Buffer.concat(chunks).toString());
  const answer = text => response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(text);
  if (request.headers['x-amz-target'].endsWith('.Query')) {
    const key = JSON.stringify(body);
    const text = responses.get(key) ?? createResponse(body);
    if (Number(pageMs) > 0) {
      responses.set(key, text);
      await pause(Number(pageMs));
    }
    answer(text);
  } else {
    write(body);
    answer('{"UnprocessedItems":{}}');
  }
});
process.on('message', () => process.send({ items: [...written.values()], queries }));
server.listen(0, '127.0.0.1', () => process.send({ endpoint: `http://127.0.0.1:${server.address().port}` }));
