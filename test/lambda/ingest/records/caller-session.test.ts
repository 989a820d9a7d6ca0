import { createHash } from 'node:crypto';
import { keepSession, readCallers } from '../../../../lambda/ingest/records/caller-session';
import { CALLERS, ENV } from '../../../../src/contract';

const hashOf = (text: string) => `email-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;

test('an e-mail address in a session is replaced with a hash of the text in lower case', () => {
  for (const callers of [undefined, CALLERS.session]) {
    expect(keepSession('Ada.Lovelace@Example.com', callers)).toBe(hashOf('ada.lovelace@example.com'));
    expect(keepSession('ada.lovelace@example.com', callers)).toBe(hashOf('ada.lovelace@example.com'));
  }
  expect(keepSession('ada@example.com', undefined)).toMatch(/^email-[0-9a-f]{16}$/);
});

test.each([
  'chat of ada@example.com, Monday',
  'ada@corp',
  'ada@xn--bcher-kva.example',
  'ädä@bücher.example',
  '{"user":"ada@example.com"}',
])('a session that contains an e-mail address is hashed as a whole: %s', session => {
  expect(keepSession(session, CALLERS.session)).toBe(hashOf(session.toLowerCase()));
});

test.each([
  'ada%40example.com',
  'ada%2540example.com',
  'ada%25252540example%2Ecom',
  'ada=40example.com',
  'ada&#64;example.com',
  'ada&#x40;example.com',
  'ada&commat;example.com',
  'ada&amp;#64;example.com',
  'ada\\u0040example.com',
  'ada＠example.com',
  'ada﹫example.com',
  'ada @ example.com',
  'ada@\u200bexample.com',
  ' Ada@Example.com ',
])('each form of an e-mail address in a session has the same hash: %j', session => {
  expect(keepSession(session, CALLERS.session)).toBe(hashOf('ada@example.com'));
  expect(keepSession(session, CALLERS.sessionWithEmails)).toBe(session);
});

test.each([
  'sess-1',
  'i-0123456789abcdef0',
  '@',
  '@ support',
  'a=4',
  '100%',
  'botocore-session-1793000000',
  '',
])('a session without an e-mail address is kept: %j', session => {
  expect(keepSession(session, CALLERS.session)).toBe(session);
});

test('an e-mail address is kept if the setting says so', () => {
  expect(keepSession('ada@example.com', CALLERS.sessionWithEmails)).toBe('ada@example.com');
});

test('a missing session stays missing', () => {
  expect(keepSession(undefined, CALLERS.session)).toBeUndefined();
  expect(keepSession(undefined, undefined)).toBeUndefined();
});

test('the setting of callers is read from its variable, and an unknown value is refused', () => {
  expect(readCallers(undefined, ENV.ingestCallers)).toBeUndefined();
  expect(readCallers('', ENV.ingestCallers)).toBeUndefined();
  for (const callers of Object.values(CALLERS)) expect(readCallers(callers, ENV.ingestCallers)).toBe(callers);
  expect(() => readCallers('everyone', ENV.ingestCallers)).toThrow(
    `${ENV.ingestCallers} must be one of session, session-with-emails`,
  );
});
