import { Stack, Stage, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { propError } from './validate';

/** Resource with a path, a region and an account. Every resource of aws-cdk-lib has these members. */
interface Placed {
  readonly node: { readonly path: string };
  readonly env: { readonly region: string; readonly account: string };
}

/** Returns true if two regions, or two accounts, are both known at synth and are different. */
export function isKnownToDiffer(one: string, other: string): boolean {
  return !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
}

/**
 * Returns true if two constructs are in the same account. If an account is not known at synth, returns true
 * only if the constructs are in the same stage, because stages are often deployed to different accounts.
 */
export function sharesAccount(one: IConstruct, other: IConstruct): boolean {
  const [mine, others] = [Stack.of(one).account, Stack.of(other).account];
  if (Token.isUnresolved(mine) || Token.isUnresolved(others)) return Stage.of(one) === Stage.of(other);
  return mine === others;
}

/**
 * Returns true if two constructs are in one stack, or if their regions are known at synth, and their regions
 * and accounts are equal.
 */
export function isKnownToBeSamePlace(one: IConstruct, other: IConstruct): boolean {
  const [mine, others] = [Stack.of(one), Stack.of(other)];
  if (mine === others) return true;
  return !Token.isUnresolved(mine.region) && mine.region === others.region && sharesAccount(one, other);
}

/**
 * Requires that a resource is in the region and account of the stack of `where`.
 *
 * @param places members of `env` to compare. Default: `region` and `account`
 * @throws if the regions, or the accounts, are known at synth and are different
 */
export function requireSamePlace(
  where: IConstruct,
  prop: string,
  { node, env }: Placed,
  fix: string,
  places: readonly ('region' | 'account')[] = ['region', 'account'],
): void {
  for (const place of places) {
    const ours = Stack.of(where)[place];
    if (!isKnownToDiffer(env[place], ours)) continue;
    throw propError(
      where,
      prop,
      `in the ${place} of the stack (${ours})`,
      `${node.path} in ${env[place]}`,
      fix,
    );
  }
}

/** Requires that the stack of `construct` has the same region and account as the stack of `where`. */
export function requireStackPlace(where: IConstruct, prop: string, construct: IConstruct, fix: string): void {
  const { region, account } = Stack.of(construct);
  requireSamePlace(where, prop, { node: construct.node, env: { region, account } }, fix);
}
