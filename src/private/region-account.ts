import { Stack, Stage, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { propError } from './validate';

/** Region and account of a resource, as `env` of aws-cdk-lib's resources has them. */
interface Placed {
  readonly node: { readonly path: string };
  readonly env: { readonly region: string; readonly account: string };
}

/** Returns true if both are known at synth, and differ. */
export function isKnownToDiffer(one: string, other: string): boolean {
  return !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
}

/**
 * Returns true if two constructs are of one account. Stacks of no stated account are taken for one account
 * only within a stage: stages are often deployed to their own.
 */
export function sharesAccount(one: IConstruct, other: IConstruct): boolean {
  const [mine, others] = [Stack.of(one).account, Stack.of(other).account];
  if (Token.isUnresolved(mine) || Token.isUnresolved(others)) return Stage.of(one) === Stage.of(other);
  return mine === others;
}

/**
 * Requires that a resource is in the region and the account of a construct, as far as both are known at
 * synth.
 *
 * @throws if it is in another one
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

/** Requires the same of a construct that is not a resource, by the stack that it is in. */
export function requireStackPlace(where: IConstruct, prop: string, construct: IConstruct, fix: string): void {
  const { region, account } = Stack.of(construct);
  requireSamePlace(where, prop, { node: construct.node, env: { region, account } }, fix);
}
