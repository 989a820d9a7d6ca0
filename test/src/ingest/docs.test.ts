import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { REPOSITORY } from '../../support/run';

/** Runs the code example below a heading of docs/ingest.md. Returns the app that it creates. */
async function exampleOf(heading: string): Promise<App> {
  const section = readFileSync(path.join(REPOSITORY, 'docs', 'ingest.md'), 'utf8').split(
    `### ${heading}\n`,
  )[1];
  const code = /^```ts\n([\s\S]*?)^```$/m.exec(section)?.[1] ?? '';
  const folder = path.join(REPOSITORY, 'build', 'docs-ingest');
  const file = path.join(folder, 'example.ts');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${code}\nexport { app };\n`);
  try {
    return ((await import(file)) as { app: App }).app;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('the example of docs/ingest.md sends events of a second account to the bus that the ingest reads', async () => {
  const app = await exampleOf('Events of another account');
  const [analytics, orders] = ['Analytics', 'Orders'].map(id =>
    Template.fromStack(app.node.findChild(id) as Stack),
  );

  analytics.hasResourceProperties('AWS::Events::EventBusPolicy', {
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: { 'Fn::Join': ['', Match.arrayWith([':iam::222222222222:root'])] } },
      Action: 'events:PutEvents',
      Condition: { StringEquals: { 'events:detail-type': 'TokenUsage' } },
    },
  });
  analytics.hasResourceProperties('AWS::Events::Rule', {
    EventBusName: { Ref: Match.stringLikeRegexp('^Usage') },
    EventPattern: { 'detail-type': ['TokenUsage'] },
  });
  const bus = 'arn:aws:events:us-east-1:111111111111:event-bus/token-usage';
  orders.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: { 'account': ['222222222222'], 'detail-type': ['TokenUsage'] },
    Targets: [Match.objectLike({ Arn: bus, RoleArn: Match.anyValue() })],
  });
  orders.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [{ Effect: 'Allow', Action: 'events:PutEvents', Resource: bus }],
    },
  });
});
