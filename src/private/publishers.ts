import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { atSynth, warn } from './synth-messages';
import { OTHER } from '../contract';

/** Construct that has programs publish metrics. */
export interface Publisher {
  readonly scope: IConstruct;
  readonly namespace: string;
  /** True if latency and total tokens are published. */
  readonly isStandard: boolean;
  /** Agents that become dimension values; undefined if any may. */
  readonly agents?: readonly string[];
}

/** Publishers of each app. */
const PUBLISHERS = new WeakMap<IConstruct, Publisher[]>();

export function addPublisher(publisher: Publisher): void {
  const { root } = publisher.scope.node;
  PUBLISHERS.set(root, [...(PUBLISHERS.get(root) ?? []), publisher]);
}

/**
 * Compares alarms or a dashboard that stand alone with those who publish in the app, when it is synthesised.
 * Parts of a publisher are compared by the publisher itself.
 *
 * @param check compares with the publishers of the namespace, of which there is at least one
 */
export function compareWithPublishers(
  scope: IConstruct,
  namespace: string,
  check: (publishers: readonly Publisher[]) => void,
): void {
  atSynth(scope, () => {
    const all = PUBLISHERS.get(scope.node.root) ?? [];
    if (all.length === 0 || all.some(publisher => scope.node.scopes.includes(publisher.scope))) return;
    if (Token.isUnresolved(namespace) || all.some(each => Token.isUnresolved(each.namespace))) return;
    const same = all.filter(each => each.namespace === namespace);
    if (same.length > 0) {
      check(same);
      return;
    }
    warn(
      scope,
      'namespace',
      `\`namespace\`: no TokenAnalytics of the app publishes in ${namespace}, but in ` +
        `${[...new Set(all.map(each => each.namespace))].join(', ')}. If nobody else does, nothing is ever shown.`,
    );
  });
}

/** Warns of an agent that no publisher of the namespace counts under its own name. */
export function warnOfUnlistedAgent(
  scope: IConstruct,
  prop: string,
  agentId: string,
  publishers: readonly Publisher[],
): void {
  if (agentId === OTHER || Token.isUnresolved(agentId)) return;
  if (publishers.some(({ agents }) => agents === undefined || agents.includes(agentId))) return;
  warn(
    scope,
    'unlistedAgent',
    `\`${prop}\`: ${agentId} is not one of \`agents\` of TokenAnalytics, and is counted under ${OTHER}. Add it there.`,
  );
}
