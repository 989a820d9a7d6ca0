import type { Check, Finding } from './check';
import { CheckSkipped } from './context';
import type { Inspection } from './context';
import type { InstrumentedFunction } from './functions.aws';
import { EMF_ERRORS, ENV, LOGS_NAMESPACE, METRICS } from '../../src/contract';

const DAY_HOURS = 24;
const WEEK_HOURS = 7 * DAY_HOURS;
/** Application log levels that drop INFO lines. A metric line has no level, so it counts as INFO. */
const ABOVE_INFO = ['WARN', 'ERROR', 'FATAL'];
/** Maximum number of functions that the result of one check names. */
const MAX_NAMES = 5;

/** Checks that detect functions without metrics or without traces. */
export const METRIC_CHECKS: readonly Check[] = [
  {
    id: 'functions',
    title: 'Instrumented functions',
    after: ['region', 'credentials'],
    needs: ['lambda:ListFunctions'],
    inspect: checkFunctions,
  },
  {
    id: 'log-level',
    title: 'Log level',
    after: ['region', 'credentials'],
    needs: ['lambda:ListFunctions'],
    inspect: checkLogLevels,
  },
  {
    id: 'emf-errors',
    title: 'Metric lines',
    after: ['region', 'credentials'],
    needs: ['cloudwatch:GetMetricData', 'lambda:ListFunctions'],
    inspect: checkEmfErrors,
  },
  {
    id: 'metrics',
    title: 'Metrics',
    after: ['region', 'credentials'],
    needs: ['cloudwatch:GetMetricData'],
    inspect: checkMetrics,
  },
  {
    id: 'lost-traces',
    title: 'Lost traces',
    after: ['region', 'credentials'],
    needs: ['cloudwatch:GetMetricData'],
    inspect: checkLostTraces,
  },
];

async function checkFunctions(inspection: Inspection): Promise<Finding> {
  const { functions, unreadable } = await inspection.functions();
  const aside =
    unreadable > 0 ? `; the variables of ${unreadable} functions are unreadable (kms:Decrypt)` : '';
  if (functions.length === 0) {
    return { status: 'ok', detail: `no function has TOKEN_ANALYTICS_ variables${aside}` };
  }
  const off = functions.filter(({ enabled }) => enabled?.toLowerCase() === 'false');
  if (off.length > 0) {
    return {
      status: 'warn',
      detail: `off in ${names(off)}`,
      fix: 'To record their calls, set TOKEN_ANALYTICS_ENABLED to true, or remove it.',
    };
  }
  const namespace = await inspection.namespace();
  const elsewhere = functions.filter(each => each.namespace !== undefined && each.namespace !== namespace);
  if (elsewhere.length > 0) {
    return {
      status: 'warn',
      detail: `the namespace is not ${namespace} in ${elsewhere
        .slice(0, MAX_NAMES)
        .map(({ name, namespace: theirs }) => `${name} (${theirs})`)
        .join(', ')}`,
      fix: 'Name the right namespace with --namespace, or set the same namespace in all functions of a stage.',
    };
  }
  return { status: 'ok', detail: `${functions.length}: ${names(functions)}${aside}` };
}

async function checkLogLevels(inspection: Inspection): Promise<Finding> {
  const functions = (await inspection.functions()).functions.filter(({ sink }) => sink !== 'putMetricData');
  if (functions.length === 0) throw new CheckSkipped('no function prints metric lines');
  const quiet = functions.filter(
    ({ logFormat, applicationLogLevel = '' }) =>
      logFormat === 'JSON' && ABOVE_INFO.includes(applicationLogLevel.toUpperCase()),
  );
  if (quiet.length === 0) {
    return { status: 'ok', detail: `allows metric lines in all functions (${functions.length})` };
  }
  return {
    status: 'warn',
    detail: `above INFO in ${names(quiet)}: Lambda may drop metric lines`,
    fix:
      'Set `applicationLogLevelV2` to INFO, and the level of the logger with POWERTOOLS_LOG_LEVEL. Or send ' +
      'metrics with TOKEN_ANALYTICS_SINK=putMetricData.',
  };
}

async function checkEmfErrors(inspection: Inspection): Promise<Finding> {
  const groups = [
    ...new Set(
      (await inspection.functions()).functions
        .filter(({ sink }) => sink !== 'putMetricData')
        .map(({ logGroup }) => logGroup),
    ),
  ];
  if (groups.length === 0) throw new CheckSkipped('no function prints metric lines');
  const metrics = groups.flatMap(group =>
    Object.values(EMF_ERRORS).map(name => ({
      namespace: LOGS_NAMESPACE,
      name,
      dimensions: { LogGroupName: group },
    })),
  );
  const sums = await inspection.sums(metrics, DAY_HOURS);
  const wrong = metrics.flatMap(({ name, dimensions }, index) =>
    sums[index] > 0 ? [`${name} ${sums[index]} in ${dimensions.LogGroupName}`] : [],
  );
  if (wrong.length === 0) {
    return {
      status: 'ok',
      detail: `all valid in 24 hours, in ${groups.length} log group${groups.length === 1 ? '' : 's'}`,
    };
  }
  return {
    status: 'fail',
    detail: `rejected by CloudWatch in 24 hours: ${listed(wrong)}`,
    fix: wrong.every(text => text.startsWith(EMF_ERRORS.disabled))
      ? 'An account policy turns metric extraction off for the log group. Find it with aws logs ' +
        'describe-account-policies --policy-type METRIC_EXTRACTION_POLICY.'
      : 'Update the package, and check that no other code prints lines with `_aws`. The log group has the ' +
        'rejected lines.',
  };
}

async function checkMetrics(inspection: Inspection): Promise<Finding> {
  const namespace = await inspection.namespace();
  const { name } = METRICS.invocationCount;
  const [calls] = await inspection.sums([{ namespace, name }], DAY_HOURS);
  if (calls > 0) {
    return { status: 'ok', detail: `${calls.toLocaleString('en-US')} calls in ${namespace} in 24 hours` };
  }
  const since = inspection.now.getTime() - DAY_HOURS * 3_600_000;
  const traces = await inspection.recent().catch(() => []);
  const fix =
    `Check --namespace, ${ENV.namespace} and the log level of the functions, and the permission ` +
    'cloudwatch:PutMetricData if metrics are sent with it.';
  return traces.some(({ timestamp, error }) => error === undefined && timestamp.getTime() >= since)
    ? {
        status: 'fail',
        detail: `${namespace} has no metric ${name}, although there are traces of the last 24 hours`,
        fix,
      }
    : {
        status: 'warn',
        detail: `no calls in 24 hours in the metrics of ${namespace} or in traces`,
        fix: 'If there were calls, check that the client is instrumented, the region and the namespace.',
      };
}

async function checkLostTraces(inspection: Inspection): Promise<Finding> {
  const namespace = await inspection.namespace();
  const [spilled, dropped, opened] = await inspection.sums(
    [METRICS.tracesSpilled, METRICS.tracesDropped, METRICS.breakerOpened].map(({ name }) => ({
      namespace,
      name,
    })),
    WEEK_HOURS,
  );
  if (spilled === 0 && dropped === 0) {
    return { status: 'ok', detail: 'none spilled or dropped in 7 days' };
  }
  const groups = (
    await inspection.functions().catch(() => ({ functions: [] as readonly InstrumentedFunction[] }))
  ).functions
    .map(({ logGroup }) => `--log-group ${logGroup}`)
    .slice(0, MAX_NAMES);
  const replay = `token-analytics replay ${groups.join(' ') || '--log-group <name>'} --since 7d`;
  const parts = [
    ...(spilled > 0 ? [`${spilled} spilled to a log`] : []),
    ...(dropped > 0 ? [`${dropped} dropped`] : []),
    ...(opened > 0 ? [`writing to the table paused ${opened} times`] : []),
  ];
  return {
    status: 'warn',
    detail: `in 7 days: ${parts.join(', ')}`,
    fix: [
      ...(spilled > 0 ? [`Write spilled traces with ${replay}.`] : []),
      ...(dropped > 0
        ? [
            'Dropped traces are lost. Raise TOKEN_ANALYTICS_FLUSH_TIMEOUT_MS, and check that the functions do ' +
              'not close their output.',
          ]
        : []),
      'Check for throttling of the table, and that the functions may write to it (dynamodb:BatchWriteItem).',
    ].join(' '),
  };
}

function names(functions: readonly InstrumentedFunction[]): string {
  return listed(functions.map(({ name }) => name));
}

function listed(texts: readonly string[]): string {
  return texts.length <= MAX_NAMES
    ? texts.join(', ')
    : `${texts.slice(0, MAX_NAMES).join(', ')} and ${texts.length - MAX_NAMES} more`;
}
