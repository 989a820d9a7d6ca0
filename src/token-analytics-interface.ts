import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import type { TokenMetrics } from './metrics/token-metrics';
import type { InstrumentFunctionOptions, InstrumentOptions } from './token-analytics-options';
import type { ITokenTraceTable } from './traces/trace-table-interface';

/**
 * Token usage and cost analytics of a team: a new TokenAnalytics, or one that another stack or app has
 * created. Programs are instrumented in the same way with both.
 */
export interface ITokenAnalytics extends IConstruct {
  /**
   * Metrics for custom alarms and widgets.
   */
  readonly metrics: TokenMetrics;

  /**
   * CloudWatch namespace of the metrics.
   */
  readonly namespace: string;

  /**
   * Agents with metrics of their own. Undefined if they are not listed.
   */
  readonly agents?: string[];

  /**
   * Ids of the models that dashboards show. Undefined if they are not listed.
   */
  readonly models?: string[];

  /**
   * Trace table. Undefined if no traces are written.
   */
  readonly traceTable?: ITokenTraceTable;

  /**
   * Instruments a Lambda function, so that `TokenTracker.fromEnvironment()` in its code measures model
   * invocations. Sets the environment variables, grants the permissions, and adds the layer if `options`
   * contains one.
   *
   * @param fn a function made in this app, with Node.js 20 or later
   * @param options agent and layer of the function
   * @throws if the function cannot be instrumented, or if an option is invalid
   */
  instrument(fn: lambda.IFunction, options: InstrumentFunctionOptions): void;

  /**
   * Returns the environment variables for a program outside Lambda.
   *
   * @param options agent of the program
   * @throws if an option is invalid, or if `agents` is set and does not contain the agent
   */
  environment(options: InstrumentOptions): { [key: string]: string };

  /**
   * Tags a role with its agent, so that the AWS bill can show the cost of this agent. `instrument` tags the
   * roles of Lambda functions.
   *
   * @param role role with which the program calls models
   * @param agentId agent of the program
   * @throws if the agent is invalid, or if `agents` is set and does not contain the agent
   */
  tagRole(role: iam.IRole, agentId: string): void;

  /**
   * Grants all permissions that the runtime needs in a program outside Lambda.
   *
   * @param grantee role of the program
   * @returns the grant, or undefined if no permission is needed
   */
  grant(grantee: iam.IGrantable): iam.Grant | undefined;

  /**
   * Grants the permission to write traces to the trace table.
   *
   * @param grantee principal that writes traces
   * @returns the grant, or undefined if no traces are written
   */
  grantWriteTraces(grantee: iam.IGrantable): iam.Grant | undefined;

  /**
   * Grants the permission to publish metrics with PutMetricData, limited to the namespace.
   *
   * @param grantee principal that publishes metrics
   */
  grantPutMetricData(grantee: iam.IGrantable): iam.Grant;
}
