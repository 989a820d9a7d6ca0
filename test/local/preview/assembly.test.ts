import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Aws, CfnParameter, Duration, Fn, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { readDashboards } from '../../../local/preview/assembly';
import { TokenAnalyticsDashboard } from '../../../src';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-assembly-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

function synth(build: (app: App) => void, context?: Record<string, unknown>): string {
  const dir = path.join(scratch, 'cdk.out');
  const app = new App({ outdir: dir, analyticsReporting: false, context });
  build(app);
  app.synth();
  return dir;
}

const text = (markdown: string) => new cloudwatch.TextWidget({ markdown });
const markdownOf = ({ widgets }: { widgets: readonly { properties: Readonly<Record<string, unknown>> }[] }) =>
  widgets.map(({ properties }) => properties.markdown);

describe('readDashboards', () => {
  test.each([true, false])(
    'finds the dashboards of stacks, stages and nested stacks, resolved for their environment, with asset metadata: %s',
    async metadata => {
      const dir = synth(
        app => {
          const env = { account: '111122223333', region: 'eu-central-1' };
          const stack = new Stack(app, 'Plain', { env });
          new cloudwatch.Dashboard(stack, 'Board', {
            dashboardName: `Board-${Aws.REGION}`,
            widgets: [[text(`${Aws.ACCOUNT_ID} ${Aws.PARTITION} ${stack.stackName}`)]],
          });
          const nested = new NestedStack(stack, 'Nested', { parameters: { Team: `team ${Aws.REGION}` } });
          new CfnParameter(nested, 'Team');
          new cloudwatch.Dashboard(nested, 'Inner', {
            widgets: [[text(Fn.join(' ', ['of', Fn.ref('Team')]))]],
          });
          const stage = new Stage(app, 'Prod', { env: { region: 'cn-north-1' } });
          new TokenAnalyticsDashboard(new Stack(stage, 'Analytics'), 'Dashboard');
          new Stack(app, 'Empty');
        },
        { 'aws:cdk:enable-asset-metadata': metadata },
      );

      const { dashboards, notes } = await readDashboards({ dir, region: 'us-west-2' });

      const byName = new Map(dashboards.map(({ name, ...dashboard }) => [name, dashboard]));
      expect(markdownOf(byName.get('Board-eu-central-1')?.body ?? { widgets: [] })).toEqual([
        '111122223333 aws Plain',
      ]);
      expect(dashboards.map(({ stack }) => stack).sort()).toEqual([
        expect.stringMatching(/^Plain$/),
        expect.stringMatching(/^Plain\/Nested/),
        'Prod/Analytics',
      ]);
      expect(byName.get('OPX-Token-Analytics')?.body.widgets).toHaveLength(6);
      expect(byName.get('OPX-Token-Analytics')?.body.widgets[0].properties.region).toBe('cn-north-1');
      expect(
        markdownOf(dashboards.find(({ stack }) => stack.startsWith('Plain/'))?.body ?? { widgets: [] }),
      ).toEqual(['of team eu-central-1']);
      expect(new Set(dashboards.map(({ id }) => id)).size).toBe(3);
      expect(notes).toEqual([]);
    },
  );

  test('uses the requested region for a stack without a region', async () => {
    const dir = synth(app => {
      new cloudwatch.Dashboard(new Stack(app, 'Anywhere'), 'Board', {
        widgets: [[text(`in ${Aws.REGION} ${Aws.ACCOUNT_ID}`)]],
      });
    });

    const { dashboards } = await readDashboards({ dir, region: 'ap-south-1' });

    expect(markdownOf(dashboards[0].body)).toEqual(['in ap-south-1 123456789012']);
  });

  test('lists the alarms of the template by the ARN in a widget', async () => {
    const dir = synth(app => {
      const stack = new Stack(app, 'Alarms');
      const alarm = new cloudwatch.Metric({
        namespace: 'N',
        metricName: 'M',
        period: Duration.hours(1),
      }).createAlarm(stack, 'Alarm', { threshold: 7, evaluationPeriods: 1 });
      new cloudwatch.Dashboard(stack, 'Board', { widgets: [[new cloudwatch.AlarmWidget({ alarm })]] });
    });

    const {
      dashboards: [{ body, alarms }],
    } = await readDashboards({ dir });

    const [arn] = (body.widgets[0].properties.annotations as { alarms: string[] }).alarms;
    expect(alarms.get(arn)).toEqual(expect.objectContaining({ Threshold: 7, MetricName: 'M' }));
  });

  test('shows a placeholder for a value known only at deployment, with a note', async () => {
    const dir = synth(app => {
      const stack = new Stack(app, 'Late');
      new cloudwatch.Dashboard(stack, 'Board', {
        dashboardName: 'Late',
        widgets: [[text(`from ${Fn.importValue('Elsewhere')}`)]],
      });
    });

    const { dashboards, notes } = await readDashboards({ dir });

    expect(markdownOf(dashboards[0].body)).toEqual([
      'from the intrinsic function Fn::ImportValue is unknown',
    ]);
    expect(notes).toEqual([
      expect.stringMatching(
        /^In Board\w+ of Late, the intrinsic function Fn::ImportValue .* only at deployment\.$/,
      ),
    ]);
  });

  test('returns the readable dashboards, and a note for one that cannot be read', async () => {
    const dir = synth(app => {
      const stack = new Stack(app, 'Some');
      new cloudwatch.Dashboard(stack, 'Good', { dashboardName: 'Good' });
      new cloudwatch.CfnDashboard(stack, 'Bad', { dashboardBody: 'no JSON' });
    });

    const { dashboards, notes } = await readDashboards({ dir });

    expect(dashboards.map(({ name }) => name)).toEqual(['Good']);
    expect(notes).toEqual(['Bad of Some cannot be read: the DashboardBody must be a JSON object.']);
  });

  test('reads templates without a cloud assembly manifest', async () => {
    const body = JSON.stringify({ widgets: [] });
    writeFileSync(
      path.join(scratch, 'Alone.template.json'),
      JSON.stringify({
        Resources: { B: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: body } } },
      }),
    );

    expect((await readDashboards({ dir: scratch })).dashboards).toEqual([
      expect.objectContaining({ id: 'Alone/B', name: 'B', stack: 'Alone' }),
    ]);
  });

  test.each([
    [
      'does not exist',
      () => path.join('/nowhere', 'cdk.out'),
      'there is no synthesised app in /nowhere/cdk.out. Run cdk synth',
    ],
    ['is empty', () => scratch, 'there is no synthesised app in'],
    ['has no dashboard', () => synth(app => void new Stack(app, 'Empty')), 'there is no dashboard in'],
    [
      'has a broken template',
      () => {
        mkdirSync(path.join(scratch, 'broken'));
        writeFileSync(path.join(scratch, 'broken', 'X.template.json'), '{');
        return path.join(scratch, 'broken');
      },
      'X.template.json cannot be read',
    ],
  ])('explains what to do if the folder %s', async (_name, dirOf, message) => {
    await expect(readDashboards({ dir: dirOf() })).rejects.toThrow(message);
  });
});
