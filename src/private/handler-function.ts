import * as path from 'path';
import { type Duration, IgnoreMode, PhysicalName, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge, LOG_REASONS, type Reasons, ROLE_REASONS } from './acknowledged-rules';
import { PACKAGE_ROOT, readAssetManifest } from './asset-manifest';
import { grantKeyThrough, allowLogsToUseKey, warnOfForeignKey } from './encryption-key';
import { ASSETS_FOLDER, type HandlerName } from './entry-points';
import { requireSamePlace } from './region-account';

const HANDLERS_PATH = path.join(PACKAGE_ROOT, ASSETS_FOLDER);

/** Settings of a Lambda function whose code is a part of this package. */
export interface HandlerFunctionProps {
  readonly description: string;
  readonly handler: HandlerName;
  readonly timeout: Duration;
  readonly memorySize: number;
  readonly environment: { readonly [key: string]: string };
  readonly logRetention?: logs.RetentionDays;
  readonly reservedConcurrentExecutions?: number;
  /** Customer managed key that encrypts the environment variables and the log group. */
  readonly encryptionKey?: kms.IKey;
  /** Rules that the function breaks on purpose, with a reason for each rule. */
  readonly reasons: Reasons;
}

/** Lambda function, with a role and a log group for this function only. */
export interface HandlerFunction {
  readonly function: lambda.Function;
  readonly role: iam.Role;
  readonly logGroup: logs.LogGroup;
}

/**
 * Creates a Lambda function, its role and its log group as children of `scope`. `scope` must have no other
 * children named `Function`, `Role` or `Logs`. The role can only write to the log group and use the
 * encryption key.
 */
export function handlerFunction(scope: Construct, props: HandlerFunctionProps): HandlerFunction {
  const { encryptionKey } = props;
  if (encryptionKey) {
    requireSamePlace(
      scope,
      'encryptionKey',
      encryptionKey,
      'Lambda and CloudWatch Logs need a key of their own region: pass a key of that region.',
      ['region'],
    );
    allowLogsToUseKey(scope, encryptionKey);
    warnOfForeignKey(scope, encryptionKey);
  }
  const logGroup = new logs.LogGroup(scope, 'Logs', {
    retention: props.logRetention ?? logs.RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
    encryptionKey,
  });
  const role = new iam.Role(scope, 'Role', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    // The role gets a fixed name only if a policy in another account refers to the role.
    roleName: PhysicalName.GENERATE_IF_NEEDED,
  });
  logGroup.grantWrite(role);
  // If there is a key, allows the role to decrypt with it. Lambda has its own KMS grant, but older Lambda
  // documentation requires this permission for the role.
  if (encryptionKey) grantKeyThrough(scope, encryptionKey, role, 'lambda', ['kms:Decrypt']);
  const made = new lambda.Function(scope, 'Function', {
    description: props.description,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    code: codeOf(props.handler),
    handler: `${props.handler}.handler`,
    timeout: props.timeout,
    memorySize: props.memorySize,
    reservedConcurrentExecutions: props.reservedConcurrentExecutions,
    role,
    logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
    // With a higher level, such as WARN, Lambda would drop the lines that contain metrics.
    applicationLogLevelV2: lambda.ApplicationLogLevel.INFO,
    environment: { ...props.environment },
    environmentEncryption: encryptionKey,
  });
  acknowledge(made, props.reasons);
  acknowledge(role, ROLE_REASONS);
  if (!encryptionKey) acknowledge(logGroup, LOG_REASONS);
  return { function: made, role, logGroup };
}

/**
 * Returns the code of a handler: the built folder without the files that this handler does not load. The hash
 * comes from the build, so it changes only with the code of this handler.
 */
function codeOf(handler: HandlerName): lambda.Code {
  const { files, hash } = readAssetManifest().handlers[handler];
  return lambda.Code.fromAsset(HANDLERS_PATH, {
    exclude: ['*', ...files.map(file => `!${file}`)],
    ignoreMode: IgnoreMode.GIT,
    assetHash: hash,
  });
}
