import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ENV, foundationModelOf, ID_SHAPES, OTHER } from './contract';
import { warnOfStandardSections } from './dashboard/standard-sections';
import { readEnvironment, readLogging, type OwnFunction } from './instrument/instrumented-function';
import { DetailLevel } from './metrics/detail-level';
import { MetricSink } from './metrics/metric-sink';
import { countedModel } from './metrics/model-names';
import { warn } from './private/synth-messages';
import { propError, requireListed } from './private/validate';
import type { TokenAnalyticsProps } from './token-analytics-options';

/** Alarms that need a metric of detail level `standard`. */
const LATENCY_ALARMS = ['latencyP90', 'latencyP99'] as const;
const DEBUG_LEVELS = ['DEBUG', 'TRACE'];
/** Variables that set the level of Powertools' logger, which the runtime logs invocations by. */
const LEVEL_VARIABLES = ['POWERTOOLS_LOG_LEVEL', 'LOG_LEVEL', 'AWS_LAMBDA_LOG_LEVEL'];

/**
 * Requires that no part is both switched off and described, and that the parts agree with each other.
 *
 * @throws if they do not
 */
export function requireConsistent(where: IConstruct, props: TokenAnalyticsProps): void {
  requireNoOptionsOfDisabledParts(where, props);
  requireOneNamespace(where, props);
  requireListedAgents(where, props);
  const window = props.alarmsOptions?.window;
  // A function that is given is judged by the alarms.
  if (window?.isDayToDate && !window.budgetAlert && !props.budgetAlertOptions?.enabled) {
    throw propError(
      where,
      'alarmsOptions.window',
      'another one where there is no budget alert function',
      'BudgetWindow.dayToDate()',
      'Enable it (`budgetAlertOptions: { enabled: true }`): it publishes what such alarms watch.',
    );
  }
  if (props.traces === false && props.alarmsOptions?.tracesDropped) {
    throw propError(
      where,
      'alarmsOptions.tracesDropped',
      'left out where `traces` is false',
      'an alarm',
      'No trace is dropped where none is written, so that the alarm would never fire: leave it out.',
    );
  }
}

function requireNoOptionsOfDisabledParts(where: IConstruct, props: TokenAnalyticsProps): void {
  const parts = [
    ['traces', 'traceTable', props.traceTable],
    ['traces', 'traceTableOptions', props.traceTableOptions],
    ['dashboard', 'dashboardOptions', props.dashboardOptions],
    ['alarms', 'alarmsOptions', props.alarmsOptions],
    ['traces', 'ingest', props.ingest],
    ['traces', 'nightlyRollup', props.nightlyRollup || undefined],
  ] as const;
  for (const [part, prop, value] of parts) {
    if (props[part] === false && value !== undefined) {
      throw propError(
        where,
        prop,
        `left out where \`${part}\` is false`,
        'a value',
        `Leave out one of \`${part}\` and \`${prop}\`.`,
      );
    }
  }
  if (props.traceTable && props.traceTableOptions) {
    throw propError(
      where,
      'traceTableOptions',
      'left out where `traceTable` is given',
      'a value',
      'Describe the table where it is made.',
    );
  }
}

/** Requires that no part names a namespace of its own, as all parts publish in and read from one. */
function requireOneNamespace(where: IConstruct, props: TokenAnalyticsProps): void {
  for (const part of ['alarmsOptions', 'budgetAlertOptions', 'dashboardOptions', 'ingest'] as const) {
    const namespace = props[part]?.namespace;
    if (namespace === undefined || namespace === props.namespace) continue;
    throw propError(
      where,
      `${part}.namespace`,
      'left out',
      namespace,
      'All parts have the `namespace` of TokenAnalytics: what is published in another one would not be seen.',
    );
  }
}

/** Requires that agents that are shown or watched are among `agents`: others are counted under `Other`. */
function requireListedAgents(where: IConstruct, props: TokenAnalyticsProps): void {
  const budgets = props.alarmsOptions?.agentBudgets;
  (Array.isArray(budgets) ? budgets : []).forEach((budget: unknown, index) => {
    const agentId = (budget as { readonly agentId?: string } | null)?.agentId;
    requireListed(where, `alarmsOptions.agentBudgets[${index}].agentId`, agentId, props.agents);
  });
  const shown = props.dashboardOptions?.agents;
  (Array.isArray(shown) ? shown : []).forEach((agentId, index) =>
    requireListed(where, `dashboardOptions.agents[${index}]`, agentId, props.agents),
  );
}

/** Warns of an agent id that the runtime counts under `Other` because it does not look like a name. */
export function warnOfIdShape(
  scope: IConstruct,
  agentId: string,
  agents: readonly string[] | undefined,
): void {
  if (agents !== undefined || Token.isUnresolved(agentId)) return;
  if (!ID_SHAPES.some(shape => shape.test(agentId))) return;
  warn(
    scope,
    'agentId',
    `\`agentId\`: ${agentId} looks like the id of one invocation or user, and is counted under ${OTHER}. Give ` +
      'the name of the agent, or list it in `agents`.',
  );
}

/** Warns of alarms, widgets and switches that cannot do anything as the props are. */
export function warnOfIneffectiveProps(scope: IConstruct, props: TokenAnalyticsProps): void {
  const levels = [props.detailLevel, props.ingest?.detailLevel];
  const isStandard = levels.includes(DetailLevel.STANDARD);
  const latency = LATENCY_ALARMS.filter(alarm => props.alarmsOptions?.[alarm]);
  if (!isStandard && latency.length > 0) {
    warn(
      scope,
      'latencyAtCore',
      `${latency.map(alarm => `\`alarmsOptions.${alarm}\``).join(' and ')}: latency is published at detail ` +
        'level `standard` only, so that the alarm never fires. Set `detailLevel: DetailLevel.STANDARD`.',
    );
  }
  const sections = (props.dashboardOptions?.sections ?? []).map(({ _name }) => _name);
  if (!isStandard) warnOfStandardSections(scope, 'dashboardOptions.sections', sections);
  if (props.traces === false && sections.includes('reliability')) {
    warn(
      scope,
      'reliabilityWithoutTraces',
      '`dashboardOptions.sections`: two widgets of the reliability section are on traces, and stay empty where ' +
        '`traces` is false.',
    );
  }
  if (props.metricSink === MetricSink.PUT_METRIC_DATA && props.alarmsOptions?.emfErrors) {
    warn(
      scope,
      'emfErrorsWithoutEmf',
      '`alarmsOptions.emfErrors`: instrumented programs send metrics by PutMetricData and print none, so that ' +
        'the alarms fire for other lines at most. Leave them out.',
    );
  }
  warnOfDisabledAlert(scope, props);
  warnOfUnusedTopic(scope, props);
  warnOfMonthlyBudget(scope, props);
  const budgets = props.alarmsOptions?.agentBudgets ?? [];
  for (const { agentId } of budgets) warnOfIdShape(scope, agentId, props.agents);
  warnOfUnpriced(scope, new Set(budgets.flatMap(({ models }) => models)), props);
  warnOfUnknownModels(scope, props.pricing?._unknownModels ?? []);
  for (const model of props.pricing?._lowPrices ?? []) {
    warn(
      scope,
      'lowPrice',
      `\`pricing\`: the price of ${model} is below 0.001 US dollars per million tokens. Prices are per million ` +
        'tokens: multiply a price per thousand tokens by 1000.',
    );
  }
}

/** Warns of models of budgets whose names tell no vendor, and that have no price of the app's own. */
function warnOfUnpriced(
  scope: IConstruct,
  models: ReadonlySet<string>,
  { pricing }: TokenAnalyticsProps,
): void {
  for (const id of models) {
    const { model, isHidden } = countedModel(id, pricing?._inferenceProfiles);
    const isPriced = foundationModelOf(model) !== undefined || pricing?._hasPrice(model);
    if (Token.isUnresolved(model) || isHidden || isPriced) continue;
    warn(
      scope,
      'unpricedModel',
      `\`alarmsOptions.agentBudgets\`: ${id} is not a model id of Bedrock (vendor.name), so that its cost is unknown ` +
        'and the alarm never fires. Correct it, or give it a price in `pricing`.',
    );
  }
}

function warnOfUnknownModels(scope: IConstruct, models: readonly string[]): void {
  if (models.length === 0) return;
  warn(
    scope,
    'unknownModel',
    `\`pricing\`: ${models.join(', ')} of \`inferenceProfiles\` is no id of a foundation model, and has no ` +
      'price in `customPrices`: invocations through such profiles have no cost. Give the id of the model, such ' +
      'as amazon.nova-lite-v1:0.',
  );
}

function warnOfDisabledAlert(scope: IConstruct, { budgetAlertOptions }: TokenAnalyticsProps): void {
  const described = Object.keys(budgetAlertOptions ?? {}).filter(prop => prop !== 'enabled');
  if (described.length === 0 || budgetAlertOptions?.enabled !== undefined) return;
  warn(
    scope,
    'budgetAlertOff',
    `\`budgetAlertOptions\`: there is no function unless \`enabled\` is true, so that ${described.join(', ')} ` +
      'does nothing. Say `enabled: true`, or `enabled: false` to keep it off.',
  );
}

function warnOfUnusedTopic(scope: IConstruct, props: TokenAnalyticsProps): void {
  if (props.notificationTopic === undefined) return;
  const isAlert = props.budgetAlertOptions?.enabled === true;
  if (isAlert && props.traces === false) {
    warn(
      scope,
      'alertWithoutTraces',
      '`notificationTopic`: the budget alert function reads what it tells from the traces, and tells nobody where ' +
        '`traces` is false. Leave `traces` out, or `budgetAlertOptions`.',
    );
  } else if (!isAlert && props.alarms === false) {
    warn(
      scope,
      'topicUnused',
      '`notificationTopic`: `alarms` is false and the budget alert function is not enabled, so that nobody tells ' +
        'the topic anything. Leave it out, or say `budgetAlertOptions: { enabled: true }`.',
    );
  }
}

function warnOfMonthlyBudget(scope: IConstruct, { dailyBudget, monthlyBudget }: TokenAnalyticsProps): void {
  if (monthlyBudget === undefined || Token.isUnresolved(dailyBudget) || Token.isUnresolved(monthlyBudget)) {
    return;
  }
  if (monthlyBudget >= dailyBudget) return;
  warn(
    scope,
    'monthlyBudget',
    `\`monthlyBudget\` (${monthlyBudget}) is below \`dailyBudget\` (${dailyBudget}): the month is over its ` +
      'budget before one day is.',
  );
}

/** Warns if no instrumented function logs the lines that the incidents section reads. */
export function warnOfUnloggedIncidents(
  scope: IConstruct,
  props: TokenAnalyticsProps,
  functions: readonly OwnFunction[],
): void {
  const hasSection = props.dashboardOptions?.sections?.some(({ _name }) => _name === 'incidents');
  if (!hasSection || functions.length === 0 || functions.some(logsInvocations)) return;
  warn(
    scope,
    'incidentsWithoutDebug',
    '`dashboardOptions.sections`: the incidents section reads a log line for each invocation, and no instrumented ' +
      `function writes them. Set POWERTOOLS_LOG_LEVEL=DEBUG or ${ENV.logCalls}=true in the functions whose log ` +
      'groups it reads.',
  );
}

/** Returns true if lines of single invocations reach the log: at DEBUG, or at INFO if all are logged. */
function logsInvocations(fn: OwnFunction): boolean {
  const variables = readEnvironment(fn);
  const filter = readLogging(fn).ApplicationLogLevel;
  const levels = [...LEVEL_VARIABLES.map(name => variables[name]), filter];
  const isDebug = levels.some(level => isOneOf(level, DEBUG_LEVELS)) && passesFilter(filter, DEBUG_LEVELS);
  return (
    isDebug || (isOneOf(variables[ENV.logCalls], ['TRUE']) && passesFilter(filter, [...DEBUG_LEVELS, 'INFO']))
  );
}

/** Returns true for one of some texts in capitals, and for what is known only at deployment. */
function isOneOf(value: unknown, texts: readonly string[]): boolean {
  return value !== undefined && (typeof value !== 'string' || texts.includes(value.toUpperCase()));
}

function passesFilter(filter: unknown, levels: readonly string[]): boolean {
  return filter === undefined || isOneOf(filter, levels);
}
