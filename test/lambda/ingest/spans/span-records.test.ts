import { spanRecord } from './support';
import { KnownProfiles } from '../../../../lambda/ingest/known-profiles';
import { readLogRecords, readRules } from '../../../../lambda/ingest/log-record';
import { readSpanRecords, readSpanSettings } from '../../../../lambda/ingest/spans/span-records';
import { logRecord } from '../support';

const SETTINGS = readSpanSettings({});
const LOGS = { rules: readRules({}), profiles: new KnownProfiles({}) };
const span = JSON.stringify(spanRecord());
const log = JSON.stringify(logRecord());
const PAYLOAD = {
  logGroup: 'group',
  lines: [
    { id: 'a', message: span },
    { id: 'b', message: log },
  ],
};

test('the lines of one parsed payload are read as spans and as log records', async () => {
  const spans = readSpanRecords(PAYLOAD, SETTINGS, 'own');
  const logs = await readLogRecords(PAYLOAD, { ...LOGS, ownLogGroup: 'own' });

  expect(spans?.map(({ source, id, reading }) => [source, id, reading.kind])).toEqual([
    ['spans', 'a', expect.not.stringMatching('foreign')],
    ['spans', 'b', 'foreign'],
  ]);
  expect(logs?.map(({ source, id, reading }) => [source, id, reading.kind])).toEqual([
    ['logs', 'a', 'foreign'],
    ['logs', 'b', 'call'],
  ]);
});

test('a payload that cannot be read is one refused record', async () => {
  const payload = { refused: 'the payload has no log events' };
  const reading = { kind: 'refused', reason: payload.refused, known: {} };

  expect(readSpanRecords(payload, SETTINGS, 'own')).toEqual([{ source: 'spans', reading }]);
  expect(await readLogRecords(payload, { ...LOGS, ownLogGroup: 'own' })).toEqual([
    { source: 'logs', reading },
  ]);
});

test('a payload of the own log group is not read', async () => {
  expect(readSpanRecords(PAYLOAD, SETTINGS, 'group')).toBeUndefined();
  expect(await readLogRecords(PAYLOAD, { ...LOGS, ownLogGroup: 'group' })).toBeUndefined();
});
