import { type IResolvable, Stack, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { type IConstruct } from 'constructs';
import { ENV } from '../contract';
import { findLogGroupClassByName } from '../private/log-group';
import { refuseAtSynth, warn } from '../private/synth-messages';
import { type TemplateProperties, readTemplateProperties } from '../private/template-properties';
import { propError } from '../private/validate';

/** Maximum number of bytes of all environment variables of a function (Lambda quotas). */
export const MAX_ENVIRONMENT_BYTES = 4096;

/** Lambda function that this app creates. An imported function has no `addEnvironment` and no `addLayers`. */
export interface OwnFunction extends lambda.IFunction {
  addEnvironment(key: string, value: string): unknown;
  addLayers(...layers: lambda.ILayerVersion[]): void;
}

/** Lambda log levels that drop log lines of level INFO. Metrics are log lines of this level. */
const QUIET_LEVELS = ['WARN', 'ERROR', 'FATAL'];
/** Prefix of the environment variables of the runtime. */
const VARIABLE_PREFIX = 'TOKEN_ANALYTICS_';

/**
 * Environment variables that the app must not set on an instrumented function. TokenAnalytics sets most of
 * these variables. Alarms and dashboards rely on the default values of the other variables.
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
  ENV.claimCalls,
];
/** Oldest major version of Node.js in which the runtime works. */
const MIN_NODE_VERSION = 20;
/** Environment variable of Powertools for AWS that disables metrics. */
const METRICS_DISABLED = 'POWERTOOLS_METRICS_DISABLED';
/**
 * Environment variable of Powertools for AWS that disables metrics if `POWERTOOLS_METRICS_DISABLED` is not
 * set.
 */
const DEV = 'POWERTOOLS_DEV';
/** Texts in lower case that mean true in an environment variable. */
const TRUE_TEXTS = ['true', '1', 'yes', 'on', 'y', 't'];
/** Texts in lower case that mean false in an environment variable. */
const FALSE_TEXTS = ['false', '0', 'no', 'off', 'n', 'f'];
const KNOWN: ReadonlySet<string> = new Set(Object.values(ENV));

/** Details of an instrumented function, for the error if the function is instrumented again. */
interface Instrumented {
  /** Path of the `TokenAnalytics` construct that instrumented the function. */
  readonly by: string;
  readonly agentId: string;
}
const INSTRUMENTED = new WeakMap<IConstruct, Instrumented>();

/**
 * Returns the function if this app creates it. Other functions cannot receive environment variables or
 * layers.
 *
 * @throws if the function is imported
 * @throws if the function is a version or an alias
 */
export function requireOwnFunction(where: IConstruct, fn: lambda.IFunction): OwnFunction {
  if ('addEnvironment' in fn && 'addLayers' in fn) return fn as OwnFunction;
  const isPublished = 'lambda' in fn;
  throw propError(
    where,
    'fn',
    'a function made in this app',
    fn.node.path,
    isPublished
      ? 'A version or an alias keeps the environment with which it was published: instrument the ' +
          'function itself.'
      : 'The environment of an imported function cannot be changed: set `environment({ agentId })` ' +
          'in the app of the function, and call `grant` for its role.',
  );
}

/**
 * Throws an error if the function does not run Node.js 20 or later. Adds a warning for a container image or a
 * custom runtime, because it can contain a program in any language.
 */
export function requireNodeRuntime(where: IConstruct, fn: OwnFunction): void {
  const { runtime } = fn as Partial<lambda.Function>;
  const error = runtimeError(where, fn, runtime?.name);
  if (error) throw error;
  // Checks the runtime again at synthesis, because the app can override it in the template.
  refuseAtSynth(where, () => runtimeError(where, fn, templateOf(fn).Runtime));
  if (runtime && canRunAnyProgram(runtime.name)) {
    warn(
      fn,
      'runtime',
      'Token analytics measures model invocations only in Node.js 20 or later, in code that uses ' +
        '`cdk-token-analytics/runtime`. Synth cannot check the program in ' +
        (runtime.name.startsWith('provided') ? `the runtime ${runtime.name}` : 'a container image') +
        '. In other programs, the variables of `instrument` have no effect.',
    );
  }
}

/** Returns true for a container image and for a custom runtime: the program can be in any language. */
function canRunAnyProgram(runtime: string): boolean {
  return runtime === lambda.Runtime.FROM_IMAGE.name || runtime.startsWith('provided');
}

function runtimeError(where: IConstruct, fn: OwnFunction, runtime: unknown): Error | undefined {
  if (typeof runtime !== 'string' || Token.isUnresolved(runtime) || canRunAnyProgram(runtime)) {
    return undefined;
  }
  const version = /^nodejs(\d+)/.exec(runtime)?.[1];
  if (version !== undefined && Number(version) >= MIN_NODE_VERSION) return undefined;
  return propError(
    where,
    'fn',
    `a function with Node.js ${MIN_NODE_VERSION} or later`,
    `${fn.node.path} with ${runtime}`,
    version === undefined
      ? 'The tracker runs only in Node.js: record the invocations of this function by `TokenUsageIngest`.'
      : 'Use a newer runtime.',
  );
}

/**
 * Throws an error if a function with this runtime cannot use the layer. A layer without a list of runtimes is
 * accepted.
 *
 * @throws if the layer lists its runtimes, and the function has another runtime or is a container image
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
    isImage ? 'omitted for a container image' : `compatible with the runtime of the function (${names})`,
    `${layer.node.path} for ${fn.node.path} with ${isImage ? 'a container image' : runtime.name}`,
    'Remove the layer, and bundle `cdk-token-analytics/runtime` with the code of the function.',
  );
}

/**
 * Sets environment variables of TokenAnalytics on a function. Checks them again at synthesis, because the app
 * can change them until then.
 *
 * @throws if the function is already instrumented
 * @throws if the app itself has set a variable of TokenAnalytics on the function
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
 * Returns the number of bytes of all names and values. A value that is known only at deployment counts as 0.
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
      ? 'Set the agent of single invocations in code, by `run` or `instrument` of the tracker.'
      : 'The second one would replace the variables of the first: keep one of the two.',
  );
}

function ownVariablesError(where: IConstruct, fn: OwnFunction, names: readonly string[]): Error {
  return propError(
    where,
    'fn',
    `a function that does not set ${names.join(', ')} itself`,
    `${fn.node.path}, which sets ${names.length === 1 ? 'it' : 'them'} in addition to ${where.node.path}`,
    'Remove the variable from the function, and pass the value to TokenAnalytics or `instrument`.',
  );
}

/** Adds a warning if a function publishes no metrics because of its environment variables. */
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
    `${off.join(' and ')}: the function publishes no metrics, so no alarm and no widget includes its usage. ` +
      'Remove the variable if this is not intended.',
  );
}

/**
 * Adds a warning if Lambda drops the metrics of a function because of its log level. Metrics are log lines of
 * level INFO.
 */
export function warnOfLogLevel(fn: lambda.IFunction): void {
  const level = readLogging(fn).ApplicationLogLevel;
  if (typeof level !== 'string' || !QUIET_LEVELS.includes(level.toUpperCase())) return;
  warn(
    fn,
    'logLevel',
    `The application log level is ${level}: Lambda may drop metric lines, which have level INFO. ` +
      'Set it to INFO and reduce other lines by the logger instead, for example by POWERTOOLS_LOG_LEVEL. Or ' +
      'send metrics by `putMetricData`.',
  );
}

/**
 * Adds a warning if the log group of a function has another class than STANDARD. CloudWatch reads no metrics
 * from such log groups. Must be called at synthesis, when the log group exists.
 */
export function warnOfLogClass(fn: lambda.IFunction): void {
  const logGroupClass = findLogGroupClass(fn);
  if (logGroupClass === undefined || logGroupClass === logs.LogGroupClass.STANDARD) return;
  warn(
    fn,
    'logClass',
    `Its log group is of class ${logGroupClass}, in which CloudWatch extracts no metrics from log lines, so its ` +
      'metrics are lost. Use a log group of class STANDARD, or send metrics by `putMetricData`.',
  );
}

/** Returns the current environment variables of a function, as in the CloudFormation template. */
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
      `without unknown variables ${VARIABLE_PREFIX}…`,
      unknown.join(', '),
      'Correct the name: docs/configuration.md lists all variables.',
    );
  }
  const bytes = environmentBytes(present);
  if (bytes <= MAX_ENVIRONMENT_BYTES) return undefined;
  return propError(
    fn,
    'environment',
    `at most ${MAX_ENVIRONMENT_BYTES} bytes of variables`,
    `${bytes} bytes`,
    'Lambda refuses more: shorten the values, or pass prices to the runtime in code.',
  );
}

function findLogGroupClass(fn: lambda.IFunction): string | undefined {
  const config = findResource(fn)?.loggingConfig;
  const name = Token.isUnresolved(config)
    ? undefined
    : (config as Exclude<typeof config, IResolvable>)?.logGroup;
  return name === undefined ? undefined : findLogGroupClassByName(fn, name);
}

/** Property `LoggingConfig` of a function in the CloudFormation template. */
interface Logging {
  readonly ApplicationLogLevel?: unknown;
}

/** Returns the property `LoggingConfig` of a function in the CloudFormation template. */
export function readLogging(fn: lambda.IFunction): Logging {
  return (templateOf(fn) as { readonly LoggingConfig?: Logging }).LoggingConfig ?? {};
}

function templateOf(fn: lambda.IFunction): TemplateProperties {
  const resource = findResource(fn);
  return resource ? readTemplateProperties(resource) : {};
}

/**
 * Returns the CloudFormation resource of a function. A `SingletonFunction` has no resource of its own, so the
 * stack is searched for a resource with the same ARN.
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
