import type { App } from 'aws-cdk-lib';
import type { CloudArtifact, CloudAssembly, CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';

/** Ids of the infos of every app: the monthly estimate, and alarms without actions. */
const USUAL: readonly string[] = [
  'cdk-token-analytics:estimatedMonthlyCost',
  'cdk-token-analytics:noAlarmActions',
];
/** Suffix of an annotation message with its id. */
const ACKNOWLEDGED_BY = /\[ack: ([^\]]+)\]\s*$/;

/** Ids of the warnings and infos of an app, and all of its stacks. */
export interface Synthesised {
  readonly stacks: readonly CloudFormationStackArtifact[];
  readonly warnings: readonly string[];
  /** Ids except those of every app. */
  readonly infos: readonly string[];
  /** Texts of the warnings, in the same order. */
  readonly texts: readonly string[];
}

/** Synthesises an app with the stacks of its stages. */
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
