import type * as logs from 'aws-cdk-lib/aws-logs';
import { batchSection } from './batch-section';
import { gatewaySection } from './gateway-section';
import { incidentsSection } from './incidents-section';
import { quotaSection } from './quota-section';
import { reliabilitySection } from './reliability-section';
import type { Section, SectionMaker, SectionName } from './section';
import type { SeriesSource } from './series';
import { MAX_MODEL_LENGTH } from '../metrics/token-metric';
import { LOG_GROUP } from '../private/kinds';
import { listOf, NUMBER, required, requireShape, type Shape, TEXTS } from '../private/shape';
import { requireNames } from '../private/validate';

/** Options of the reliability section. */
export interface ReliabilitySectionOptions {
  /**
   * The log groups of the functions that print metrics. For each one, the section shows how many lines in the
   * embedded metric format CloudWatch could not read. No other widget shows that these metrics are lost.
   *
   * If a log group is in another stack and CloudFormation generates its name, the section searches for the
   * name of that stack and the logical id of the log group. A search covers the last two weeks. If another
   * log group also matches, the section shows both. To avoid the search, set `logGroupName`.
   *
   * @default - no widget on metric lines that CloudWatch could not read
   */
  readonly logGroups?: logs.ILogGroup[];
}

/** Options of the quota section. */
export interface QuotaSectionOptions {
  /**
   * The model ids under which Bedrock counts invocations. Bedrock uses the id in the request, so an
   * invocation through an inference profile counts under the id of the profile, such as
   * `us.amazon.nova-lite-v1:0`.
   *
   * The section compares the sum of Bedrock's metrics for these ids with the total of all invocations, so
   * list all ids in use.
   *
   * @default - every id that Bedrock counted in the last two weeks, found by search
   */
  readonly models?: string[];
}

/** Options of the incidents section. */
export interface IncidentsSectionOptions {
  /**
   * The log groups of the functions that invoke models: 1 to 50, all in one region.
   *
   * A query must name its log groups exactly. If an instrumented function is in another stack, set
   * `logGroupName` on the log groups of that stack. Otherwise the two stacks refer to each other, and
   * synthesis fails.
   */
  readonly logGroups: logs.ILogGroup[];

  /**
   * The number of incidents to show: a whole number from 1 to 1000.
   *
   * @default 20
   */
  readonly limit?: number;
}

const NAME = 'DashboardSection';
const RELIABILITY: Shape<ReliabilitySectionOptions> = { logGroups: listOf(LOG_GROUP) };
const QUOTA: Shape<QuotaSectionOptions> = { models: TEXTS };
const INCIDENTS: Shape<IncidentsSectionOptions> = {
  logGroups: required(listOf(LOG_GROUP)),
  limit: NUMBER,
};

/**
 * A group of widgets under a heading, after the six core widgets of a dashboard. It shows the agents and
 * models that the dashboard lists, or all that a search finds if the dashboard lists none.
 */
export class DashboardSection {
  /**
   * Section for operators of a gateway: token usage by model, cache hit rate, response latency (average, p90
   * and p99 for each agent and model), and token usage over time.
   *
   * Total tokens and latency are published only at detail level `standard`. At `core`, these lines are empty.
   * The cache hit rate is that of the application's own cache, not of Bedrock's prompt cache.
   */
  public static gateway(): DashboardSection {
    return new DashboardSection('gateway', gatewaySection);
  }

  /**
   * Section on batches: tokens per item, cost per item, and API latency beside tokens per invocation. It
   * needs callers that report the number of items.
   *
   * The cost per item is an estimate, because it is not published: total cost ÷ (total tokens ÷ average
   * tokens per item). If the dashboard lists agents and models, the section shows the cost per item of each
   * (agent, model) pair, and otherwise that of all invocations. The estimate is good if all these invocations
   * are batches of a similar size. If some are not batches, their cost is spread over the items. If some are
   * unpriced, the estimate is too low.
   *
   * Latency and tokens per invocation are published only at detail level `standard`.
   */
  public static batch(): DashboardSection {
    return new DashboardSection('batch', batchSection);
  }

  /**
   * Section on failures: failed invocations, error rate, unpriced invocations, traces spilled and dropped,
   * how often the circuit breaker of the trace writer opened, and metric lines that CloudWatch could not
   * read.
   *
   * @param options the log groups to show
   */
  public static reliability(options: ReliabilitySectionOptions = {}): DashboardSection {
    requireShape(NAME, options, RELIABILITY);
    return new DashboardSection('reliability', source => reliabilitySection(source, options.logGroups));
  }

  /**
   * Section on the metrics that Bedrock itself publishes in this region. It compares their answered
   * invocations and input tokens with those of the runtime, and shows the estimated use of the
   * tokens-per-minute quota, the time to first token, and throttled invocations.
   *
   * Bedrock counts every caller in the account and region, and does not distinguish agents. Invocations in
   * another namespace or without instrumentation therefore appear as a difference between the two lines.
   *
   * @param options the model ids to show
   */
  public static quota(options: QuotaSectionOptions = {}): DashboardSection {
    requireShape(NAME, options, QUOTA);
    return new DashboardSection('quota', source => {
      requireNames(source.scope, 'models', options.models, MAX_MODEL_LENGTH);
      return quotaSection(source, options.models);
    });
  }

  /**
   * Section on the most expensive incidents in the selected time range, from log lines: cost, invocations,
   * invocations with a known price, and tokens.
   *
   * It needs the log level DEBUG in the functions that invoke models (`POWERTOOLS_LOG_LEVEL=DEBUG`), because
   * the runtime logs each invocation only at that level. Each refresh of the dashboard scans the log groups
   * in the selected time range, for $0.005 per GB (list price in us-east-1).
   *
   * @param options the log groups to query
   */
  public static incidents(options: IncidentsSectionOptions): DashboardSection {
    requireShape(NAME, options, INCIDENTS);
    return new DashboardSection('incidents', source => incidentsSection(source, options));
  }

  private constructor(
    /**
     * Name of the section.
     *
     * @internal
     */
    public readonly _name: SectionName,
    private readonly make: SectionMaker,
  ) {}

  /**
   * Creates the widgets of the section.
   *
   * @internal
   */
  public _render(source: SeriesSource): Section {
    return this.make(source);
  }
}
