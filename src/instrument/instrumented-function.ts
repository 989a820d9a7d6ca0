import { Annotations, type IResolvable, Stack, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { type IConstruct } from 'constructs';
import { environmentBytes, MAX_ENVIRONMENT_BYTES } from './environment-size';
import { propError } from '../private/validate';

/** What of a function's environment is in its own hands, and can be added to. */
interface OwnFunction extends lambda.IFunction {
  addEnvironment(key: string, value: string): unknown;
  addLayers(...layers: lambda.ILayerVersion[]): void;
}

/** Metric lines are INFO to Lambda's filter, which these leave out. */
const QUIET_LEVELS = ['WARN', 'ERROR', 'FATAL'];

/** The warning of a log level that leaves metric lines out. */
const LOG_LEVEL_WARNING = 'cdk-token-analytics:logLevel';

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

/** Sets variables, and has their size looked at when the app is synthesised, after whatever else is set. */
export function addEnvironment(fn: OwnFunction, variables: { readonly [name: string]: string }): void {
  for (const [name, value] of Object.entries(variables)) fn.addEnvironment(name, value);
  fn.node.addValidation({ validate: () => environmentProblems(fn) });
}

/** Warns where Lambda's own filter would leave metric lines out. */
export function warnOfLogLevel(fn: lambda.IFunction): void {
  const level = loggingOf(fn)?.applicationLogLevel;
  if (level === undefined || !QUIET_LEVELS.includes(level.toUpperCase())) return;
  Annotations.of(fn).addWarningV2(
    LOG_LEVEL_WARNING,
    `The application log level is ${level}: Lambda may leave out metric lines, which are INFO. ` +
      'Set it to INFO and make the logger quieter instead, such as by POWERTOOLS_LOG_LEVEL; or send ' +
      'metrics by `putMetricData`.',
  );
}

/** The stacks that the function and the table must share a region and an account with. */
export function requireSamePlace(where: IConstruct, fn: IConstruct, what: string): void {
  for (const place of ['region', 'account'] as const) {
    const [theirs, ours] = [Stack.of(fn)[place], Stack.of(where)[place]];
    if (Token.isUnresolved(theirs) || Token.isUnresolved(ours) || theirs === ours) continue;
    throw propError(
      where,
      'fn',
      `in the ${place} of ${what} (${ours})`,
      `${fn.node.path} in ${theirs}`,
      `Make another TokenAnalytics in a stack of that ${place}.`,
    );
  }
}

function environmentProblems(fn: lambda.IFunction): string[] {
  const environment = Stack.of(fn).resolve(cfnOf(fn)?.environment) as
    { readonly variables?: { readonly [name: string]: unknown } } | undefined;
  const bytes = environmentBytes(environment?.variables ?? {});
  return bytes <= MAX_ENVIRONMENT_BYTES
    ? []
    : [
        propError(
          fn,
          'environment',
          `at most ${MAX_ENVIRONMENT_BYTES} bytes of variables`,
          `${bytes} bytes`,
          'Lambda refuses more: shorten what is set, or give prices to the runtime in code.',
        ).message,
      ];
}

function loggingOf(fn: lambda.IFunction): lambda.CfnFunction.LoggingConfigProperty | undefined {
  const config = cfnOf(fn)?.loggingConfig;
  return config === undefined || Token.isUnresolved(config)
    ? undefined
    : (config as Exclude<typeof config, IResolvable>);
}

function cfnOf(fn: lambda.IFunction): lambda.CfnFunction | undefined {
  const child = fn.node.defaultChild;
  return child instanceof lambda.CfnFunction ? child : undefined;
}
