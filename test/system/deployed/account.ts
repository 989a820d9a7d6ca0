import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  DescribeSubscriptionFiltersCommand,
  GetLogEventsCommand,
  type GetLogEventsCommandInput,
  type OutputLogEvent,
  paginateDescribeLogStreams,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { type AttributeValue, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import {
  EventBridgeClient,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import {
  GetFunctionConfigurationCommand,
  type GetFunctionConfigurationCommandOutput,
  InvokeCommand,
  LambdaClient,
  paginateListFunctions,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { SNSClient } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type MiniStack, REGION } from './ministack';

type Item = Readonly<Record<string, AttributeValue>>;

/** Deployed resource of a stack. */
export interface Resource {
  readonly type: string;
  readonly logicalId: string;
  readonly physicalId: string;
}

const WAIT_LIMIT_MS = 60_000;
const WAIT_MS = 500;

/** Account of MiniStack, through the clients of the AWS SDK. */
export class Account {
  readonly cloudFormation;
  readonly cloudWatch;
  readonly dynamoDb;
  readonly eventBridge;
  readonly lambda;
  readonly logs;
  readonly sns;
  readonly sqs;

  constructor({ endpoint }: MiniStack) {
    const config = {
      endpoint,
      region: REGION,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    this.cloudFormation = new CloudFormationClient(config);
    this.cloudWatch = new CloudWatchClient(config);
    this.dynamoDb = new DynamoDBClient(config);
    this.eventBridge = new EventBridgeClient(config);
    // A second attempt would make the model calls of an invocation again.
    this.lambda = new LambdaClient({ ...config, maxAttempts: 1 });
    this.logs = new CloudWatchLogsClient(config);
    this.sns = new SNSClient(config);
    this.sqs = new SQSClient(config);
  }

  async resources(stackName: string): Promise<Resource[]> {
    const found: Resource[] = [];
    const pages = paginateListStackResources({ client: this.cloudFormation }, { StackName: stackName });
    for await (const { StackResourceSummaries = [] } of pages) {
      for (const {
        ResourceType = '',
        LogicalResourceId = '',
        PhysicalResourceId = '',
      } of StackResourceSummaries) {
        found.push({ type: ResourceType, logicalId: LogicalResourceId, physicalId: PhysicalResourceId });
      }
    }
    return found;
  }

  /** Returns the names of all stacks that are not deleted. */
  async stackNames(): Promise<string[]> {
    const { Stacks = [] } = await this.cloudFormation.send(new DescribeStacksCommand({}));
    return Stacks.map(({ StackName = '' }) => StackName);
  }

  /**
   * Invokes a function and returns its result.
   *
   * @throws if the function fails
   */
  async invoke(functionName: string, event: unknown = {}): Promise<unknown> {
    const { failure, result } = await this.tryInvoke(functionName, event);
    if (failure !== undefined) throw new Error(`${functionName} failed: ${JSON.stringify(result)}`);
    return result;
  }

  /** Invokes a function once. `failure` is undefined if the function did not fail. */
  async tryInvoke(
    functionName: string,
    event: unknown,
  ): Promise<{ readonly failure?: string; readonly result: unknown }> {
    const { Payload, FunctionError } = await this.lambda.send(
      new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) }),
    );
    return { failure: FunctionError, result: JSON.parse(Payload?.transformToString() ?? '') };
  }

  async functionNames(): Promise<string[]> {
    const names: string[] = [];
    for await (const { Functions = [] } of paginateListFunctions({ client: this.lambda }, {})) {
      names.push(...Functions.map(({ FunctionName = '' }) => FunctionName));
    }
    return names;
  }

  configuration(functionName: string): Promise<GetFunctionConfigurationCommandOutput> {
    return this.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
  }

  async environmentOf(functionName: string): Promise<Readonly<Record<string, string>>> {
    const { Environment } = await this.configuration(functionName);
    return Environment?.Variables ?? {};
  }

  /** Adds environment variables to a function. */
  async setEnvironment(functionName: string, added: Readonly<Record<string, string>>): Promise<void> {
    const Variables = { ...(await this.environmentOf(functionName)), ...added };
    await this.lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: functionName, Environment: { Variables } }),
    );
  }

  /**
   * Puts an event on an event bus.
   *
   * @throws if the bus does not accept the event
   */
  async putEvent(event: PutEventsRequestEntry): Promise<void> {
    const { Entries } = await this.eventBridge.send(new PutEventsCommand({ Entries: [event] }));
    if (Entries?.[0]?.EventId === undefined) throw new Error(`the bus refused: ${JSON.stringify(Entries)}`);
  }

  /**
   * Returns the ARN of the function that a scheduled rule invokes.
   *
   * @throws if the rule does not have exactly one target
   */
  async targetOf(ruleName: string): Promise<string> {
    const { Targets = [] } = await this.eventBridge.send(new ListTargetsByRuleCommand({ Rule: ruleName }));
    if (Targets.length !== 1) throw new Error(`${ruleName} must have one target, got: ${Targets.length}`);
    return Targets[0].Arn ?? '';
  }

  /** Returns the ARNs of the functions that are subscribed to a log group, by the name of the filter. */
  async subscriptions(logGroupName: string): Promise<Readonly<Record<string, string>>> {
    const { subscriptionFilters = [] } = await this.logs.send(
      new DescribeSubscriptionFiltersCommand({ logGroupName }),
    );
    return Object.fromEntries(
      subscriptionFilters.map(({ filterName = '', destinationArn = '' }) => [filterName, destinationArn]),
    );
  }

  /** Puts messages into a new stream of a log group. */
  async putLogEvents(logGroupName: string, messages: readonly string[]): Promise<void> {
    const stream = { logGroupName, logStreamName: randomUUID() };
    await this.logs.send(new CreateLogStreamCommand(stream));
    const timestamp = Date.now();
    const logEvents = messages.map(message => ({ timestamp, message }));
    await this.logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
  }

  async logGroupNames(): Promise<string[]> {
    const { logGroups = [] } = await this.logs.send(new DescribeLogGroupsCommand({}));
    return logGroups.map(({ logGroupName = '' }) => logGroupName);
  }

  /** Returns the lines in a log group, in the order of their times. */
  async logLines(logGroupName: string): Promise<string[]> {
    const events: OutputLogEvent[] = [];
    for await (const { logStreams = [] } of paginateDescribeLogStreams(
      { client: this.logs },
      { logGroupName },
    )) {
      for (const { logStreamName } of logStreams) {
        events.push(...(await this.logEvents({ logGroupName, logStreamName })));
      }
    }
    const inOrder = events.sort((one, other) => (one.timestamp ?? 0) - (other.timestamp ?? 0));
    return inOrder.map(({ message = '' }) => message.trimEnd());
  }

  /** Returns the events in a log stream. FilterLogEvents would return at most 10,000 events. */
  private async logEvents(stream: GetLogEventsCommandInput): Promise<OutputLogEvent[]> {
    const found: OutputLogEvent[] = [];
    for (let nextToken: string | undefined; ;) {
      const { events = [], nextForwardToken } = await this.logs.send(
        new GetLogEventsCommand({ ...stream, startFromHead: true, nextToken }),
      );
      if (events.length === 0) return found;
      found.push(...events);
      nextToken = nextForwardToken;
    }
  }

  /** Returns the items of a table whose partition key begins with `prefix`. */
  async items(tableName: string, prefix: string): Promise<Item[]> {
    const found: Item[] = [];
    const pages = paginateScan({ client: this.dynamoDb }, { TableName: tableName });
    for await (const { Items = [] } of pages) {
      found.push(...Items.filter(({ pk }) => pk.S?.startsWith(prefix)));
    }
    return found;
  }

  async createQueue(name: string): Promise<{ readonly url: string; readonly arn?: string }> {
    const { QueueUrl: url = '' } = await this.sqs.send(new CreateQueueCommand({ QueueName: name }));
    const { Attributes } = await this.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
    );
    return { url, arn: Attributes?.QueueArn };
  }

  /** Receives and deletes the messages in a queue. */
  async receive(queueUrl: string): Promise<string[]> {
    const bodies: string[] = [];
    for (;;) {
      const { Messages = [] } = await this.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      if (Messages.length === 0) return bodies;
      for (const { Body = '', ReceiptHandle } of Messages) {
        bodies.push(Body);
        await this.sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
      }
    }
  }

  close(): void {
    for (const client of [
      this.cloudFormation,
      this.cloudWatch,
      this.dynamoDb,
      this.eventBridge,
      this.lambda,
      this.logs,
      this.sns,
      this.sqs,
    ]) {
      client.destroy();
    }
  }
}

/**
 * Calls `read` until it returns at least `count` elements.
 *
 * @throws if this takes more than a minute
 */
export async function waitFor<Element>(read: () => Promise<Element[]>, count = 1): Promise<Element[]> {
  const end = Date.now() + WAIT_LIMIT_MS;
  for (;;) {
    const found = await read();
    if (found.length >= count) return found;
    if (Date.now() > end) throw new Error(`at least ${count} must be found after ${WAIT_LIMIT_MS / 1000} s`);
    await pause(WAIT_MS);
  }
}
