import { type App, Duration, type Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { bundle } from './bundle';
import { QuickStartStack } from '../../../examples/quick-start/stack';
import { APPS } from '../../integ/apps';

/** Source of the quick start's agent. It makes the model calls in its event. */
const AGENT = "export * from './examples/quick-start/agent';";

/** Endpoint of a Bedrock emulator, as an environment variable of a function. */
const bedrockVariable = (endpoint: string) => ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', endpoint] as const;

/** Builds the quick start. Its agent calls the models of a Bedrock emulator. */
export function quickStart(app: App, bedrockEndpoint: string): void {
  const stack = new QuickStartStack(app, 'QuickStart', { agentCode: bundle(app, 'agent', AGENT) });
  (stack.node.findChild('Agent') as lambda.Function).addEnvironment(...bedrockVariable(bedrockEndpoint));
}

/** Builds the app with every feature. Its agents call the models of a Bedrock emulator. */
export function everything(app: App, bedrockEndpoint: string, dailyBudget?: number): void {
  const environment = Object.fromEntries([bedrockVariable(bedrockEndpoint)]);
  APPS.everything(app, { agent: (scope, id) => agentFunction(scope, id, environment), dailyBudget });
}

/**
 * Creates a function with the agent of the quick start. It makes the model calls in its event.
 *
 * @param environment further environment variables, e.g. the endpoint of a Bedrock emulator
 */
export function agentFunction(
  scope: Stack,
  id: string,
  environment: Readonly<Record<string, string>>,
): lambda.Function {
  return new lambda.Function(scope, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(bundle(scope, 'agent', AGENT)),
    timeout: Duration.minutes(1),
    environment,
  });
}
