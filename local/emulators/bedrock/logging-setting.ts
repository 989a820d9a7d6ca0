import { Refusal, refuseIf } from '../emulators';

type Members = Readonly<Record<string, unknown>>;

/** URL path of requests that read, change or delete the model invocation logging setting. */
export const LOGGING_PATH = '/logging/modelinvocations';

/**
 * Model invocation logging setting of an emulated AWS account. Each PUT request replaces the entire setting.
 */
export class LoggingSetting {
  /**
   * Current setting, or undefined if logging is off. A test can assign a value, as if another administrator
   * had changed the setting.
   */
  public present: Members | undefined;
  /** HTTP methods of the received requests, such as `PUT`. */
  public readonly requests: string[] = [];
  /**
   * Function with which a test can refuse requests. It returns an error, or undefined to process the request.
   */
  public refusal?: (method: string, setting?: Members) => Refusal | undefined;

  /** @param knowsRole returns true if Bedrock can assume the role. Default: Bedrock can assume each role */
  constructor(private readonly knowsRole: (roleArn: string) => boolean = () => true) {}

  /**
   * Processes a GET, PUT or DELETE request for the setting, and returns the response body.
   *
   * @throws Refusal if the request is invalid
   */
  public answer(method: string, body: Buffer): Members {
    this.requests.push(method);
    const loggingConfig = method === 'PUT' ? parseSetting(body) : undefined;
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
        throw new Refusal('UnknownOperationException', 'unknown operation', 404);
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

function parseSetting(body: Buffer): Members | undefined {
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
