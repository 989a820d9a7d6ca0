import { Refusal, refuseIf } from '../emulators';

type Members = Readonly<Record<string, unknown>>;

/** Path of the account's logging of model invocations. */
export const LOGGING_PATH = '/logging/modelinvocations';

/** The account's logging of model invocations: one setting, which each Put replaces whole. */
export class LoggingSetting {
  /** Present setting; undefined if logging is off. A test sets it as another administrator would. */
  public present: Members | undefined;
  /** Requests that came, such as `PUT`. */
  public readonly requests: string[] = [];
  /** Error of a request that is refused, before anything else is done. A test sets it. */
  public refusal?: (method: string, setting?: Members) => Refusal | undefined;

  /** @param knowsRole returns false for a role that Bedrock cannot use yet */
  constructor(private readonly knowsRole: (roleArn: string) => boolean = () => true) {}

  /**
   * Answers a request.
   *
   * @throws Refusal if the request is not valid
   */
  public answer(method: string, body: Buffer): Members {
    this.requests.push(method);
    const loggingConfig = method === 'PUT' ? settingOf(body) : undefined;
    const refusal = this.refusal?.(method, loggingConfig);
    if (refusal) throw refusal;
    switch (method) {
      case 'GET':
        return this.present ? { loggingConfig: this.present } : {};
      case 'DELETE':
        this.present = undefined;
        return {};
      case 'PUT':
        this.require(loggingConfig);
        this.present = loggingConfig;
        return {};
      default:
        throw new Refusal('UnknownOperationException', 'no such operation', 404);
    }
  }

  private require(setting: unknown): asserts setting is Members {
    const { cloudWatchConfig, s3Config } = requireMembers(setting, 'loggingConfig', []);
    if (s3Config !== undefined) requireMembers(s3Config, 's3Config', ['bucketName']);
    if (cloudWatchConfig === undefined) return;
    const { roleArn, logGroupName, largeDataDeliveryS3Config } = requireMembers(
      cloudWatchConfig,
      'cloudWatchConfig',
      ['logGroupName', 'roleArn'],
    );
    if (largeDataDeliveryS3Config !== undefined) {
      requireMembers(largeDataDeliveryS3Config, 'largeDataDeliveryS3Config', ['bucketName']);
    }
    refuseIf(
      !this.knowsRole(String(roleArn)),
      'ValidationException',
      `Failed to validate permissions for log group: ${String(logGroupName)}, with role: ${String(roleArn)}. Verify the IAM role permissions are correct.`,
    );
  }
}

function settingOf(body: Buffer): Members | undefined {
  return (JSON.parse(body.toString('utf8')) as { readonly loggingConfig?: Members }).loggingConfig;
}

function requireMembers(value: unknown, name: string, required: readonly string[]): Members {
  const isObject = typeof value === 'object' && value !== null;
  refuseIf(!isObject, 'ValidationException', `${name} must be an object`);
  for (const member of required) {
    const text = (value as Members)[member];
    refuseIf(
      typeof text !== 'string' || text === '',
      'ValidationException',
      `1 validation error detected: Value at '${name}.${member}' failed to satisfy constraint: Member must not be null`,
    );
  }
  return value as Members;
}
