/** AWS region, account and partition for the values in a template. */
export interface Deployment {
  readonly region: string;
  readonly accountId: string;
  readonly partition: string;
}

/** Replaces intrinsic functions of a CloudFormation template, such as `Ref`, by values. */
export interface TemplateResolver {
  /**
   * Returns a copy of `value` in which all intrinsic functions are replaced.
   *
   * @throws if an intrinsic function or a reference is unknown and the option `unknown` is not set
   */
  resolve(value: unknown): unknown;
}

interface Resources {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

export interface ResolveOptions {
  /** Name of the CloudFormation stack, for `AWS::StackName`. Default: `QuickStart`. */
  readonly stackName?: string;
  /** Values of the parameters that the template declares, by parameter name. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /**
   * Returns a replacement for an intrinsic function or reference that cannot be resolved. `reason` is the
   * error text. Default: an error with this text is thrown.
   */
  readonly unknown?: (reason: string) => unknown;
}

/**
 * Property that contains the name of a resource, by resource type. If the property is not set, the logical id
 * is used as the name.
 */
const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
};

/** Functions by resource type. Each function returns an ARN without `arn:<partition>:`. */
const ARNS: Readonly<Record<string, (name: string, at: Deployment) => string>> = {
  'AWS::CloudWatch::Alarm': (name, at) => `cloudwatch:${at.region}:${at.accountId}:alarm:${name}`,
  'AWS::DynamoDB::GlobalTable': (name, at) => `dynamodb:${at.region}:${at.accountId}:table/${name}`,
  'AWS::IAM::Role': (name, at) => `iam::${at.accountId}:role/${name}`,
  'AWS::Lambda::Function': (name, at) => `lambda:${at.region}:${at.accountId}:function:${name}`,
  'AWS::Logs::LogGroup': (name, at) => `logs:${at.region}:${at.accountId}:log-group:${name}:*`,
};

/**
 * Creates a resolver for the intrinsic functions in a template. It supports only functions that this
 * package's constructs use.
 */
export function resolveTemplate(
  template: Resources,
  deployment: Deployment,
  options: ResolveOptions = {},
): TemplateResolver {
  const { parameters = {} } = options;
  const unknown =
    options.unknown ??
    ((reason: string): unknown => {
      throw new Error(reason);
    });
  const pseudoParameters: Readonly<Record<string, unknown>> = {
    'AWS::Region': deployment.region,
    'AWS::AccountId': deployment.accountId,
    'AWS::Partition': deployment.partition,
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': options.stackName ?? 'QuickStart',
    ...parameters,
    'AWS::NoValue': undefined,
  };

  const nameOf = (logicalId: string): unknown => {
    const resource = template.Resources[logicalId];
    if (!resource) return unknown(`the template has no resource ${logicalId}`);
    const named = resource.Properties?.[NAME_PROPERTIES[resource.Type] ?? ''];
    return named === undefined ? logicalId : String(resolve(named));
  };

  const reference = (name: string): unknown =>
    Object.hasOwn(pseudoParameters, name) ? pseudoParameters[name] : nameOf(name);

  const attribute = ([logicalId, name]: readonly string[]): unknown => {
    const type = template.Resources[logicalId]?.Type ?? '';
    if (name !== 'Arn' || !Object.hasOwn(ARNS, type)) {
      return unknown(`the attribute ${logicalId}.${name} of ${type || 'a missing resource'} is unknown`);
    }
    return `arn:${deployment.partition}:${ARNS[type](String(nameOf(logicalId)), deployment)}`;
  };

  const substitute = (argument: unknown): string => {
    const [text, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [
      string,
      Record<string, unknown>,
    ];
    return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (match, literal: string, name: string) => {
      if (literal) return match.replace('!', '');
      if (Object.hasOwn(variables, name)) return String(resolve(variables[name]));
      return String(name.includes('.') ? attribute(name.split('.')) : reference(name));
    });
  };

  const intrinsics: Readonly<Record<string, (argument: unknown) => unknown>> = {
    'Ref': argument => reference(String(argument)),
    'Fn::GetAtt': argument =>
      attribute(Array.isArray(argument) ? (argument as string[]) : String(argument).split('.')),
    'Fn::Join': argument => {
      const [separator, parts] = argument as [string, unknown];
      return (resolve(parts) as unknown[]).join(separator);
    },
    'Fn::Sub': substitute,
    'Fn::Select': argument => {
      const [index, list] = argument as [number | string, unknown];
      return (resolve(list) as unknown[])[Number(index)];
    },
    'Fn::Split': argument => {
      const [separator, text] = argument as [string, unknown];
      return String(resolve(text)).split(separator);
    },
  };

  function resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [first] = entries;
    if (entries.length === 1 && (first[0] === 'Ref' || first[0].startsWith('Fn::'))) {
      if (!Object.hasOwn(intrinsics, first[0])) {
        return unknown(`the intrinsic function ${first[0]} is unknown`);
      }
      return intrinsics[first[0]](first[1]);
    }
    return Object.fromEntries(entries.map(([key, part]) => [key, resolve(part)]));
  }

  return { resolve };
}
