import { type IResolvable, Stack, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { type IConstruct } from 'constructs';
import { ENV } from '../contract';
import { findLogGroupClassByName } from '../private/log-group';
import { refuseAtSynth, warn } from '../private/synth-messages';
import { type TemplateProperties, readTemplateProperties } from '../private/template-properties';
import { propError } from '../private/validate';

/** Maximum total size of the environment variables of a function, in bytes (Lambda quotas). */
export const MAX_ENVIRONMENT_BYTES = 4096;

/** Function of this app, to which environment variables and layers can be added. */
export interface OwnFunction extends lambda.IFunction {
  addEnvironment(key: string, value: string): unknown;
  addLayers(...layers: lambda.ILayerVersion[]): void;
}

/** Lambda log levels at which metric lines are dropped, because metric lines have the level INFO. */
const QUIET_LEVELS = ['WARN', 'ERROR', 'FATAL'];
/** Prefix of the names of all environment variables of the runtime. */
const VARIABLE_PREFIX = 'TOKEN_ANALYTICS_';

/**
 * Environment variables that the app must not set on an instrumented function. TokenAnalytics sets most of
 * them. For the others, the dashboard and the alarms need the default value.
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
/** Oldest Node.js version that the runtime supports. */
const MIN_NODE_VERSION = 20;
/** Powertools variable that turns metrics off in the runtime. */
const METRICS_DISABLED = 'POWERTOOLS_METRICS_DISABLED';
/** Powertools variable that turns metrics off in the runtime if POWERTOOLS_METRICS_DISABLED is not set. */
const DEV = 'POWERTOOLS_DEV';
/** Values of a boolean environment variable that mean true, in lower case. */
const TRUE_TEXTS = ['true', '1', 'yes', 'on', 'y', 't'];
/** Values of a boolean environment variable that mean false, in lower case. */
const FALSE_TEXTS = ['false', '0', 'no', 'off', 'n', 'f'];
const KNOWN: ReadonlySet<string> = new Set(Object.values(ENV));

/** Record that a function is instrumented. Instrumenting the function again is an error. */
interface Instrumented {
  /** Path of the TokenAnalytics that instrumented the function. */
  readonly by: string;
  readonly agentId: string;
}
const INSTRUMENTED = new WeakMap<IConstruct, Instrumented>();

/**
 * Returns the function if environment variables and layers can be added to it.
 *
 * @throws if the function is imported. Also if the function is a version or an alias
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
 * Requires a Lambda runtime in which the tracker works: Node.js 20 or later. Adds a warning for a container
 * image or a custom runtime, because the language of its program is unknown.
 *
 * @throws if the runtime is for a language other than Node.js, or for Node.js older than 20
 */
export function requireNodeRuntime(where: IConstruct, fn: OwnFunction): void {
  const { runtime } = fn as Partial<lambda.Function>;
  const error = runtimeError(where, fn, runtime?.name);
  if (error) throw error;
  // The check runs again at synth, because the app can override the runtime in the template.
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

/** Returns true for a container image, and for a custom runtime. Both can run a program in any language. */
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
 * Requires a layer that is compatible with the runtime of the function. Accepts a layer that does not list
 * its runtimes.
 *
 * @throws if the layer does not list the runtime of the function. Also if the function is a container image
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
 * Sets the environment variables of TokenAnalytics on a function. Adds checks that run at synth, because the
 * app can change variables later.
 *
 * @throws if the function is already instrumented. Also if the app itself sets a variable of TokenAnalytics
 * on the function
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
 * Returns the total size of environment variables in bytes. The size of a value that is known only at
 * deployment counts as 0.
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

/** Adds a warning if the environment variables of a function turn its metrics off. */
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

/** Adds a warning if the log level of a function makes Lambda drop metric lines. */
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
 * Adds a warning if the log group of a function is not of class STANDARD, because CloudWatch then extracts no
 * metrics from the log lines. Call this function at synth, when the log group exists.
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

/** Returns the environment variables that a function has at the time of the call, with tokens resolved. */
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

/** Logging settings of a function, as in the template. */
interface Logging {
  readonly ApplicationLogLevel?: unknown;
}

/** Returns the logging settings of a function, as in the template. */
export function readLogging(fn: lambda.IFunction): Logging {
  return (templateOf(fn) as { readonly LoggingConfig?: Logging }).LoggingConfig ?? {};
}

function templateOf(fn: lambda.IFunction): TemplateProperties {
  const resource = findResource(fn);
  return resource ? readTemplateProperties(resource) : {};
}

/**
 * Returns the CloudFormation resource of a function. The resource of a SingletonFunction is elsewhere in the
 * stack, and is found by its ARN.
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
