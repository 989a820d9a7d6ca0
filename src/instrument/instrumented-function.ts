import { type IResolvable, Stack, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { type IConstruct } from 'constructs';
import { ENV } from '../contract';
import { findLogGroupClassByName } from '../private/log-group';
import { refuseAtSynth, warn } from '../private/synth-messages';
import { type TemplateProperties, readTemplateProperties } from '../private/template-properties';
import { propError } from '../private/validate';

/** Maximum size of all environment variables of a function together, in bytes (Lambda quotas). */
export const MAX_ENVIRONMENT_BYTES = 4096;

/** Function whose environment can be added to. */
export interface OwnFunction extends lambda.IFunction {
  addEnvironment(key: string, value: string): unknown;
  addLayers(...layers: lambda.ILayerVersion[]): void;
}

/** Metric lines are INFO to Lambda's filter, which these leave out. */
const QUIET_LEVELS = ['WARN', 'ERROR', 'FATAL'];
/** First part of the names of all variables of the runtime. */
const VARIABLE_PREFIX = 'TOKEN_ANALYTICS_';

/**
 * Variables that props of TokenAnalytics set, or leave at a default that the dashboard and the alarms count
 * on. A function sets none of them itself.
 */
const MANAGED_VARIABLES: readonly string[] = [
  ENV.agentId,
  ENV.namespace,
  ENV.agents,
  ENV.detailLevel,
  ENV.sink,
  ENV.tableName,
  ENV.writeShards,
  ENV.traceTtlDays,
  ENV.prices,
  ENV.discounts,
  ENV.inferenceProfiles,
  ENV.resolveProfiles,
  ENV.bareIdPrice,
  ENV.requestMetadata,
  ENV.leftToIngest,
];
/** Oldest Node.js that the runtime runs in. */
const MIN_NODE_VERSION = 20;
/** Variables of Powertools that the runtime obeys. */
const METRICS_DISABLED = 'POWERTOOLS_METRICS_DISABLED';
const DEV = 'POWERTOOLS_DEV';
/** Texts that switches of the environment take, in lower case. */
const TRUE_TEXTS = ['true', '1', 'yes', 'on', 'y', 't'];
const FALSE_TEXTS = ['false', '0', 'no', 'off', 'n', 'f'];
const KNOWN: ReadonlySet<string> = new Set(Object.values(ENV));

/** Environment of an instrumented function. */
interface Instrumented {
  /** Path of the TokenAnalytics that did it. */
  readonly by: string;
  readonly agentId: string;
}
const INSTRUMENTED = new WeakMap<IConstruct, Instrumented>();

/**
 * The function, if its environment can be added to.
 *
 * @throws for one that was imported, and for a version or an alias, whose environment is what it was
 */
export function requireOwnFunction(where: IConstruct, fn: lambda.IFunction): OwnFunction {
  if ('addEnvironment' in fn && 'addLayers' in fn) return fn as OwnFunction;
  const isPublished = 'lambda' in fn;
  throw propError(
    where,
    'fn',
    'a function that is made in this app',
    fn.node.path,
    isPublished
      ? 'A version or an alias keeps the environment that it was published with: instrument the ' +
          'function itself.'
      : 'The environment of an imported function cannot be changed: set `environment({ agentId })` ' +
          'where the function is made, and call the grants.',
  );
}

/**
 * Requires a Lambda runtime that the tracker can run in, and warns of a container image, which can hold any
 * language.
 *
 * @throws for a runtime of another language, and for a Node.js older than 20
 */
export function requireNodeRuntime(where: IConstruct, fn: OwnFunction): void {
  const { runtime } = fn as Partial<lambda.Function>;
  const error = runtimeError(where, fn, runtime?.name);
  if (error) throw error;
  // An override can still change it.
  refuseAtSynth(where, () => runtimeError(where, fn, templateOf(fn).Runtime));
  if (runtime && canRunAnyProgram(runtime.name)) {
    warn(
      fn,
      'runtime',
      'Token analytics measures model invocations in Node.js 20 or later, in code that has ' +
        '`cdk-token-analytics/runtime` in it. Synth cannot see what runs in ' +
        (runtime.name.startsWith('provided') ? `the runtime ${runtime.name}` : 'a container image') +
        ': in any other program, the variables that are set here do nothing.',
    );
  }
}

/** Returns true for a runtime that can hold any program. */
function canRunAnyProgram(runtime: string): boolean {
  return runtime === lambda.Runtime.FROM_IMAGE.name || runtime.startsWith('provided');
}

function runtimeError(where: IConstruct, fn: OwnFunction, runtime: unknown): Error | undefined {
  if (typeof runtime !== 'string' || Token.isUnresolved(runtime) || canRunAnyProgram(runtime))
    {return undefined;}
  const version = /^nodejs(\d+)/.exec(runtime)?.[1];
  if (version !== undefined && Number(version) >= MIN_NODE_VERSION) return undefined;
  return propError(
    where,
    'fn',
    `a function of Node.js ${MIN_NODE_VERSION} or later`,
    `${fn.node.path} of ${runtime}`,
    version === undefined
      ? 'The tracker runs in Node.js only, so that nothing would be measured: record the invocations of this ' +
          'function by `TokenUsageIngest`.'
      : 'Give it a newer runtime.',
  );
}

/**
 * Requires a layer that the function's runtime can have.
 *
 * @throws for a container image, and for a runtime that the layer does not name
 */
export function requireLayerRuntime(where: IConstruct, fn: OwnFunction, layer: lambda.ILayerVersion): void {
  const { runtime } = fn as Partial<lambda.Function>;
  const { compatibleRuntimes } = layer;
  if (!runtime || !compatibleRuntimes) return;
  const isImage = runtime.name === lambda.Runtime.FROM_IMAGE.name;
  if (!isImage && compatibleRuntimes.some(each => each.runtimeEquals(runtime))) return;
  const names = compatibleRuntimes.map(({ name }) => name).join(', ');
  throw propError(
    where,
    'layer',
    isImage ? 'left out for a container image' : `compatible with the runtime of the function (${names})`,
    `${layer.node.path} for ${fn.node.path} of ${isImage ? 'a container image' : runtime.name}`,
    'Leave the layer out, and have `cdk-token-analytics/runtime` in the code of the function.',
  );
}

/**
 * Sets the variables of one TokenAnalytics, and has the whole environment checked when the app is
 * synthesised, after whatever else is set.
 *
 * @throws if the function is instrumented already, or sets a variable of the runtime itself
 */
export function addEnvironment(
  where: IConstruct,
  fn: OwnFunction,
  variables: { readonly [name: string]: string },
): void {
  const key = findResource(fn) ?? fn;
  requireNotInstrumented(where, fn, INSTRUMENTED.get(key));
  const own = Object.keys(readEnvironment(fn)).filter(name => MANAGED_VARIABLES.includes(name));
  if (own.length > 0) throw ownVariablesError(where, fn, own);
  INSTRUMENTED.set(key, { by: where.node.path, agentId: variables[ENV.agentId] });
  for (const [name, value] of Object.entries(variables)) fn.addEnvironment(name, value);
  refuseAtSynth(where, () => replacedVariablesError(where, fn, variables));
  refuseAtSynth(fn, () => environmentError(fn));
}

/**
 * Returns the size of environment variables in bytes. A value that is known only at deployment counts as
 * empty.
 */
export function environmentBytes(variables: { readonly [name: string]: unknown }): number {
  return Object.entries(variables).reduce(
    (sum, [name, value]) =>
      sum +
      Buffer.byteLength(name) +
      (typeof value === 'string' && !Token.isUnresolved(value) ? Buffer.byteLength(value) : 0),
    0,
  );
}

function requireNotInstrumented(where: IConstruct, fn: OwnFunction, earlier: Instrumented | undefined): void {
  if (!earlier) return;
  const isAgain = earlier.by === where.node.path;
  throw propError(
    where,
    'fn',
    isAgain ? 'instrumented once' : 'instrumented by one TokenAnalytics',
    `${fn.node.path}, instrumented by ${earlier.by} for the agent ${earlier.agentId}` +
      (isAgain ? '' : ` and by ${where.node.path}`),
    isAgain
      ? 'Name the agent of single calls in code, by `run` or `instrument` of the tracker.'
      : 'The later one would replace the variables of the earlier one: keep one of the two.',
  );
}

function ownVariablesError(where: IConstruct, fn: OwnFunction, names: readonly string[]): Error {
  return propError(
    where,
    'fn',
    `a function that leaves ${names.join(', ')} to \`instrument\``,
    `${fn.node.path}, which sets ${names.length === 1 ? 'it' : 'them'} itself beside ${where.node.path}`,
    'Remove the variable from the function, and give the value to TokenAnalytics or `instrument`.',
  );
}

/** Warns of variables of a function that switch its metrics off. */
export function warnOfMetricsOff(fn: lambda.IFunction): void {
  const variables = readEnvironment(fn);
  const isOneOf = (name: string, texts: readonly string[]) =>
    texts.includes(String(variables[name] ?? '').toLowerCase());
  const off = [
    ...(isOneOf(METRICS_DISABLED, TRUE_TEXTS) ? [METRICS_DISABLED] : []),
    ...(isOneOf(DEV, TRUE_TEXTS) && variables[METRICS_DISABLED] === undefined ? [DEV] : []),
    ...(isOneOf(ENV.enabled, FALSE_TEXTS) ? [ENV.enabled] : []),
  ];
  if (off.length === 0) return;
  warn(
    fn,
    'metricsOff',
    `${off.join(' and ')}: the function publishes no metrics, so that no alarm fires and no widget shows what it ` +
      'uses. Remove the variable if that is not meant.',
  );
}

/** Warns if Lambda's own filter would leave metric lines out. */
export function warnOfLogLevel(fn: lambda.IFunction): void {
  const level = readLogging(fn).ApplicationLogLevel;
  if (typeof level !== 'string' || !QUIET_LEVELS.includes(level.toUpperCase())) return;
  warn(
    fn,
    'logLevel',
    `The application log level is ${level}: Lambda may leave out metric lines, which are INFO. ` +
      'Set it to INFO and make the logger quieter instead, such as by POWERTOOLS_LOG_LEVEL; or send ' +
      'metrics by `putMetricData`.',
  );
}

/**
 * Warns if the function's log group is of a class in which CloudWatch reads no embedded metrics. It is called
 * at synth, when the log group is made.
 */
export function warnOfLogClass(fn: lambda.IFunction): void {
  const logGroupClass = findLogGroupClass(fn);
  if (logGroupClass === undefined || logGroupClass === logs.LogGroupClass.STANDARD) return;
  warn(
    fn,
    'logClass',
    `Its log group is of class ${logGroupClass}, where CloudWatch makes no metrics of log lines: none would ` +
      'arrive. Give it a log group of class STANDARD, or send metrics by `putMetricData`.',
  );
}

/**
 * Returns the variables of a function, as far as they are set now; tokens are resolved to what they stand
 * for.
 */
export function readEnvironment(fn: lambda.IFunction): { readonly [name: string]: unknown } {
  const { Environment } = templateOf(fn) as {
    readonly Environment?: { readonly Variables?: { readonly [name: string]: unknown } };
  };
  return Environment?.Variables ?? {};
}

function replacedVariablesError(
  where: IConstruct,
  fn: OwnFunction,
  variables: { readonly [name: string]: string },
): Error | undefined {
  const present = readEnvironment(fn);
  const ours = Stack.of(fn).resolve(variables) as { readonly [name: string]: unknown };
  const replaced = MANAGED_VARIABLES.filter(
    name => JSON.stringify(present[name]) !== JSON.stringify(ours[name]),
  );
  return replaced.length > 0 ? ownVariablesError(where, fn, replaced) : undefined;
}

function environmentError(fn: OwnFunction): Error | undefined {
  const present = readEnvironment(fn);
  const unknown = Object.keys(present).filter(name => name.startsWith(VARIABLE_PREFIX) && !KNOWN.has(name));
  if (unknown.length > 0) {
    return propError(
      fn,
      'environment',
      `without variables ${VARIABLE_PREFIX}… that nothing reads`,
      unknown.join(', '),
      'Correct the name; docs/configuration.md lists all of them.',
    );
  }
  const bytes = environmentBytes(present);
  if (bytes <= MAX_ENVIRONMENT_BYTES) return undefined;
  return propError(
    fn,
    'environment',
    `at most ${MAX_ENVIRONMENT_BYTES} bytes of variables`,
    `${bytes} bytes`,
    'Lambda refuses more: shorten what is set, or give prices to the runtime in code.',
  );
}

function findLogGroupClass(fn: lambda.IFunction): string | undefined {
  const config = findResource(fn)?.loggingConfig;
  const name = Token.isUnresolved(config)
    ? undefined
    : (config as Exclude<typeof config, IResolvable>)?.logGroup;
  return name === undefined ? undefined : findLogGroupClassByName(fn, name);
}

/** Logging settings of a function, as the template has them. */
interface Logging {
  readonly ApplicationLogLevel?: unknown;
}

/** Returns the logging settings of a function. */
export function readLogging(fn: lambda.IFunction): Logging {
  return (templateOf(fn) as { readonly LoggingConfig?: Logging }).LoggingConfig ?? {};
}

function templateOf(fn: lambda.IFunction): TemplateProperties {
  const resource = findResource(fn);
  return resource ? readTemplateProperties(resource) : {};
}

/**
 * Returns the resource of a function. That of a SingletonFunction stands in the stack, under another path.
 */
function findResource(fn: lambda.IFunction): lambda.CfnFunction | undefined {
  const child = fn.node.defaultChild;
  if (child instanceof lambda.CfnFunction) return child;
  const stack = Stack.of(fn);
  const arn = JSON.stringify(stack.resolve(fn.functionArn));
  return stack.node
    .findAll()
    .find(
      (found): found is lambda.CfnFunction =>
        found instanceof lambda.CfnFunction && JSON.stringify(stack.resolve(found.attrArn)) === arn,
    );
}
