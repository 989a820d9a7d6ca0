import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ENV, foundationModelOf, looksLikeId, OTHER } from './contract';
import { warnOfStandardSections } from './dashboard/section';
import { readEnvironment, readLogging, type OwnFunction } from './instrument/instrumented-function';
import { DetailLevel } from './metrics/detail-level';
import { MetricSink } from './metrics/metric-sink';
import { countedModel } from './metrics/model-names';
import { warn } from './private/synth-messages';
import { propError } from './private/validate';
import { requireListed } from './private/validate-agents';
import type { TokenAnalyticsProps } from './token-analytics-options';
import { isImportedTable } from './traces/imported-trace-table';

/** Names of the options for latency alarms. Latency is published only at the detail level `standard`. */
const LATENCY_ALARMS = ['latencyP90', 'latencyP99'] as const;
/** Log levels at which the runtime logs each invocation. */
const DEBUG_LEVELS = ['DEBUG', 'TRACE'];
/**
 * Environment variables that set the log level of the Powertools logger. The runtime logs each invocation
 * with this logger.
 */
const LEVEL_VARIABLES = ['POWERTOOLS_LOG_LEVEL', 'LOG_LEVEL', 'AWS_LAMBDA_LOG_LEVEL'];

/**
 * Requires that the props do not contradict each other. For example, `dashboardOptions` is invalid if
 * `dashboard` is false.
 *
 * @throws if two props contradict each other
 */
export function requireConsistent(where: IConstruct, props: TokenAnalyticsProps): void {
  requireNoOptionsOfDisabledParts(where, props);
  requireOneNamespace(where, props);
  requireListedAgents(where, props);
  const window = props.alarmsOptions?.window;
  // If the window has no budget alert function of its own, the function of TokenAnalytics must be enabled.
  if (window?.isDayToDate && !window.budgetAlert && !props.budgetAlertOptions?.enabled) {
    throw propError(
      where,
      'alarmsOptions.window',
      'another window if the budget alert function is not enabled',
      'BudgetWindow.dayToDate()',
      'Enable the function (`budgetAlertOptions: { enabled: true }`): it publishes the metrics of these alarms.',
    );
  }
  if (props.traces === false && props.alarmsOptions?.tracesDropped) {
    throw propError(
      where,
      'alarmsOptions.tracesDropped',
      'omitted if `traces` is false',
      'an alarm',
      'No trace is written, so none is dropped and the alarm never fires: remove it.',
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
        `omitted if \`${part}\` is false`,
        'a value',
        `Remove \`${part}: false\` or \`${prop}\`.`,
      );
    }
  }
  if (props.traceTable && props.traceTableOptions) {
    throw propError(
      where,
      'traceTableOptions',
      'omitted if `traceTable` is given',
      'a value',
      'Set these properties on the given table.',
    );
  }
}

/** Requires that the options of each part, such as the dashboard, use the `namespace` of TokenAnalytics. */
function requireOneNamespace(where: IConstruct, props: TokenAnalyticsProps): void {
  for (const part of ['alarmsOptions', 'budgetAlertOptions', 'dashboardOptions', 'ingest'] as const) {
    const namespace = props[part]?.namespace;
    if (namespace === undefined || namespace === props.namespace) continue;
    throw propError(
      where,
      `${part}.namespace`,
      'omitted',
      namespace,
      'All parts share the `namespace` of TokenAnalytics: metrics in another namespace would not be shown.',
    );
  }
}

/**
 * Requires that `agents` contains every agent that has a budget alarm or appears on the dashboard. The
 * runtime counts other agents as `Other`.
 */
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

/**
 * Adds a warning if an agent id looks like a generated id, unless `agents` lists it.
 *
 * @param effect sentence that says what happens with such an id
 */
export function warnOfIdShape(
  scope: IConstruct,
  agentId: string,
  agents: readonly string[] | undefined,
  effect: string,
): void {
  if (Token.isUnresolved(agentId) || Token.isUnresolved(agents) || agents?.includes(agentId)) return;
  if (!looksLikeId(agentId)) return;
  warn(
    scope,
    'agentId',
    `\`agentId\`: ${agentId} looks like the id of one invocation or user, and not like the name of an agent. ` +
      `${effect} Pass the name of the agent, or list it in \`agents\`.`,
  );
}

/** Adds warnings for alarms, widgets and options that have no effect in combination with the other props. */
export function warnOfIneffectiveProps(scope: IConstruct, props: TokenAnalyticsProps): void {
  const levels = [props.detailLevel, props.ingest?.detailLevel];
  const isStandard = levels.includes(DetailLevel.STANDARD);
  const latency = LATENCY_ALARMS.filter(alarm => props.alarmsOptions?.[alarm]);
  if (!isStandard && latency.length > 0) {
    warn(
      scope,
      'latencyAtCore',
      `${latency.map(alarm => `\`alarmsOptions.${alarm}\``).join(' and ')}: latency is published at detail ` +
        'level `standard` only, so the alarm never fires. Set `detailLevel: DetailLevel.STANDARD`.',
    );
  }
  const sections = (props.dashboardOptions?.sections ?? []).map(({ _name }) => _name);
  if (!isStandard) warnOfStandardSections(scope, 'dashboardOptions.sections', sections);
  if (props.traces === false && sections.includes('reliability')) {
    warn(
      scope,
      'reliabilityWithoutTraces',
      '`dashboardOptions.sections`: two widgets of the reliability section show traces, and stay empty because ' +
        '`traces` is false. Set `traces: true`, or remove the section.',
    );
  }
  if (props.metricSink === MetricSink.PUT_METRIC_DATA && props.alarmsOptions?.emfErrors) {
    warn(
      scope,
      'emfErrorsWithoutEmf',
      '`alarmsOptions.emfErrors`: instrumented programs send metrics by PutMetricData and log no metric lines, so ' +
        'these alarms can only fire for lines of other programs. Remove them.',
    );
  }
  warnOfDisabledAlert(scope, props);
  warnOfRollupElsewhere(scope, props);
  warnOfUnusedTopic(scope, props);
  warnOfMonthlyBudget(scope, props);
  const budgets = props.alarmsOptions?.agentBudgets ?? [];
  // If `agents` is given, `requireListed` has refused all other agents.
  for (const { agentId } of props.agents === undefined ? budgets : []) {
    warnOfIdShape(
      scope,
      agentId,
      undefined,
      `Programs without a list of agents count such an id under ${OTHER}.`,
    );
  }
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

/**
 * Adds a warning for each model without a known price in an agent budget. The price is unknown if the model
 * id has no known vendor and `pricing` has no custom price.
 */
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
      `\`alarmsOptions.agentBudgets\`: ${id} is not a Bedrock model id (vendor.name), so its price is unknown ` +
        'and the alarm never fires. Correct the id, or add a price for it to `pricing`.',
    );
  }
}

function warnOfUnknownModels(scope: IConstruct, models: readonly string[]): void {
  if (models.length === 0) return;
  warn(
    scope,
    'unknownModel',
    `\`pricing\`: ${models.join(', ')} in \`inferenceProfiles\` is not a foundation-model id and has no ` +
      'custom price, so invocations through such profiles are unpriced. Pass the id of the model, such ' +
      'as amazon.nova-lite-v1:0.',
  );
}

/**
 * Adds a warning if `nightlyRollup` is not given for an imported table. The owner of the table may sum up its
 * traces already.
 */
function warnOfRollupElsewhere(scope: IConstruct, { traceTable, nightlyRollup }: TokenAnalyticsProps): void {
  if (!traceTable || nightlyRollup !== undefined || !isImportedTable(traceTable)) return;
  warn(
    scope,
    'rollupOfImportedTable',
    '`nightlyRollup`: the table is imported, and its owner may have a nightly rollup already. Two rollups of one ' +
      'table are not needed. Set `nightlyRollup: false` if the owner has one, else `nightlyRollup: true`.',
  );
}

function warnOfDisabledAlert(scope: IConstruct, { budgetAlertOptions }: TokenAnalyticsProps): void {
  const described = Object.keys(budgetAlertOptions ?? {}).filter(prop => prop !== 'enabled');
  if (described.length === 0 || budgetAlertOptions?.enabled !== undefined) return;
  warn(
    scope,
    'budgetAlertOff',
    `\`budgetAlertOptions\`: the function is created only if \`enabled\` is true, so ${described.join(', ')} ` +
      'has no effect. Set `enabled: true`, or `enabled: false` to keep the function off.',
  );
}

function warnOfUnusedTopic(scope: IConstruct, props: TokenAnalyticsProps): void {
  if (props.notificationTopic === undefined) return;
  const isAlert = props.budgetAlertOptions?.enabled === true;
  if (isAlert && props.traces === false) {
    warn(
      scope,
      'alertWithoutTraces',
      '`notificationTopic`: the budget alert function makes its messages from the traces, and sends none because ' +
        '`traces` is false. Remove `traces: false`, or `budgetAlertOptions`.',
    );
  } else if (!isAlert && props.alarms === false) {
    warn(
      scope,
      'topicUnused',
      '`notificationTopic`: `alarms` is false and the budget alert function is not enabled, so nothing is sent to ' +
        'the topic. Remove it, or set `budgetAlertOptions: { enabled: true }`.',
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
    `\`monthlyBudget\` (${monthlyBudget}) is below \`dailyBudget\` (${dailyBudget}), so the month exceeds its ` +
      'budget before a day does. Raise the monthly budget, or lower the daily one.',
  );
}

/**
 * Adds a warning if the dashboard has an incidents section, but no instrumented function logs its
 * invocations. The section reads a log line for each invocation.
 */
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

/**
 * Returns true if a function logs each invocation. It does so at log level DEBUG or TRACE, or at level INFO
 * with the environment variable `TOKEN_ANALYTICS_LOG_CALLS=true`.
 */
function logsInvocations(fn: OwnFunction): boolean {
  const variables = readEnvironment(fn);
  const filter = readLogging(fn).ApplicationLogLevel;
  const levels = [...LEVEL_VARIABLES.map(name => variables[name]), filter];
  const isDebug = levels.some(level => isOneOf(level, DEBUG_LEVELS)) && passesFilter(filter, DEBUG_LEVELS);
  return (
    isDebug || (isOneOf(variables[ENV.logCalls], ['TRUE']) && passesFilter(filter, [...DEBUG_LEVELS, 'INFO']))
  );
}

/**
 * Returns true if a setting has one of the values in `texts`, which are in upper case. The case of the
 * setting does not matter. Returns true for a setting that is known only at deployment.
 */
function isOneOf(value: unknown, texts: readonly string[]): boolean {
  return value !== undefined && (typeof value !== 'string' || texts.includes(value.toUpperCase()));
}

function passesFilter(filter: unknown, levels: readonly string[]): boolean {
  return filter === undefined || isOneOf(filter, levels);
}
