import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { TokenAnalytics, TokenAnalyticsLayer } from '../../../src';

const PROGRAM = `
  const { TokenTracker } = require('cdk-token-analytics/runtime');
  const usage = { uncachedInputTokens: 3702, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, outputTokens: 1701, source: 'usage', partial: false };
  const tracker = new TokenTracker({ sink: 'emf', tableName: 'Traces', endpoint: 'http://127.0.0.1:9', region: 'us-east-1', flushTimeoutMs: 200 });
  console.error(tracker.record({ modelId: 'amazon.nova-micro-v1:0', usage }).cost.usd);
  // The late modules are found, too: the table cannot be reached, so the trace is spilled to the log.
  tracker.flush();`;

test('finds the complete runtime in a function with the layer and no bundle', () => {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  const layer = new TokenAnalyticsLayer(stack, 'Layer');
  const fn = new lambda.Function(stack, 'Agent', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('0'),
  });
  new TokenAnalytics(stack, 'TokenAnalytics', { dailyBudget: 10 }).instrument(fn, {
    agentId: 'triage',
    layer,
  });

  const { directory } = app.synth();

  Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
    Layers: [{ Ref: stack.getLogicalId(layer.node.defaultChild as lambda.CfnLayerVersion) }],
  });
  const [asset, ...others] = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(file =>
    file.endsWith(path.join('cdk-token-analytics', 'package.json')),
  );
  expect(others).toEqual([]);
  // Folder of the layer's packages. In Lambda, it is in NODE_PATH.
  const root = path.join(directory, asset, '..', '..');
  const output = execFileSync(process.execPath, ['-e', `(async () => {${PROGRAM}})()`], {
    encoding: 'utf8',
    cwd: '/',
    env: { NODE_PATH: root, NODE_NO_WARNINGS: '1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(
    output
      .split('\n')
      .filter(line => line !== '')
      .map(line => Object.keys(JSON.parse(line) as object)[0]),
  ).toEqual(['_aws', 'TraceSpill', '_aws']);
  rmSync(directory, { recursive: true });
});

describe('a function with the layer', () => {
  const instrumented = (props: Pick<lambda.FunctionProps, 'runtime' | 'handler' | 'code'>) => {
    const stack = new Stack(new App(), 'Stack');
    const layer = new TokenAnalyticsLayer(stack, 'Layer');
    const fn = new lambda.Function(stack, 'Agent', props);
    new TokenAnalytics(stack, 'Analytics', { dailyBudget: 10 }).instrument(fn, { agentId: 'triage', layer });
    return Template.fromStack(stack);
  };
  const code = lambda.Code.fromInline('0');

  test.each([lambda.Runtime.NODEJS_22_X, lambda.Runtime.NODEJS_24_X])(
    'a function with the layer can be of %s',
    runtime => {
      instrumented({ runtime, handler: 'index.handler', code }).hasResourceProperties(
        'AWS::Lambda::Function',
        {
          Runtime: runtime.name,
          Layers: Match.anyValue(),
        },
      );
    },
  );

  test('a function with the layer cannot have a runtime that the layer does not list', () => {
    const runtime = lambda.Runtime.NODEJS_20_X;

    expect(() => instrumented({ runtime, handler: 'index.handler', code })).toThrow(
      '[Stack/Analytics] `layer` must be compatible with the runtime of the function (nodejs22.x, nodejs24.x), ' +
        'got: Stack/Layer for Stack/Agent with nodejs20.x. ',
    );
  });

  test('a function with the layer cannot be a container image', () => {
    const repository = ecr.Repository.fromRepositoryName(new Stack(), 'Images', 'agents');

    expect(() =>
      instrumented({
        runtime: lambda.Runtime.FROM_IMAGE,
        handler: lambda.Handler.FROM_IMAGE,
        code: lambda.Code.fromEcrImage(repository),
      }),
    ).toThrow(
      '[Stack/Analytics] `layer` must be omitted for a container image, got: Stack/Layer for Stack/Agent with a ' +
        'container image. ',
    );
  });
});
