import { Duration, Token } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { warn } from './synth-messages';
import { propError, requireGiven, type Where } from './validate';

/**
 * Kind of value that a prop accepts, such as a string. Values are checked at run time, because callers in
 * plain JavaScript can pass anything.
 */
export interface Kind {
  /** Condition after "must be" in an error message, such as "a string". */
  readonly must: string;
  readonly holds: (value: unknown) => boolean;
  readonly fix: string;
  /** Kind of value of each member, if the value is an object of options. */
  readonly members?: AnyShape;
  /** Kind of value of each item, if the value is a list. */
  readonly items?: Kind;
  /** True if the prop must be given. */
  readonly isRequired?: boolean;
}

/**
 * Map from the name of each prop to its kind of value. The compiler reports an error if a prop is missing.
 */
export type Shape<Props> = { readonly [Prop in keyof Required<Props>]: Kind };
type AnyShape = Readonly<Record<string, Kind>>;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isPlain = (value: unknown): value is object => isObject(value) && !Array.isArray(value);

export const TEXT: Kind = {
  must: 'a string',
  holds: value => typeof value === 'string',
  fix: 'Pass a string.',
};
export const NUMBER: Kind = {
  must: 'a number',
  holds: value => typeof value === 'number',
  fix: 'Pass a number without quotes, or Token.asNumber(…) for a value that is known only at deployment.',
};
/**
 * Boolean that is known at synth. A CDK token is not accepted, because the constructs branch on the value.
 */
export const BOOLEAN: Kind = {
  must: 'true or false',
  holds: value => typeof value === 'boolean',
  fix: 'Pass true or false without quotes.',
};
export const DURATION: Kind = {
  must: 'a Duration',
  holds: value => value instanceof Duration || hasMembers(value, ['toSeconds', 'isUnresolved']),
  fix: 'Pass, for example, Duration.minutes(5).',
};
/** Object with any members. The kinds of the members are not checked. */
export const OBJECT: Kind = {
  must: 'an object',
  holds: value => isPlain(value) && !Token.isUnresolved(value),
  fix: 'Pass an object such as {}.',
};
/** List of strings, or a CDK token for such a list. */
export const TEXTS: Kind = listOf(TEXT);

export function listOf(items: Kind): Kind {
  return { must: 'a list', holds: Array.isArray, fix: 'Use brackets: [ … ].', items };
}

/** Returns a copy of `kind` for a required prop. */
export function required(kind: Kind): Kind {
  return { ...kind, isRequired: true };
}

export function oneOf(name: string, choices: Readonly<Record<string, string>>): Kind {
  const values = Object.values(choices);
  return {
    must: `one of ${values.map(value => `'${value}'`).join(', ')}`,
    holds: value => typeof value === 'string' && values.includes(value),
    fix: `Pass ${Object.keys(choices)
      .map(key => `${name}.${key}`)
      .join(' or ')}.`,
  };
}

/**
 * Returns a kind that accepts any object with the given members. Does not check the class, because an
 * instance from another copy of a library must be accepted.
 */
export function instance(must: string, members: readonly string[], fix: string): Kind {
  return { must, holds: value => hasMembers(value, members), fix };
}

/**
 * Returns a kind for a prop whose value is an object of options. `members` contains the kind of each option.
 */
export function options<Props>(members: Shape<Props>): Kind {
  return {
    must: 'an object of options',
    holds: value => isPlain(value) && !Token.isUnresolved(value),
    fix: 'Pass an object such as {}, or remove it.',
    members: members as AnyShape,
  };
}

/**
 * Checks the value of each prop with the kind in `shape`. Adds a warning for an unknown prop, such as a
 * misspelled one.
 *
 * @throws if a value is of another kind, a required prop is missing, or the props are not an object
 * @throws if a prop is unknown and `where` is a class name, because only a construct can have warnings
 */
export function requireShape<Props>(where: Where, props: Props, shape: Shape<Props>, path = ''): void {
  requireMembers(where, props, shape as AnyShape, path);
}

function requireMembers(where: Where, props: unknown, shape: AnyShape, path: string): void {
  if (!isPlain(props)) {
    throw propError(where, path || 'props', 'an object', props, 'Pass an object of properties.');
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
 * Checks that the value of a prop is undefined, or is of the given kind.
 *
 * @throws if the value is of another kind
 */
export function requireKind(where: Where, prop: string, value: unknown, kind: Kind): void {
  if (value !== undefined) requireValue(where, prop, value, kind);
}

/**
 * Checks that the value of a prop is of the given kind. Undefined is invalid.
 *
 * @throws if the value is undefined or of another kind
 */
export function requireValue(where: Where, prop: string, value: unknown, kind: Kind): void {
  if (!kind.holds(value)) throw propError(where, prop, kind.must, describeValue(value), kind.fix);
  const { members, items } = kind;
  if (members) requireMembers(where, value, members, prop);
  if (items) {
    // `Array.from` turns the holes of a list such as `[1, , 3]` into undefined items. Without it, `forEach`
    // would skip the holes.
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
    `\`${name}\` is not a property and has no effect. Correct the name, or remove it. Properties: ` +
      `${known.join(', ')}.`,
  );
}

function hasMembers(value: unknown, members: readonly string[]): boolean {
  return isObject(value) && members.every(member => member in value);
}

/**
 * Describes an invalid value for an error message. Describes a list, object or function only by its kind,
 * such as `a list`. Describes a construct by its path.
 */
function describeValue(value: unknown): unknown {
  if (typeof value === 'string') return `'${value}'`;
  if (Construct.isConstruct(value)) return `the construct ${(value as IConstruct).node.path}`;
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return Token.isUnresolved(value) ? 'a token' : 'an object';
  return typeof value === 'function' ? 'a function' : value;
}
