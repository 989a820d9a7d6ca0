import type { Check, Finding } from './check';
import { CheckSkipped } from './context';
import type { Inspection } from './context';
import type { InstrumentedFunction } from './functions.aws';
import { EMF_ERRORS, ENV, LOGS_NAMESPACE, METRICS } from '../../src/contract';

const DAY_HOURS = 24;
const WEEK_HOURS = 7 * DAY_HOURS;
/** Application log levels that leave INFO out, which a metric line without a level is. */
const ABOVE_INFO = ['WARN', 'ERROR', 'FATAL'];
/** The most names in a sentence. */
const MAX_NAMES = 5;

/** Whether what functions measure arrives. */
export const METRIC_CHECKS: readonly Check[] = [
  {
    id: 'functions',
    title: 'Instrumented functions',
    after: ['region', 'credentials'],
    needs: ['lambda:ListFunctions'],
    inspect: lookAtFunctions,
  },
  {
    id: 'log-level',
    title: 'Log level of functions',
    after: ['region', 'credentials'],
    needs: ['lambda:ListFunctions'],
    inspect: lookAtLogLevels,
  },
  {
    id: 'emf-errors',
    title: 'Metric lines',
    after: ['region', 'credentials'],
    needs: ['cloudwatch:GetMetricData', 'lambda:ListFunctions'],
    inspect: lookAtEmfErrors,
  },
  {
    id: 'metrics',
    title: 'Metrics arrive',
    after: ['region', 'credentials'],
    needs: ['cloudwatch:GetMetricData'],
    inspect: lookAtMetrics,
  },
  {
    id: 'lost-traces',
    title: 'Traces arrive',
    after: ['region', 'credentials'],
    needs: ['cloudwatch:GetMetricData'],
    inspect: lookAtLostTraces,
  },
];

async function lookAtFunctions(visit: Inspection): Promise<Finding> {
  const { functions, unreadable } = await visit.functions();
  const aside = unreadable > 0 ? `; the variables of ${unreadable} could not be read (kms:Decrypt)` : '';
  if (functions.length === 0) {
    return {
      status: 'ok',
      detail: `none has TOKEN_ANALYTICS_ variables: calls are recorded elsewhere, if at all${aside}`,
    };
  }
  const off = functions.filter(({ enabled }) => enabled?.toLowerCase() === 'false');
  if (off.length > 0) {
    return {
      status: 'warn',
      detail: `switched off: ${names(off)}`,
      fix: 'Set TOKEN_ANALYTICS_ENABLED to true, or take it away, to have their calls measured.',
    };
  }
  const namespace = await visit.namespace();
  const elsewhere = functions.filter(each => each.namespace !== undefined && each.namespace !== namespace);
  if (elsewhere.length > 0) {
    return {
      status: 'warn',
      detail: `their metrics go to another namespace than ${namespace}: ${elsewhere
        .slice(0, MAX_NAMES)
        .map(({ name, namespace: theirs }) => `${name} (${theirs})`)
        .join(', ')}`,
      fix: 'Name the namespace that is meant with --namespace, or give all of a stage the same.',
    };
  }
  return { status: 'ok', detail: `${functions.length}: ${names(functions)}${aside}` };
}

async function lookAtLogLevels(visit: Inspection): Promise<Finding> {
  const functions = (await visit.functions()).functions.filter(({ sink }) => sink !== 'putMetricData');
  if (functions.length === 0) throw new CheckSkipped('no function that prints metric lines was found');
  const quiet = functions.filter(
    ({ logFormat, applicationLogLevel = '' }) =>
      logFormat === 'JSON' && ABOVE_INFO.includes(applicationLogLevel.toUpperCase()),
  );
  if (quiet.length === 0) {
    return { status: 'ok', detail: `lets metric lines through in all ${functions.length}` };
  }
  return {
    status: 'warn',
    detail: `above INFO in ${names(quiet)}: Lambda may leave metric lines out`,
    fix:
      'Set `applicationLogLevelV2` to INFO, and make the logger quieter instead, by ' +
      'POWERTOOLS_LOG_LEVEL; or send metrics by TOKEN_ANALYTICS_SINK=putMetricData.',
  };
}

async function lookAtEmfErrors(visit: Inspection): Promise<Finding> {
  const groups = [
    ...new Set(
      (await visit.functions()).functions
        .filter(({ sink }) => sink !== 'putMetricData')
        .map(({ logGroup }) => logGroup),
    ),
  ];
  if (groups.length === 0) throw new CheckSkipped('no function that prints metric lines was found');
  const asked = groups.flatMap(group =>
    Object.values(EMF_ERRORS).map(name => ({
      namespace: LOGS_NAMESPACE,
      name,
      dimensions: { LogGroupName: group },
    })),
  );
  const sums = await visit.sums(asked, DAY_HOURS);
  const wrong = asked.flatMap(({ name, dimensions }, index) =>
    sums[index] > 0 ? [`${name} ${sums[index]} in ${dimensions.LogGroupName}`] : [],
  );
  if (wrong.length === 0) {
    return {
      status: 'ok',
      detail: `none was refused in 24 hours, of ${groups.length} log group${groups.length === 1 ? '' : 's'}`,
    };
  }
  return {
    status: 'fail',
    detail: `refused in 24 hours: ${listed(wrong)}`,
    fix: wrong.every(text => text.startsWith(EMF_ERRORS.disabled))
      ? 'An account policy switches metric extraction off for the log group: aws logs ' +
        'describe-account-policies --policy-type METRIC_EXTRACTION_POLICY.'
      : 'See that nothing else prints to the same log with `_aws`, and that the package is the newest; ' +
        'the lines stand in the log group.',
  };
}

async function lookAtMetrics(visit: Inspection): Promise<Finding> {
  const namespace = await visit.namespace();
  const { name } = METRICS.invocationCount;
  const [calls] = await visit.sums([{ namespace, name }], DAY_HOURS);
  if (calls > 0) {
    return { status: 'ok', detail: `${calls.toLocaleString('en-US')} calls in ${namespace} in 24 hours` };
  }
  const since = visit.now.getTime() - DAY_HOURS * 3_600_000;
  const traces = await visit.recent().catch(() => []);
  const fix =
    `Look at --namespace, at ${ENV.namespace} of the functions, at their log level, and at ` +
    'cloudwatch:PutMetricData where metrics are sent.';
  return traces.some(({ timestamp, error }) => error === undefined && timestamp.getTime() >= since)
    ? {
        status: 'fail',
        detail: `there are traces of the last 24 hours, and no metric ${name} in ${namespace}`,
        fix,
      }
    : {
        status: 'warn',
        detail: `no call in ${namespace} in 24 hours, neither in metrics nor in traces`,
        fix:
          'Where calls were made: see that the client is instrumented, and the region and the ' +
          'namespace the right ones.',
      };
}

async function lookAtLostTraces(visit: Inspection): Promise<Finding> {
  const namespace = await visit.namespace();
  const [spilled, dropped, opened] = await visit.sums(
    [METRICS.tracesSpilled, METRICS.tracesDropped, METRICS.breakerOpened].map(({ name }) => ({
      namespace,
      name,
    })),
    WEEK_HOURS,
  );
  if (spilled === 0 && dropped === 0) {
    return { status: 'ok', detail: 'none was spilled to a log or dropped in 7 days' };
  }
  const groups = (
    await visit.functions().catch(() => ({ functions: [] as readonly InstrumentedFunction[] }))
  ).functions
    .map(({ logGroup }) => `--log-group ${logGroup}`)
    .slice(0, MAX_NAMES);
  const replay = `token-analytics replay ${groups.join(' ') || '--log-group <name>'} --since 7d`;
  const parts = [
    ...(spilled > 0 ? [`${spilled} spilled to a log`] : []),
    ...(dropped > 0 ? [`${dropped} dropped`] : []),
    ...(opened > 0 ? [`the table was left alone ${opened} times`] : []),
  ];
  return {
    status: 'warn',
    detail: `in 7 days: ${parts.join(', ')}`,
    fix: [
      ...(spilled > 0 ? [`${replay}: any number of times.`] : []),
      ...(dropped > 0
        ? [
            'What was dropped is lost: give the function more time at its end ' +
              '(TOKEN_ANALYTICS_FLUSH_TIMEOUT_MS) and see that its output is not closed.',
          ]
        : []),
      'See whether the table throttles, and whether the functions may write to it (dynamodb:BatchWriteItem).',
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
