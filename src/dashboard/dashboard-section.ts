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
   * The log groups of the functions that print metrics. For each log group, the section shows the number of
   * metric lines that CloudWatch could not read. No other widget shows this number.
   *
   * For a log group in another stack, set `logGroupName`. If CloudFormation generates the name, the section
   * finds the log group by search, with the stack name and the logical id. The search covers the last two
   * weeks. If another log group matches the search, the section shows both.
   *
   * @default - no widget on metric lines that CloudWatch could not read
   */
  readonly logGroups?: logs.ILogGroup[];
}

/** Options of the quota section. */
export interface QuotaSectionOptions {
  /**
   * The model ids in the requests of your programs, such as `us.amazon.nova-lite-v1:0`. Bedrock counts an
   * invocation under the id in the request. For an inference profile, this is the id of the profile.
   *
   * List all ids that your programs use. The section compares the sum of Bedrock's metrics for these ids with
   * the total of all invocations.
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
   * For a log group in another stack, set `logGroupName`, because a query must contain the exact name.
   * Without `logGroupName`, the dashboard refers to the other stack. If that stack contains an instrumented
   * function, the two stacks depend on each other, and synthesis fails.
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
 * A group of widgets under a heading, below the six core widgets of a dashboard. The section shows the
 * `agents` and `models` of the dashboard. If these lists are omitted, the section shows all agents and models
 * that a search finds.
 */
export class DashboardSection {
  /**
   * Section for operators of a gateway. It shows token usage by model, cache hit rate, response latency for
   * each agent and model (average, p90 and p99), and token usage over time.
   *
   * The runtime publishes total tokens and latency only at detail level `standard`. At `core`, their lines
   * are missing. The cache hit rate is about the application's own cache, not about Bedrock's prompt cache.
   */
  public static gateway(): DashboardSection {
    return new DashboardSection('gateway', gatewaySection);
  }

  /**
   * Section on batches, for callers that report the number of items. It shows tokens per item, cost per item,
   * and API latency beside tokens per invocation.
   *
   * The cost per item is an estimate: total cost ÷ (total tokens ÷ average tokens per item). If the dashboard
   * has `agents` and `models`, the section shows one estimate for each (agent, model) pair. Otherwise, it
   * shows one estimate for all invocations.
   *
   * The estimate is good if all these invocations are batches of a similar size. If some invocations are not
   * batches, their cost is spread over the items. If some invocations are unpriced, the estimate is too low.
   *
   * The runtime publishes latency and tokens per invocation only at detail level `standard`.
   */
  public static batch(): DashboardSection {
    return new DashboardSection('batch', batchSection);
  }

  /**
   * Section on failures. It shows failed invocations, the error rate, and unpriced invocations. It shows lost
   * traces, traces in the log instead of the table, and openings of the circuit breaker. For the given log
   * groups, it shows metric lines that CloudWatch could not read.
   *
   * @param options the log groups to show
   */
  public static reliability(options: ReliabilitySectionOptions = {}): DashboardSection {
    requireShape(NAME, options, RELIABILITY);
    return new DashboardSection('reliability', source => reliabilitySection(source, options.logGroups));
  }

  /**
   * Section on the metrics that Bedrock itself publishes in this region. It shows the estimated use of the
   * tokens-per-minute quota, the time to first token, and throttled invocations. For answered invocations and
   * for input tokens, it compares the count of Bedrock with the count of the runtime.
   *
   * Bedrock counts every caller in the account and region. Its counts are higher than the counts of the
   * runtime if some invocations use another namespace, or are not instrumented.
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
   * Section on the most expensive incidents in the selected time range. For each incident, it shows the cost,
   * the number of invocations, the number of invocations with a known price, and the tokens.
   *
   * The section reads log lines that the runtime writes only at log level DEBUG. Set
   * `POWERTOOLS_LOG_LEVEL=DEBUG` in the functions that invoke models. Each refresh of the dashboard scans the
   * log groups in the selected time range, which costs $0.005 per GB (list price in us-east-1).
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
