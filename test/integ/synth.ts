import type { App } from 'aws-cdk-lib';
import type { CloudArtifact, CloudAssembly, CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';

/** Ids of infos that every app has: the estimated monthly cost, and alarms without actions. */
const USUAL: readonly string[] = [
  'cdk-token-analytics:estimatedMonthlyCost',
  'cdk-token-analytics:noAlarmActions',
];
/** Matches the id at the end of an annotation message. */
const ACKNOWLEDGED_BY = /\[ack: ([^\]]+)\]\s*$/;

/** Result of the synthesis: all stacks of an app, and the ids of its warnings and infos. */
export interface Synthesised {
  readonly stacks: readonly CloudFormationStackArtifact[];
  readonly warnings: readonly string[];
  /** Ids of infos, except those that every app has. */
  readonly infos: readonly string[];
  /** Texts of the warnings, in the order of `warnings`. */
  readonly texts: readonly string[];
}

/** Synthesises an app. Includes the stacks of its stages. */
export function synthesise(app: App): Synthesised {
  const stacks = stacksOf(app.synth());
  const messages = stacks.flatMap(stack => stack.messages as CloudArtifact['messages']);
  const texts = (level: string) =>
    messages.filter(message => message.level === level).map(({ entry }) => String(entry.data));
  const idOf = (text: string) => ACKNOWLEDGED_BY.exec(text)?.[1] ?? text;
  return {
    stacks,
    warnings: texts('warning').map(idOf),
    texts: texts('warning'),
    infos: texts('info')
      .map(idOf)
      .filter(id => !USUAL.includes(id)),
  };
}

function stacksOf(assembly: CloudAssembly): CloudFormationStackArtifact[] {
  return [
    ...assembly.stacks,
    ...assembly.nestedAssemblies.flatMap(({ nestedAssembly }) => stacksOf(nestedAssembly)),
  ];
}
