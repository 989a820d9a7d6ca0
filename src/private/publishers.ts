import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { atSynth, warn } from './synth-messages';
import { OTHER } from '../contract';

/** Construct, such as TokenAnalytics, that configures programs to publish metrics. */
export interface Publisher {
  readonly scope: IConstruct;
  readonly namespace: string;
  /** True if the programs publish at detail level `standard`, which includes latency and total tokens. */
  readonly isStandard: boolean;
  /**
   * Agents whose names become dimension values. The runtime counts all other agents under `Other`. Undefined
   * if every agent name becomes a dimension value.
   */
  readonly agents?: readonly string[];
}

/** Publishers of each app. The key is the root construct of the app. */
const PUBLISHERS = new WeakMap<IConstruct, Publisher[]>();

export function addPublisher(publisher: Publisher): void {
  const { root } = publisher.scope.node;
  PUBLISHERS.set(root, [...(PUBLISHERS.get(root) ?? []), publisher]);
}

/**
 * At synth, passes all publishers with the given `namespace` to `check`. If all publishers use other
 * namespaces, adds a warning. If `scope` is inside a publisher such as TokenAnalytics, does nothing.
 *
 * @param check called only if at least one publisher uses the namespace
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
      `\`namespace\`: no TokenAnalytics of the app publishes in ${namespace}, only in ` +
        `${[...new Set(all.map(each => each.namespace))].join(', ')}. Unless another program publishes in it, there ` +
        'is no data. Pass one of these namespaces.',
    );
  });
}

/**
 * Adds a warning if every publisher has a list `agents` without `agentId`. The runtime counts such an agent
 * under `Other`.
 */
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
