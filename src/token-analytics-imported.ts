import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DEFAULT_NAMESPACE } from './contract';
import { claimVariables, stampedEnvironment } from './ingest/tracker-environment';
import { requireCountedBy } from './ingest/validate';
import { requireRoleTagKey } from './instrument/role-tags';
import { DetailLevel } from './metrics/detail-level';
import { MAX_MODEL_LENGTH } from './metrics/token-metric';
import { TokenMetrics } from './metrics/token-metrics';
import { addPublisher } from './private/publishers';
import { requireShape } from './private/shape';
import { propError, requireNames, requireNamespace } from './private/validate';
import { requireAgents } from './private/validate-agents';
import {
  ANALYTICS_ATTRIBUTES_SHAPE,
  type TokenAnalyticsAttributes,
  type TokenUsageIngestAttributes,
} from './token-analytics-attributes';
import { type ProgramSettings, TokenAnalyticsBase } from './token-analytics-base';
import { importByAttributes } from './traces/imported-trace-table';
import type { ITokenTraceTable } from './traces/trace-table-interface';

/** TokenAnalytics that another stack or app has created. */
export class ImportedTokenAnalytics extends TokenAnalyticsBase {
  public readonly metrics: TokenMetrics;
  public readonly agents?: string[];
  public readonly models?: string[];
  public readonly traceTable?: ITokenTraceTable;
  public readonly _settings: ProgramSettings;

  /** @throws if an attribute is invalid. Also if the table is not given, unless `traces` is false */
  constructor(scope: Construct, id: string, attributes: TokenAnalyticsAttributes) {
    super(scope, id);
    requireShape(this, attributes, ANALYTICS_ATTRIBUTES_SHAPE);
    const {
      namespace = DEFAULT_NAMESPACE,
      agents,
      models,
      detailLevel,
      metricSink,
      pricing,
      tagRoles,
      roleTagKey,
      ingest,
    } = attributes;
    requireNamespace(this, namespace);
    requireAgents(this, 'agents', agents);
    requireNames(this, 'models', models, MAX_MODEL_LENGTH);
    requireRoleTagKey(this, 'roleTagKey', roleTagKey);
    this.requireIngest(ingest, attributes.traces);
    this.metrics = new TokenMetrics({ namespace });
    this.agents = agents;
    this.models = models;
    this.traceTable = this.importTable(attributes);
    this._settings = {
      detailLevel,
      metricSink,
      pricing,
      tagRoles,
      roleTagKey,
      ingestEnvironment: () => ({
        ...(ingest?.readsInvocationLog ? stampedEnvironment(this, ingest.countedBy) : {}),
        ...(ingest?.readsSpans ? claimVariables() : {}),
      }),
    };
    addPublisher({
      scope: this,
      namespace,
      isStandard: detailLevel === DetailLevel.STANDARD,
      agents: Token.isUnresolved(agents) ? undefined : agents,
    });
  }

  private importTable({
    traces = true,
    tableArn,
    tableName,
    encryptionKey,
    writeShards,
    traceTtl,
  }: TokenAnalyticsAttributes): ITokenTraceTable | undefined {
    const table = { tableArn, tableName, encryptionKey, writeShards, traceTtl };
    if (traces) {
      if (tableArn === undefined && tableName === undefined) {
        throw propError(
          this,
          'tableArn',
          'given, unless `tableName` is given or `traces` is false',
          undefined,
          'Pass the ARN of the trace table, or `traces: false` if the original writes no traces.',
        );
      }
      return importByAttributes(this, 'Traces', table);
    }
    for (const [attribute, value] of Object.entries(table)) {
      if (value === undefined) continue;
      throw propError(
        this,
        attribute,
        'omitted if `traces` is false',
        'a value',
        `Remove \`traces: false\` or \`${attribute}\`.`,
      );
    }
    return undefined;
  }

  private requireIngest(ingest: TokenUsageIngestAttributes | undefined, traces: boolean | undefined): void {
    if (!ingest) return;
    requireCountedBy(this, 'ingest.countedBy', ingest.countedBy ?? {});
    if (traces === false) {
      throw propError(
        this,
        'ingest',
        'omitted if `traces` is false',
        'a value',
        'An ingest requires traces: remove `traces: false` or `ingest`.',
      );
    }
    if (ingest.countedBy && !ingest.readsInvocationLog) {
      throw propError(
        this,
        'ingest.countedBy',
        'omitted if the ingest does not read the invocation log',
        'a value',
        'Set `readsInvocationLog: true`, or remove it.',
      );
    }
  }
}
