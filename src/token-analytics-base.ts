import { Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV } from './contract';
import {
  addEnvironment,
  type OwnFunction,
  requireLayerRuntime,
  requireNodeRuntime,
  requireOwnFunction,
  warnOfLogClass,
  warnOfLogLevel,
  warnOfMetricsOff,
} from './instrument/instrumented-function';
import { warnOfMissingLogRights } from './instrument/log-rights';
import { ROLE_TAG_KEY, tagRole } from './instrument/role-tags';
import type { DetailLevel } from './metrics/detail-level';
import { MetricSink } from './metrics/metric-sink';
import type { TokenMetrics } from './metrics/token-metrics';
import type { TokenPricing } from './pricing/token-pricing';
import { requireGrantee } from './private/grants';
import { FUNCTION, ROLE } from './private/kinds';
import { requireSamePlace } from './private/region-account';
import { requireKind, requireShape, requireValue } from './private/shape';
import { atSynth } from './private/synth-messages';
import { jsonListWith } from './private/token-text';
import { requireGiven } from './private/validate';
import { requireAgentCount, requireAgentId, requireAgents, requireListed } from './private/validate-agents';
import { warnOfIdShape } from './token-analytics-checks';
import type { ITokenAnalytics } from './token-analytics-interface';
import type { InstrumentFunctionOptions, InstrumentOptions } from './token-analytics-options';
import { INSTRUMENT_SHAPE } from './token-analytics-shape';
import { TraceTableBase } from './traces/trace-table-base';
import type { ITokenTraceTable } from './traces/trace-table-interface';

const FUNCTION_FIX =
  'In a stack with the region and account of the function, import this TokenAnalytics by ' +
  '`TokenAnalytics.fromTokenAnalyticsAttributes` with the ARN of its table as text, or create another one.';

/** Settings that all instrumented programs share. */
export interface ProgramSettings {
  readonly detailLevel?: DetailLevel;
  readonly metricSink?: MetricSink;
  readonly pricing?: TokenPricing;
  readonly tagRoles?: boolean;
  readonly roleTagKey?: string;
  /** Returns the environment variables that the ingest requires of instrumented programs. */
  readonly ingestEnvironment: () => { readonly [key: string]: string };
}

/**
 * Instruments programs, for a new TokenAnalytics and for one that another stack or app has created.
 *
 * @internal
 */
export abstract class TokenAnalyticsBase extends Construct implements ITokenAnalytics {
  public abstract readonly metrics: TokenMetrics;
  public abstract readonly traceTable?: ITokenTraceTable;

  /**
   * Agents with metrics of their own. Undefined if they are not listed.
   */
  public abstract readonly agents?: string[];

  /**
   * Ids of the models that dashboards show. Undefined if they are not listed.
   */
  public abstract readonly models?: string[];

  /**
   * Settings of instrumented programs.
   *
   * @internal
   */
  public abstract readonly _settings: ProgramSettings;

  /**
   * Functions that were instrumented so far.
   *
   * @internal
   */
  public readonly _instrumented: OwnFunction[] = [];

  /**
   * CloudWatch namespace of the metrics.
   */
  public get namespace(): string {
    return this.metrics.namespace;
  }

  /**
   * Instruments a Lambda function, so that `TokenTracker.fromEnvironment()` in its code measures model
   * invocations. Sets the environment variables, grants the permissions, and adds the layer if `options`
   * contains one. The tracker runs only in Node.js. For other languages, use an ingest.
   *
   * @param fn a function made in this app, with Node.js 20 or later
   * @param options agent and layer of the function
   * @throws if the function is imported, or is a version or an alias. Also if the function is in another
   * region or account. Also if the runtime of the function cannot run the tracker. Also if the function is
   * already instrumented. Also if the app itself sets a variable of the tracker on the function.
   */
  public instrument(fn: lambda.IFunction, options: InstrumentFunctionOptions): void {
    requireGiven(this, 'fn', fn, 'Pass the function that invokes models.');
    requireKind(this, 'fn', fn, FUNCTION);
    const own = requireOwnFunction(this, fn);
    const variables = this.environment(options);
    requireNodeRuntime(this, own);
    requireSamePlace(this, 'fn', fn, FUNCTION_FIX);
    if (options.layer) requireLayerRuntime(this, own, options.layer);
    addEnvironment(this, own, variables);
    this._instrumented.push(own);
    if (options.layer) own.addLayers(options.layer);
    this.grantSink(fn, this._settings.metricSink ?? MetricSink.EMF);
    const { agentId, agents: furtherAgents } = options;
    const key = (this._settings.tagRoles ?? true) ? this.roleTagKey : undefined;
    tagRole({ role: fn.role, program: fn, agentId, furtherAgents, key });
    atSynth(fn, () => {
      warnOfMetricsOff(fn);
      if (this._settings.metricSink === MetricSink.PUT_METRIC_DATA) return;
      warnOfLogLevel(fn);
      warnOfMissingLogRights(fn);
      warnOfLogClass(fn);
    });
  }

  /**
   * Returns the environment variables for a program outside Lambda, for example in ECS, in AgentCore or on an
   * EC2 instance. To grant the permissions that the program needs, call `grant` with its role.
   *
   * @param options agent of the program
   * @throws if the agent is invalid, or if `agents` is set and does not contain the agent
   */
  public environment(options: InstrumentOptions): { [key: string]: string } {
    const { agents } = this;
    const { detailLevel, metricSink, pricing, ingestEnvironment } = this._settings;
    requireGiven(this, 'options', options, "Pass, for example, { agentId: 'triage' }.");
    requireShape(this, options, INSTRUMENT_SHAPE);
    requireAgentId(this, options.agentId, agents);
    requireAgents(this, 'agents', options.agents);
    const listed = options.agents ?? agents ?? [];
    if (!Token.isUnresolved(listed)) {
      listed.forEach((agent, index) => requireListed(this, `agents[${index}]`, agent, agents));
      requireAgentCount(this, 'agents', [...new Set([options.agentId, ...listed])]);
    }
    warnOfIdShape(this, options.agentId, options.agents ?? agents, 'It gets metrics of its own.');
    if (this.traceTable instanceof TraceTableBase) this.traceTable._warnOfForeignOwner();
    return {
      [ENV.agentId]: options.agentId,
      [ENV.namespace]: this.metrics.namespace,
      [ENV.agents]: jsonListWith(options.agentId, listed),
      ...(detailLevel === undefined ? {} : { [ENV.detailLevel]: detailLevel }),
      ...(metricSink === undefined ? {} : { [ENV.sink]: metricSink }),
      ...this.traceTable?.environment,
      ...pricing?.environment,
      ...ingestEnvironment(),
    };
  }

  /**
   * Tags a role with its agent, so that the AWS bill can show the cost of this agent. `instrument` tags the
   * roles of Lambda functions. Use this method for other programs, for example in ECS or in AgentCore. The
   * tag must be activated in the settings of the bill.
   *
   * The tag is set at synth. If several agents use the role, it gets no tag, and a message names the agents.
   * The message is a warning if the agents are those of several programs.
   *
   * @param role role with which the program calls models
   * @param agentId agent of the program
   * @throws if the agent is invalid, or if `agents` is set and does not contain the agent
   */
  public tagRole(role: iam.IRole, agentId: string): void {
    requireValue(this, 'role', role, ROLE);
    requireAgentId(this, agentId, this.agents);
    warnOfIdShape(this, agentId, this.agents, 'It gets a tag value of its own.');
    tagRole({ role, program: this, agentId, key: this.roleTagKey });
  }

  /**
   * Grants all permissions that the runtime needs in a program outside Lambda. The runtime writes traces and
   * looks up the models of inference profiles. The permission to publish metrics is granted unless
   * `metricSink` is `MetricSink.EMF`.
   *
   * @param grantee role of the program
   * @returns the grant, or undefined if no permission is needed
   */
  public grant(grantee: iam.IGrantable): iam.Grant | undefined {
    requireGrantee(this, grantee);
    return this.grantSink(grantee, this._settings.metricSink ?? MetricSink.PUT_METRIC_DATA);
  }

  /**
   * Grants the permission to write traces to the trace table.
   *
   * @param grantee principal that writes traces
   * @returns the grant, or undefined if `traces` is false
   */
  public grantWriteTraces(grantee: iam.IGrantable): iam.Grant | undefined {
    requireGrantee(this, grantee);
    return this.traceTable?.grantWriteTraces(grantee);
  }

  /**
   * Grants the permission to publish metrics with PutMetricData. The permission is limited to the namespace
   * of this construct.
   *
   * @param grantee principal that publishes metrics
   */
  public grantPutMetricData(grantee: iam.IGrantable): iam.Grant {
    return this.metrics._grantPutMetricData(this, grantee);
  }

  private get roleTagKey(): string {
    return this._settings.roleTagKey ?? ROLE_TAG_KEY;
  }

  private grantSink(grantee: iam.IGrantable, sink: MetricSink): iam.Grant | undefined {
    const grants = [
      this.grantWriteTraces(grantee),
      this._settings.pricing?._grantResolveProfiles(this, grantee),
      sink === MetricSink.PUT_METRIC_DATA ? this.grantPutMetricData(grantee) : undefined,
    ].filter(grant => grant !== undefined);
    return grants.length === 0 ? undefined : grants.reduce((all, grant) => all.combine(grant));
  }
}
