import {
  App,
  CfnParameter,
  NestedStack,
  RemovalPolicies,
  Stack,
  type StackProps,
  Stage,
  type StageProps,
  Tags,
} from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { CodePipeline, CodePipelineSource, ShellStep } from 'aws-cdk-lib/pipelines';
import type { Synthesised } from './synth';
import {
  BudgetAlertLambda,
  DashboardSection,
  type ITokenTraceTable,
  TokenAnalytics,
  TokenAnalyticsAlarms,
  TokenAnalyticsDashboard,
  TokenAnalyticsLayer,
  type TokenAnalyticsProps,
  TokenTraceTable,
} from '../../src';
import { WARNS_OF_STRONG_REFERENCES } from '../support/cdk-features';
import { cyclesIn } from '../support/template-cycles';

/** Test case: an app that uses the library in some way, and the expected result of its synthesis. */
export interface Pattern {
  readonly context?: Readonly<Record<string, unknown>>;
  /** Adds stacks and constructs to the app. The result is passed to `shows` as `built`. */
  readonly build: (app: App) => unknown;
  /** Texts in the expected error of `build` or of the synthesis. Undefined if no error is expected. */
  readonly error?: readonly string[];
  /** Expected ids of warnings, without duplicates. Ids of this library are given without their prefix. */
  readonly warnings?: readonly string[];
  /** Returns the part of the result that must equal `shown`. */
  readonly shows?: (result: Synthesised, built: unknown) => unknown;
  readonly shown?: unknown;
}

const ENV = { account: '111122223333', region: 'us-east-1' };
const ELSEWHERE = { account: '111122223333', region: 'eu-central-1' };
const FOREIGN = { account: '999999999999', region: 'us-east-1' };

/**
 * Ids of the warnings that aws-cdk-lib adds if a stack refers to a resource in another stack. Early versions
 * add none.
 */
const STRONG_REFERENCES = WARNS_OF_STRONG_REFERENCES
  ? ['@aws-cdk/core:crossStackReferencesDefaultStrong']
  : [];

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}
interface Statement {
  readonly Action: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

const stackIn = (app: App, id = 'S', props: StackProps = { env: ENV }) => new Stack(app, id, props);
const analyticsIn = (stack: Stack, props: Partial<TokenAnalyticsProps> = {}, id = 'A') =>
  new TokenAnalytics(stack, id, { dailyBudget: 10, ...props });
const importedIn = (stack: Stack, tableArn: string | undefined) =>
  TokenAnalytics.fromTokenAnalyticsAttributes(stack, 'Shared', { tableArn });
const functionIn = (stack: Stack, props: Partial<lambda.FunctionProps> = {}, id = 'Fn') =>
  new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
    ...props,
  });
const pythonIn = (stack: Stack) =>
  functionIn(stack, { runtime: lambda.Runtime.PYTHON_3_13, code: lambda.Code.fromInline('x=1') }, 'Py');
const imageIn = (stack: Stack) =>
  new lambda.DockerImageFunction(stack, 'Im', {
    code: lambda.DockerImageCode.fromEcr(ecr.Repository.fromRepositoryName(stack, 'Images', 'images')),
  });
const numberIn = (stack: Stack) => new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
const textIn = (stack: Stack) => new CfnParameter(stack, 'Text', { type: 'String' }).valueAsString;

/**
 * Returns the `build` of a pattern with one stack. In this stack, TokenAnalytics instruments the Lambda
 * function that `make` creates.
 */
const instrumented =
  (
    make: (stack: Stack) => lambda.IFunction,
    options: (stack: Stack) => { readonly agentId: string; readonly layer?: lambda.ILayerVersion } = () => ({
      agentId: 'a',
    }),
    props: (stack: Stack) => Partial<TokenAnalyticsProps> = () => ({}),
  ) =>
  (app: App) => {
    const stack = stackIn(app);
    analyticsIn(stack, props(stack)).instrument(make(stack), options(stack));
  };
const withLayer = (stack: Stack) => ({ agentId: 'a', layer: new TokenAnalyticsLayer(stack, 'L') });

function resources({ stacks }: Synthesised, type = ''): [id: string, resource: Resource][] {
  return stacks
    .flatMap(({ template }) =>
      Object.entries((template as { Resources?: Record<string, Resource> }).Resources ?? {}),
    )
    .filter(([, resource]) => resource.Type.includes(type));
}

const propertiesOf = (result: Synthesised, type: string) =>
  resources(result, type).map(([, { Properties = {} }]) => Properties);
const typesOf = (result: Synthesised) =>
  resources(result)
    .map(([, { Type }]) => Type.replace('AWS::', ''))
    .sort();
const dashboardNames = (result: Synthesised) =>
  propertiesOf(result, 'CloudWatch::Dashboard').map(({ DashboardName }) => DashboardName as string);

/** Returns the dependencies of each stack, as a map from stack id to stack ids. */
const dependencies = ({ stacks }: Synthesised) =>
  Object.fromEntries(
    stacks.map(({ id, dependencies: on }) => [
      id,
      on.map(artifact => artifact.id).filter(other => stacks.some(stack => stack.id === other)),
    ]),
  );

/** Returns the environment variables of each instrumented function. */
const variables = (result: Synthesised) =>
  propertiesOf(result, 'Lambda::Function')
    .map(
      ({ Environment }) =>
        (Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables ?? {},
    )
    .filter(names => 'TOKEN_ANALYTICS_AGENT_ID' in names);
const agents = (result: Synthesised) => variables(result).map(names => names.TOKEN_ANALYTICS_AGENT_ID);

function statements(document: unknown): Statement[] {
  return (document as { Statement: Statement[] }).Statement;
}

/** Pattern of a CDK token in a template: a number such as -1.888e+289, or a text such as `${Token[…]}`. */
const TOKEN_IN_TEMPLATE = /-1\.888\d+e\+?289|\$\{Token\[/;
const leakedTokens = ({ stacks }: Synthesised) =>
  stacks.filter(({ template }) => TOKEN_IN_TEMPLATE.test(JSON.stringify(template))).map(({ id }) => id);

/** Returns the IAM actions of the JSON statements in the warnings. */
const actionsToAdd = ({ texts }: Synthesised) =>
  texts
    .flatMap(text => /\{.*\}/.exec(text)?.[0] ?? [])
    .map(json => (JSON.parse(json) as Statement).Action)
    .sort();

function stagesWith(app: App, props: StageProps): void {
  for (const name of ['Dev', 'Prod']) {
    const stage = new Stage(app, name, props);
    analyticsIn(new Stack(stage, 'Svc'), { namespace: `OPX/Analytics/${name}` });
  }
}

export const PATTERNS: Readonly<Record<string, Pattern>> = {
  pipelines: {
    build: app => {
      const stack = stackIn(app, 'Pipe');
      const pipeline = new CodePipeline(stack, 'P', {
        synth: new ShellStep('S', {
          input: CodePipelineSource.codeCommit(
            codecommit.Repository.fromRepositoryName(stack, 'R', 'r'),
            'main',
          ),
          commands: ['npx cdk synth'],
        }),
      });
      for (const name of ['Dev', 'Prod']) {
        const stage = new Stage(app, name, { env: ENV });
        const service = new Stack(stage, 'Svc');
        analyticsIn(service, { namespace: `OPX/Analytics/${name}` }).instrument(functionIn(service), {
          agentId: 'a',
        });
        pipeline.addStage(stage);
      }
    },
    warnings: ['@aws-cdk/aws-codepipeline:unspecifiedPipelineType'],
    // Both stages deploy to one account, so the two dashboards need different names.
    shows: result => new Set(dashboardNames(result)).size,
    shown: 2,
  },
  stagesNoEnv: {
    build: app => stagesWith(app, {}),
    shows: dashboardNames,
    shown: ['OPX-Dev-Token-Analytics', 'OPX-Prod-Token-Analytics'],
  },
  twoStacks: {
    build: app => {
      for (const id of ['A', 'B']) analyticsIn(stackIn(app, id), { namespace: `OPX/Analytics/${id}` });
    },
    shows: result => new Set(dashboardNames(result)).size,
    shown: 2,
  },
  nested: {
    build: app => {
      const parent = stackIn(app, 'P');
      const nested = new NestedStack(parent, 'N');
      analyticsIn(nested).instrument(functionIn(parent), { agentId: 'a' });
    },
    shows: result => ({
      agents: agents(result),
      cycles: result.stacks.flatMap(({ template }) => cyclesIn(template as object)),
    }),
    shown: { agents: ['a'], cycles: [] },
  },
  crossStackAnalyticsFirst: {
    build: app => {
      const [forAnalytics, forFunction] = [stackIn(app, 'An'), stackIn(app, 'Fn')];
      analyticsIn(forAnalytics, { budgetAlertOptions: { enabled: true } }).instrument(
        functionIn(forFunction),
        {
          agentId: 'a',
        },
      );
    },
    warnings: STRONG_REFERENCES,
    shows: dependencies,
    shown: { An: [], Fn: ['An'] },
  },
  crossStackFnFirst: {
    build: app => {
      const [forFunction, forAnalytics] = [stackIn(app, 'Fn'), stackIn(app, 'An')];
      const fn = functionIn(forFunction);
      const logGroups = [new logs.LogGroup(forFunction, 'LG')];
      analyticsIn(forAnalytics, {
        alarmsOptions: { emfErrors: { logGroups } },
        dashboardOptions: { sections: [DashboardSection.reliability({ logGroups })] },
      }).instrument(fn, { agentId: 'a' });
    },
    warnings: STRONG_REFERENCES,
    shows: dependencies,
    shown: { Fn: ['An'], An: [] },
  },
  importedInOtherRegion: {
    build: app => {
      const stack = stackIn(app, 'Fn', { env: ELSEWHERE });
      importedIn(stack, 'arn:aws:dynamodb:us-east-1:111122223333:table/t').instrument(functionIn(stack), {
        agentId: 'a',
      });
    },
    shows: result => variables(result).map(names => names.TOKEN_ANALYTICS_TABLE),
    shown: ['arn:aws:dynamodb:us-east-1:111122223333:table/t'],
  },
  importedFromOtherAccount: {
    build: app => {
      const stack = stackIn(app);
      importedIn(stack, 'arn:aws:dynamodb:us-east-1:999999999999:table/t').instrument(functionIn(stack), {
        agentId: 'a',
      });
    },
    warnings: ['foreignTable'],
    shows: actionsToAdd,
    shown: ['dynamodb:BatchWriteItem'],
  },
  importedAcrossRegions: {
    build: app => {
      const forAnalytics = stackIn(app, 'An', { env: ENV, crossRegionReferences: true });
      const stack = stackIn(app, 'Fn', { env: ELSEWHERE, crossRegionReferences: true });
      importedIn(stack, analyticsIn(forAnalytics).traceTable?.tableArn).instrument(functionIn(stack), {
        agentId: 'a',
      });
    },
    warnings: STRONG_REFERENCES,
    shows: result => ({
      dependencies: dependencies(result),
      // The name alone would be that of a table in the region of the function.
      isName: JSON.stringify(variables(result)[0].TOKEN_ANALYTICS_TABLE).includes('Fn::Select'),
    }),
    shown: { dependencies: { An: [], Fn: ['An'] }, isName: false },
  },
  rollupTwice: {
    build: app => {
      const stack = stackIn(app);
      const { traceTable } = analyticsIn(stack, { namespace: 'One' });
      analyticsIn(stack, { namespace: 'Two', traceTable }, 'B');
    },
    error: ['`traceTable` must be a table with one nightly rollup', 'S/A/Traces', 'S/B/NightlyRollup'],
  },
  rollupTwiceImported: {
    build: app => {
      const { traceTable } = analyticsIn(stackIn(app, 'An'), { namespace: 'One' });
      const stack = stackIn(app, 'Second');
      analyticsIn(stack, {
        namespace: 'Two',
        nightlyRollup: true,
        traceTable: TokenTraceTable.fromTraceTableAttributes(stack, 'T', { tableArn: traceTable?.tableArn }),
      });
    },
    error: ['`traceTable` must be a table with one nightly rollup', 'Second/T', 'An/A/NightlyRollup'],
  },
  twoTeamsOneTable: {
    build: app => {
      const stack = stackIn(app);
      const { traceTable } = analyticsIn(stack, { namespace: 'One' });
      analyticsIn(stack, { namespace: 'Two', traceTable, nightlyRollup: false }, 'B');
    },
    shows: dashboardNames,
    shown: ['One-Token-Analytics', 'Two-Token-Analytics'],
  },
  crossRegion: {
    build: app => {
      const forFunction = stackIn(app, 'Fn', { env: ELSEWHERE, crossRegionReferences: true });
      const forAnalytics = stackIn(app, 'An', { env: ENV, crossRegionReferences: true });
      analyticsIn(forAnalytics).instrument(functionIn(forFunction), { agentId: 'a' });
    },
    error: ['[An/A] `fn` must be in the region', 'us-east-1', 'Fn/Fn in eu-central-1'],
  },
  imported: {
    build: instrumented(stack => lambda.Function.fromFunctionName(stack, 'I', 'x')),
    error: ['[S/A] `fn` must be a function made in this app, got: S/I.'],
  },
  importedArnSameEnv: {
    build: instrumented(stack =>
      lambda.Function.fromFunctionAttributes(stack, 'I', {
        functionArn: 'arn:aws:lambda:us-east-1:111122223333:function:x',
        sameEnvironment: true,
      }),
    ),
    error: ['[S/A] `fn` must be a function made in this app, got: S/I.'],
  },
  alias: {
    build: instrumented(
      stack =>
        new lambda.Alias(stack, 'Al', { aliasName: 'live', version: functionIn(stack).currentVersion }),
    ),
    error: ['[S/A] `fn` must be', 'S/Al', 'instrument the function itself'],
  },
  versionAfter: {
    build: instrumented(stack => {
      const fn = functionIn(stack);
      new lambda.Alias(stack, 'Al', { aliasName: 'live', version: fn.currentVersion });
      return fn;
    }),
    shows: agents,
    shown: ['a'],
  },
  python: {
    build: instrumented(pythonIn),
    error: ['[S/A] `fn` must be a function with Node.js', 'S/Py', 'python3.13'],
  },
  pythonLayer: {
    build: instrumented(pythonIn, withLayer),
    error: ['[S/A] `fn` must be a function with Node.js', 'S/Py', 'python3.13'],
  },
  image: { build: instrumented(imageIn), warnings: ['runtime'], shows: agents, shown: ['a'] },
  imageLayer: {
    build: instrumented(imageIn, withLayer),
    error: ['`layer` must be omitted for a container image'],
  },
  node20Layer: {
    build: instrumented(stack => functionIn(stack, { runtime: lambda.Runtime.NODEJS_20_X }), withLayer),
    error: ['`layer` must be compatible with the runtime of the function', 'nodejs20.x'],
  },
  logLevelWarn: {
    build: instrumented(stack =>
      functionIn(stack, {
        loggingFormat: lambda.LoggingFormat.JSON,
        applicationLogLevelV2: lambda.ApplicationLogLevel.ERROR,
      }),
    ),
    warnings: ['logLevel'],
    shows: agents,
    shown: ['a'],
  },
  singleton: {
    build: instrumented(
      stack =>
        new lambda.SingletonFunction(stack, 'Sg', {
          uuid: 'u',
          runtime: lambda.Runtime.NODEJS_22_X,
          handler: 'index.handler',
          code: lambda.Code.fromInline('exports.handler = async () => {};'),
        }),
    ),
    shows: agents,
    shown: ['a'],
  },
  edge: {
    build: instrumented(
      stack =>
        new cloudfront.experimental.EdgeFunction(stack, 'Sg', {
          runtime: lambda.Runtime.NODEJS_22_X,
          handler: 'index.handler',
          code: lambda.Code.fromInline('exports.handler = async () => {};'),
        }),
    ),
    // A Lambda@Edge function cannot have environment variables, so `instrument` must refuse the function.
    error: ['[S/A] `fn` must be', 'S/Sg'],
  },
  twice: {
    build: app => {
      const stack = stackIn(app);
      const analytics = analyticsIn(stack);
      const fn = functionIn(stack);
      for (const agentId of ['first', 'second']) analytics.instrument(fn, { agentId });
    },
    error: ['[S/A] `fn` must be instrumented once', 'S/Fn', 'first'],
  },
  twoAnalyticsOneFn: {
    build: app => {
      const stack = stackIn(app);
      const fn = functionIn(stack);
      analyticsIn(stack).instrument(fn, { agentId: 'a' });
      analyticsIn(stack, { namespace: 'X' }, 'B').instrument(fn, { agentId: 'b' });
    },
    error: ['[S/B] `fn` must be', 'S/Fn', 'S/A'],
  },
  envOverridden: {
    build: instrumented(stack => functionIn(stack, { environment: { TOKEN_ANALYTICS_AGENT_ID: 'mine' } })),
    error: ['S/A', 'S/Fn', 'TOKEN_ANALYTICS_AGENT_ID'],
  },
  ecs: {
    build: app => {
      const stack = stackIn(app);
      const analytics = analyticsIn(stack);
      const task = new ecs.FargateTaskDefinition(stack, 'TD');
      task.addContainer('c', {
        image: ecs.ContainerImage.fromRegistry('x'),
        environment: analytics.environment({ agentId: 'ecs' }),
      });
      analytics.grant(task.taskRole);
    },
    shows: result =>
      resources(result, 'IAM::Policy')
        .filter(([id]) => id.startsWith('TD'))
        .flatMap(([, { Properties }]) => statements(Properties?.PolicyDocument))
        .map(({ Action, Condition }) => [Action, Condition]),
    shown: [
      ['dynamodb:BatchWriteItem', undefined],
      ['cloudwatch:PutMetricData', { StringEquals: { 'cloudwatch:namespace': 'OPX/Analytics' } }],
    ],
  },
  importedRole: {
    build: app => {
      const stack = stackIn(app);
      analyticsIn(stack).grant(
        iam.Role.fromRoleArn(stack, 'R', 'arn:aws:iam::111122223333:role/x', { mutable: false }),
      );
    },
    warnings: ['grant'],
    shows: actionsToAdd,
    shown: ['cloudwatch:PutMetricData', 'dynamodb:BatchWriteItem'],
  },
  user: {
    build: app => {
      const stack = stackIn(app);
      const analytics = analyticsIn(stack);
      return [
        analytics.grant(new iam.User(stack, 'U')),
        analytics.grantWriteTraces(new iam.User(stack, 'U2')),
        analytics.grantPutMetricData(new iam.User(stack, 'U3')),
      ];
    },
    shows: (_result, built) => (built as unknown[]).map(grant => grant instanceof iam.Grant && grant.success),
    shown: [true, true, true],
  },
  foreignGrant: {
    build: app => {
      const stack = stackIn(app);
      const key = new kms.Key(stack, 'K');
      const encryption = dynamodb.TableEncryptionV2.customerManagedKey(key);
      const role = new iam.Role(stackIn(app, 'O', { env: FOREIGN }), 'R', {
        assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'),
        roleName: 'named',
      });
      analyticsIn(stack, { traceTableOptions: { encryption } }).grant(role);
    },
    warnings: ['grant'],
    shows: result => ({
      toAdd: actionsToAdd(result).includes('dynamodb:BatchWriteItem'),
      ofKey: propertiesOf(result, 'KMS::Key')
        .flatMap(({ KeyPolicy }) => statements(KeyPolicy))
        .filter(({ Principal }) => JSON.stringify(Principal).includes(FOREIGN.account)),
    }),
    // The role is in another account. A warning contains the missing actions. The key policy has no statement
    // for that account.
    shown: { toAdd: true, ofKey: [] },
  },
  agnostic: {
    build: app => {
      const stack = stackIn(app, 'S', {});
      analyticsIn(stack, {
        budgetAlertOptions: { enabled: true },
        notificationTopic: new sns.Topic(stack, 'T'),
      }).instrument(functionIn(stack), { agentId: 'a' });
    },
    shows: agents,
    shown: ['a'],
  },
  budgetParam: {
    build: app => {
      const stack = stackIn(app);
      const dailyBudget = numberIn(stack);
      analyticsIn(stack, { dailyBudget, monthlyBudget: dailyBudget, budgetAlertOptions: { enabled: true } });
    },
    shows: leakedTokens,
    shown: [],
  },
  nsParam: {
    build: instrumented(
      stack => functionIn(stack),
      () => ({ agentId: 'a' }),
      stack => ({ namespace: textIn(stack), budgetAlertOptions: { enabled: true } }),
    ),
    shows: result => [
      leakedTokens(result),
      variables(result).map(({ TOKEN_ANALYTICS_NAMESPACE: namespace }) => namespace),
    ],
    shown: [[], [{ Ref: 'Text' }]],
  },
  agentParam: {
    build: instrumented(
      stack => functionIn(stack),
      stack => ({ agentId: textIn(stack) }),
      () => ({ agents: ['x', 'y'] }),
    ),
    shows: agents,
    shown: [{ Ref: 'Text' }],
  },
  agentsToken: {
    build: instrumented(
      stack => functionIn(stack),
      () => ({ agentId: 'x' }),
      stack => ({ agents: new CfnParameter(stack, 'List', { type: 'CommaDelimitedList' }).valueAsList }),
    ),
    shows: result => [leakedTokens(result), /"Ref":"List"/.test(JSON.stringify(variables(result)))],
    shown: [[], true],
  },
  existingTable: {
    build: instrumented(
      stack => functionIn(stack),
      () => ({ agentId: 'x' }),
      stack => ({
        traceTable: TokenTraceTable.fromTableArn(
          stack,
          'TT',
          'arn:aws:dynamodb:us-east-1:111122223333:table/tt',
        ),
      }),
    ),
    warnings: ['rollupOfImportedTable'],
    shows: result => variables(result).map(({ TOKEN_ANALYTICS_TABLE: table }) => table),
    shown: ['tt'],
  },
  existingTableOtherRegion: {
    build: instrumented(
      stack => functionIn(stack),
      () => ({ agentId: 'x' }),
      stack => ({
        traceTable: TokenTraceTable.fromTableArn(
          stack,
          'TT',
          'arn:aws:dynamodb:eu-west-1:999999999999:table/tt',
        ),
      }),
    ),
    error: ['[S/TT] `tableArn` must be in the region of the stack (us-east-1)', 'eu-west-1'],
  },
  rawTableAsTraceTable: {
    build: app => {
      const stack = stackIn(app);
      const table: unknown = new dynamodb.TableV2(stack, 'X', {
        partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      });
      analyticsIn(stack, { traceTable: table as ITokenTraceTable });
    },
    error: ['[S/A] `traceTable` must be a TokenTraceTable, got: the construct S/X.'],
  },
  existingDash: {
    build: app => {
      const stack = stackIn(app);
      analyticsIn(stack, { dashboardOptions: { existingDashboard: new cloudwatch.Dashboard(stack, 'D') } });
    },
    shows: result => dashboardNames(result).length,
    shown: 1,
  },
  boundary: {
    build: app => {
      analyticsIn(stackIn(app), { budgetAlertOptions: { enabled: true } });
      iam.PermissionsBoundary.of(app).apply(
        iam.ManagedPolicy.fromManagedPolicyName(app.node.findChild('S') as Stack, 'PB', 'pb'),
      );
      Tags.of(app).add('team', 'x');
      RemovalPolicies.of(app).destroy();
    },
    shows: result => ({
      withoutBoundary: propertiesOf(result, 'IAM::Role').filter(role => !('PermissionsBoundary' in role)),
      tables: resources(result, 'DynamoDB').map(([, { DeletionPolicy }]) => DeletionPolicy),
      untagged: propertiesOf(result, 'Lambda::Function').filter(
        fn => !JSON.stringify(fn.Tags).includes('team'),
      ),
    }),
    shown: { withoutBoundary: [], tables: ['Delete'], untagged: [] },
  },
  rolePrefix: {
    build: app => {
      const stack = stackIn(app);
      analyticsIn(stack, { budgetAlertOptions: { enabled: true } });
      iam.Role.customizeRoles(stack, { preventSynthesis: true });
    },
    // aws-cdk-lib throws this error, because `customizeRoles` must be called before a role is created.
    error: ['Cannot set context after children have been added'],
  },
  noTraces: {
    build: instrumented(
      stack => functionIn(stack),
      () => ({ agentId: 'x' }),
      () => ({ traces: false, dashboard: false, alarms: false }),
    ),
    shows: typesOf,
    shown: ['IAM::Role', 'Lambda::Function'],
  },
  budgetAlone: {
    build: app => {
      const stack = stackIn(app);
      new BudgetAlertLambda(stack, 'Off', {});
      new BudgetAlertLambda(stack, 'Off2', { enabled: false });
    },
    shows: typesOf,
    shown: [],
  },
  budgetAloneOn: {
    build: app => new BudgetAlertLambda(stackIn(app), 'On', { enabled: true }),
    shows: result => [...new Set(typesOf(result))],
    shown: [
      'Events::Rule',
      'IAM::Policy',
      'IAM::Role',
      'Lambda::Function',
      'Lambda::Permission',
      'Logs::LogGroup',
    ],
  },
  alarmsAlone: {
    build: app => new TokenAnalyticsAlarms(stackIn(app), 'Al', { dailyBudget: 3, namespace: 'My/NS' }),
    shows: result => [
      typesOf(result),
      propertiesOf(result, 'CloudWatch::Alarm').map(alarm => JSON.stringify(alarm).includes('"My/NS"')),
    ],
    shown: [Array<string>(3).fill('CloudWatch::Alarm'), [true, true, true]],
  },
  dashAlone: {
    build: app => new TokenAnalyticsDashboard(stackIn(app), 'D'),
    shows: dashboardNames,
    shown: ['OPX-Token-Analytics'],
  },
  importedTopicKms: {
    build: app => {
      const stack = stackIn(app);
      analyticsIn(stack, {
        notificationTopic: new sns.Topic(stack, 'T', { masterKey: new kms.Key(stack, 'K') }),
      });
    },
    shows: result =>
      propertiesOf(result, 'KMS::Key')
        .flatMap(({ KeyPolicy }) => statements(KeyPolicy))
        .some(({ Principal }) => JSON.stringify(Principal) === '{"Service":"cloudwatch.amazonaws.com"}'),
    shown: true,
  },
  cdkNoEnvFlagsRec: {
    context: CURRENTLY_RECOMMENDED_FLAGS,
    build: app => analyticsIn(stackIn(app), { budgetAlertOptions: { enabled: true } }),
    shows: dashboardNames,
    shown: ['OPX-Token-Analytics'],
  },
};
