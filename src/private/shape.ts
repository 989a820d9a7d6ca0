import { Duration, Token } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { warn } from './synth-messages';
import { propError, requireGiven, type Where } from './validate';

/**
 * Kind of value that a prop takes. TypeScript checks it for its own callers; plain JavaScript can give
 * anything.
 */
export interface Kind {
  /** Completes "must be". */
  readonly must: string;
  readonly holds: (value: unknown) => boolean;
  readonly fix: string;
  /** Shape of the members, if the value is an object of options. */
  readonly members?: AnyShape;
  /** Kind of the items, if the value is a list. */
  readonly items?: Kind;
  /** True if the prop must be given. */
  readonly isRequired?: boolean;
}

/** Kind of each prop. The compiler refuses a table without one of the props. */
export type Shape<Props> = { readonly [Prop in keyof Required<Props>]: Kind };
type AnyShape = Readonly<Record<string, Kind>>;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isPlain = (value: unknown): value is object => isObject(value) && !Array.isArray(value);

export const TEXT: Kind = {
  must: 'a text',
  holds: value => typeof value === 'string',
  fix: 'Give a string.',
};
export const NUMBER: Kind = {
  must: 'a number',
  holds: value => typeof value === 'number',
  fix: 'Give a number without quotes, or Token.asNumber(…) of a value that is known at deployment.',
};
/** The constructs branch on it, so that it must be known at synth. */
export const BOOLEAN: Kind = {
  must: 'true or false',
  holds: value => typeof value === 'boolean',
  fix: 'Give true or false without quotes.',
};
export const DURATION: Kind = {
  must: 'a Duration',
  holds: value => value instanceof Duration || hasMembers(value, ['toSeconds', 'isUnresolved']),
  fix: 'Give, for example, Duration.minutes(5).',
};
/** Object whose members are checked elsewhere, or are names of the caller's own. */
export const OBJECT: Kind = {
  must: 'an object',
  holds: value => isPlain(value) && !Token.isUnresolved(value),
  fix: 'Give an object such as {}.',
};
/** List of strings, or a token of one. */
export const TEXTS: Kind = listOf(TEXT);

export function listOf(items: Kind): Kind {
  return { must: 'a list', holds: Array.isArray, fix: 'Put it in brackets: [ … ].', items };
}

/** Kind of a prop that must be given. */
export function required(kind: Kind): Kind {
  return { ...kind, isRequired: true };
}

export function oneOf(name: string, choices: Readonly<Record<string, string>>): Kind {
  const values = Object.values(choices);
  return {
    must: `one of ${values.map(value => `'${value}'`).join(', ')}`,
    holds: value => typeof value === 'string' && values.includes(value),
    fix: `Give ${Object.keys(choices)
      .map(key => `${name}.${key}`)
      .join(' or ')}.`,
  };
}

/** Object of a class, told by its members: the class can come from another copy of the library. */
export function instance(must: string, members: readonly string[], fix: string): Kind {
  return { must, holds: value => hasMembers(value, members), fix };
}

/** Object of options with a shape of its own. */
export function options<Props>(members: Shape<Props>): Kind {
  return {
    must: 'an object of options',
    holds: value => isPlain(value) && !Token.isUnresolved(value),
    fix: 'Give an object such as {}, or leave it out.',
    members: members as AnyShape,
  };
}

/**
 * Requires that each prop is of its kind, and warns of props that nothing reads, such as misspelt ones.
 *
 * @throws if a value is of another kind, or the props are not an object
 */
export function requireShape<Props>(where: Where, props: Props, shape: Shape<Props>, path = ''): void {
  requireMembers(where, props, shape as AnyShape, path);
}

function requireMembers(where: Where, props: unknown, shape: AnyShape, path: string): void {
  if (!isPlain(props)) {
    throw propError(where, path || 'props', 'an object', props, 'Give an object of properties.');
  }
  for (const [prop, value] of Object.entries(props)) {
    const kind = Object.hasOwn(shape, prop) ? shape[prop] : undefined;
    if (kind) requireKind(where, path === '' ? prop : `${path}.${prop}`, value, kind);
    else if (value !== undefined) reportUnknownProp(where, path, prop, Object.keys(shape));
  }
  for (const [prop, kind] of Object.entries(shape)) {
    const value = (props as Readonly<Record<string, unknown>>)[prop];
    if (kind.isRequired) requireGiven(where, path === '' ? prop : `${path}.${prop}`, value, kind.fix);
  }
}

/**
 * Requires that a value, if there is one, is of its kind.
 *
 * @throws if it is of another kind
 */
export function requireKind(where: Where, prop: string, value: unknown, kind: Kind): void {
  if (value !== undefined) requireValue(where, prop, value, kind);
}

/**
 * Requires a value, and that it is of its kind.
 *
 * @throws if it is of another kind, or undefined
 */
export function requireValue(where: Where, prop: string, value: unknown, kind: Kind): void {
  if (!kind.holds(value)) throw propError(where, prop, kind.must, describeValue(value), kind.fix);
  const { members, items } = kind;
  if (members) requireMembers(where, value, members, prop);
  if (items) {
    // A copy has undefined for the holes of a list.
    Array.from(value as ArrayLike<unknown>).forEach((item, index) =>
      requireValue(where, `${prop}[${index}]`, item, items),
    );
  }
}

function reportUnknownProp(where: Where, path: string, prop: string, known: readonly string[]): void {
  const name = path === '' ? prop : `${path}.${prop}`;
  if (typeof where === 'string') {
    throw propError(where, name, `one of ${known.join(', ')}`, prop, 'Correct the name, or remove it.');
  }
  warn(
    where,
    'unknownProp',
    `\`${name}\` is not a property, and nothing reads it. Properties: ${known.join(', ')}.`,
  );
}

function hasMembers(value: unknown, members: readonly string[]): boolean {
  return isObject(value) && members.every(member => member in value);
}

/** A bad value as an error shows it: never the text of a construct or a function. */
function describeValue(value: unknown): unknown {
  if (typeof value === 'string') return `'${value}'`;
  if (Construct.isConstruct(value)) return `the construct ${(value as IConstruct).node.path}`;
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return Token.isUnresolved(value) ? 'a token' : 'an object';
  return typeof value === 'function' ? 'a function' : value;
}
