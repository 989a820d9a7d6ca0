import { Duration, Token } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import {
  BOOLEAN,
  DURATION,
  type Kind,
  listOf,
  NUMBER,
  OBJECT,
  oneOf,
  options,
  required,
  requireKind,
  requireShape,
  requireValue,
  TEXT,
  TEXTS,
} from '../../../src/private/shape';
import { newStack } from '../support';

interface Inner {
  readonly size?: number;
}
interface Props {
  readonly name: string;
  readonly inner?: Inner;
  readonly list?: Inner[];
}
const INNER = options<Inner>({ size: NUMBER });
const SHAPE = { name: TEXT, inner: INNER, list: listOf(INNER) };
const given = (value: unknown) => value as Props;

describe('requireKind', () => {
  const Size = { SMALL: 's', LARGE: 'l' };

  test.each<[string, Kind, unknown]>([
    ['a text', TEXT, 'a'],
    ['a token as a string', TEXT, Token.asString({ Ref: 'A' })],
    ['a number', NUMBER, 0],
    ['a token as a number', NUMBER, Token.asNumber({ Ref: 'A' })],
    ['a switch', BOOLEAN, false],
    ['a duration', DURATION, Duration.minutes(1)],
    ['a list', TEXTS, ['a']],
    ['an empty list', TEXTS, []],
    ['a token as a list', TEXTS, Token.asList({ Ref: 'A' })],
    ['an object', OBJECT, {}],
    ['a choice', oneOf('Size', Size), 's'],
    ['undefined', TEXT, undefined],
  ])('requireKind accepts %s', (_, kind, value) => {
    expect(() => requireKind('Where', 'prop', value, kind)).not.toThrow();
  });

  test.each<[Kind, unknown, string]>([
    [TEXT, 5, '[Where] `prop` must be a string, got: 5. Pass a string.'],
    [TEXT, null, '[Where] `prop` must be a string, got: null. Pass a string.'],
    [NUMBER, '5', "[Where] `prop` must be a number, got: '5'. "],
    [BOOLEAN, 'false', "[Where] `prop` must be true or false, got: 'false'. "],
    [DURATION, 300, '[Where] `prop` must be a Duration, got: 300. Pass, for example, Duration.minutes(5).'],
    [TEXTS, 'abc', "[Where] `prop` must be a list, got: 'abc'. "],
    [TEXTS, ['a', 5], '[Where] `prop[1]` must be a string, got: 5. '],
    [TEXTS, new Array(2), '[Where] `prop[0]` must be a string, got: undefined. '],
    [TEXTS, [undefined], '[Where] `prop[0]` must be a string, got: undefined. '],
    [OBJECT, [], '[Where] `prop` must be an object, got: a list. '],
    [OBJECT, true, '[Where] `prop` must be an object, got: true. '],
    [
      oneOf('Size', Size),
      'S',
      "[Where] `prop` must be one of 's', 'l', got: 'S'. Pass Size.SMALL or Size.LARGE.",
    ],
    [TEXT, () => 'secret', '[Where] `prop` must be a string, got: a function. '],
    [TEXT, newStack(), '[Where] `prop` must be a string, got: the construct Stack. '],
  ])('requireKind refuses a value that is not of the kind %p', (kind, value, message) => {
    expect(() => requireKind('Where', 'prop', value, kind)).toThrow(message);
  });
});

test('requireValue also refuses undefined', () => {
  expect(() => requireValue('Where', 'prop', undefined, TEXT)).toThrow(
    '[Where] `prop` must be a string, got: undefined. Pass a string.',
  );
  expect(() => requireValue('Where', 'prop', 'a', TEXT)).not.toThrow();
});

describe('requireShape', () => {
  test.each<[unknown, string]>([
    [undefined, '[Where] `props` must be an object, got: undefined. '],
    [null, '[Where] `props` must be an object, got: null. '],
    [{ name: 5 }, '[Where] `name` must be a string, got: 5. '],
    [{ inner: true }, '[Where] `inner` must be an object of options, got: true. '],
    [{ inner: { size: '5' } }, "[Where] `inner.size` must be a number, got: '5'. "],
    [{ list: [{}, { size: '5' }] }, "[Where] `list[1].size` must be a number, got: '5'. "],
    [{ nam: 'a' }, '[Where] `nam` must be one of name, inner, list, got: nam. '],
  ])('requireShape refuses %p', (props, message) => {
    expect(() => requireShape('Where', given(props), SHAPE)).toThrow(message);
  });

  test.each<[object, string]>([
    [{}, '[Where] `inner.size` must be given, got: undefined. Pass a number'],
    [{ size: undefined }, '[Where] `inner.size` must be given, got: undefined. Pass a number'],
  ])('requireShape refuses a missing required member in %p', (inner, message) => {
    const shape = { ...SHAPE, inner: options<Inner>({ size: required(NUMBER) }) };

    expect(() => requireShape('Where', given({ inner }), shape)).toThrow(message);
    expect(() => requireShape('Where', given({ inner: { size: 0 } }), shape)).not.toThrow();
    expect(() => requireShape('Where', given({}), shape)).not.toThrow();
  });

  test('requireShape warns at a construct of unknown props, also with inherited names', () => {
    const stack = newStack();

    requireShape(stack, given({ name: 'a', toString: 1, inner: { sise: 5 } }), SHAPE);

    const warnings = Annotations.fromStack(stack).findWarning('*', Match.anyValue());
    expect(warnings.map(({ entry }) => entry.data)).toEqual([
      expect.stringContaining(
        '`toString` is not a property and has no effect. Correct the name, or remove it. Properties: name, inner, list.',
      ),
      expect.stringContaining('`inner.sise` is not a property'),
    ]);
  });
});
