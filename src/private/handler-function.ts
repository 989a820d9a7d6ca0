import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge, FUNCTION_REASONS, LOG_REASONS, ROLE_REASONS } from './acknowledged';
import { HANDLERS_PATH } from './assets';
import type { HandlerName } from './entry-points';

/** A function whose handler ships built with the package. */
export interface HandlerFunctionProps {
  readonly description: string;
  readonly handler: HandlerName;
  readonly timeout: Duration;
  readonly memorySize: number;
  readonly environment: { readonly [key: string]: string };
  readonly logRetention?: logs.RetentionDays;
  readonly reservedConcurrentExecutions?: number;
}

/** A function, with a role and a log group that are its own. */
export interface HandlerFunction {
  readonly function: lambda.Function;
  readonly role: iam.Role;
  readonly logGroup: logs.LogGroup;
}

/**
 * Makes the function, its role and its log group in a scope that
 * has no other; the role may write to the log, and nothing else.
 */
export function handlerFunction(scope: Construct, props: HandlerFunctionProps): HandlerFunction {
  const logGroup = new logs.LogGroup(scope, 'Logs', {
    retention: props.logRetention ?? logs.RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new iam.Role(scope, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  const made = new lambda.Function(scope, 'Function', {
    description: props.description,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    code: lambda.Code.fromAsset(HANDLERS_PATH),
    handler: `${props.handler}.handler`,
    timeout: props.timeout,
    memorySize: props.memorySize,
    reservedConcurrentExecutions: props.reservedConcurrentExecutions,
    role,
    logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
    // At WARN and above, metric lines would not be sent.
    applicationLogLevelV2: lambda.ApplicationLogLevel.INFO,
    environment: { ...props.environment },
  });
  acknowledge(made, FUNCTION_REASONS);
  acknowledge(role, ROLE_REASONS);
  acknowledge(logGroup, LOG_REASONS);
  return { function: made, role, logGroup };
}
