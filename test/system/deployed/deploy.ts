import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { App, Aspects, CfnResource } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { ACCOUNT, CDK, type MiniStack, REGION } from './ministack';
import { runOk } from '../../support/run';

const QUIET = ['--no-notices', '--no-color', '--ci'];
const NEVER_ASK = ['--require-approval', 'never'];
/**
 * Alarm of one metric, which is deployed in place of alarms that MiniStack does not support. The metric does
 * not exist, so the alarm never fires.
 */
const PLAIN_ALARM = {
  MetricName: 'Unsupported',
  Namespace: 'MiniStack',
  Statistic: 'Sum',
  Period: 300,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
};
/** Properties of alarms with metric math and of composite alarms. */
const UNSUPPORTED = ['Metrics', 'ThresholdMetricId', 'AlarmRule'];

/** Outputs of the deployed stacks, by stack and name. */
export type Outputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Runs the command `cdk` against MiniStack. Returns its output. */
function cdk(ministack: MiniStack, ...args: readonly string[]): Promise<string> {
  return runOk(CDK, [...args, ...QUIET], {
    env: { ...ministack.environment, CDK_DISABLE_CLI_TELEMETRY: '1' },
  });
}

export function bootstrap(ministack: MiniStack): Promise<string> {
  return cdk(ministack, 'bootstrap', `aws://${ACCOUNT}/${REGION}`);
}

/** Deploys all stacks of an app with the command `cdk deploy`. Returns their outputs. */
export async function deploy(ministack: MiniStack, build: (app: App) => unknown): Promise<Outputs> {
  return withAssembly(ministack, build, async folder => {
    const outputs = path.join(folder, 'outputs.json');
    await cdk(ministack, 'deploy', '--all', '--app', folder, ...NEVER_ASK, '--outputs-file', outputs);
    return JSON.parse(readFileSync(outputs, 'utf8')) as Outputs;
  });
}

/** Deletes all stacks of an app with the command `cdk destroy`. */
export async function destroy(ministack: MiniStack, build: (app: App) => unknown): Promise<void> {
  await withAssembly(ministack, build, folder =>
    cdk(ministack, 'destroy', '--all', '--app', folder, '--force'),
  );
}

/** Synthesizes an app into a folder of MiniStack, so that a killed test leaves no folder behind. */
async function withAssembly<Result>(
  ministack: MiniStack,
  build: (app: App) => unknown,
  act: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(path.join(ministack.folder, 'app-'));
  try {
    const app = new App({ outdir: folder, analyticsReporting: false });
    build(app);
    Aspects.of(app).add({ visit: replaceUnsupported });
    app.synth();
    return await act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Replaces what MiniStack cannot deploy. Alarms with metric math and composite alarms become alarms of one
 * metric, so that references to them stay valid. An `AWS::Budgets::Budget` is removed.
 */
function replaceUnsupported(node: IConstruct): void {
  if (!CfnResource.isCfnResource(node)) return;
  if (node.cfnResourceType === 'AWS::Budgets::Budget') node.node.scope?.node.tryRemoveChild(node.node.id);
  const hasMath = node instanceof cloudwatch.CfnAlarm && node.metrics !== undefined;
  if (!hasMath && !(node instanceof cloudwatch.CfnCompositeAlarm)) return;
  node.addOverride('Type', 'AWS::CloudWatch::Alarm');
  for (const name of UNSUPPORTED) node.addPropertyDeletionOverride(name);
  for (const [name, value] of Object.entries(PLAIN_ALARM)) node.addPropertyOverride(name, value);
}
