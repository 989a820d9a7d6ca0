import type { App } from 'aws-cdk-lib';
import type { CloudArtifact, CloudAssembly, CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';

/** Ids of two info messages that every app with TokenAnalytics shows. Tests do not compare them. */
const USUAL: readonly string[] = [
  'cdk-token-analytics:estimatedMonthlyCost',
  'cdk-token-analytics:noAlarmActions',
];
/** Pattern of the id at the end of a CDK warning or info message, e.g. `[ack: cdk-token-analytics:grant]`. */
const ACKNOWLEDGED_BY = /\[ack: ([^\]]+)\]\s*$/;

/** Result of an app's synthesis: its stacks, and the ids of its warnings and info messages. */
export interface Synthesised {
  readonly stacks: readonly CloudFormationStackArtifact[];
  readonly warnings: readonly string[];
  /** Ids of the info messages, except those in `USUAL`. */
  readonly infos: readonly string[];
  /** Texts of the warnings, in the same order as their ids in `warnings`. */
  readonly texts: readonly string[];
}

/** Synthesises an app. The result includes the stacks of its CDK stages. */
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
