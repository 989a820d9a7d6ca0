import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';

/** Account and region of the stack `S` in which a check runs. */
export const HERE = { account: '111122223333', region: 'us-east-1' };
/** Environment with the account of `HERE`, and another region. */
export const ELSEWHERE = { ...HERE, region: 'eu-west-1' };

/** Error, warning or info of an app. */
export interface Outcome {
  readonly kind: 'error' | 'warning' | 'info';
  /** Text of an error. For a warning or an info, its id, e.g. `grant`. */
  readonly text: string;
}

/** Builds an app and synthesises it. Returns the error, or all warnings and infos of this library. */
export function outcomesOf(build: (stack: Stack) => void): Outcome[] {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, 'S', { env: HERE });
  try {
    build(stack);
    app.synth();
  } catch (error) {
    return [{ kind: 'error', text: error instanceof Error ? error.message : String(error) }];
  }
  return app.node.children.filter(Stack.isStack).flatMap(noticesOf);
}

function noticesOf(stack: Stack): Outcome[] {
  const annotations = Annotations.fromStack(stack);
  const all = Match.anyValue();
  const idIn = (data: unknown) => /\[ack: cdk-token-analytics:(\w+)\]/.exec(String(data))?.[1];
  const found = [
    ...annotations
      .findWarning('*', all)
      .map(({ entry }) => ({ kind: 'warning' as const, text: idIn(entry.data) })),
    ...annotations.findInfo('*', all).map(({ entry }) => ({ kind: 'info' as const, text: idIn(entry.data) })),
  ];
  return found.flatMap(({ kind, text }) => (text === undefined ? [] : [{ kind, text }]));
}
