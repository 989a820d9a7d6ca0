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
   * metric lines that CloudWatch could not read.
   *
   * For a log group in another stack, set `logGroupName`. Without `logGroupName`, the section finds the log
   * group by a search for its stack name and logical id. The search covers the last two weeks, and can find
   * other log groups with similar names.
   *
   * @default - no widget on metric lines that CloudWatch could not read
   */
  readonly logGroups?: logs.ILogGroup[];
}

/** Options of the quota section. */
export interface QuotaSectionOptions {
  /**
   * The model ids in the requests of your programs, such as `us.amazon.nova-lite-v1:0`. For an inference
   * profile, list the id of the profile.
   *
   * List all ids that your programs use. The section compares Bedrock's counts for these ids with the
   * runtime's counts for all invocations.
   *
   * @default - every id with metrics of Bedrock in the last two weeks, found by search
   */
  readonly models?: string[];
}

/** Options of the incidents section. */
export interface IncidentsSectionOptions {
  /**
   * The log groups of the functions that invoke models: 1 to 50, all in one region.
   *
   * For a log group in another stack, set `logGroupName`. Without `logGroupName`, the dashboard depends on
   * the other stack. If the other stack contains an instrumented function, synthesis fails.
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
 * A group of widgets under a heading, below the six core widgets of a dashboard. The widgets show the agents
 * and models in `agents` and `models` of the dashboard. Without these lists, they show all agents and models
 * with metrics in the last two weeks.
 */
export class DashboardSection {
  /**
   * Section for operators of a gateway. It shows token usage by model, cache hit rate, response latency for
   * each agent and model (average, p90 and p99), and token usage over time.
   *
   * Total tokens and latency stay empty at detail level `core`, because the runtime publishes them only at
   * `standard`. The cache hit rate is about the application's own cache, not about Bedrock's prompt cache.
   */
  public static gateway(): DashboardSection {
    return new DashboardSection('gateway', gatewaySection);
  }

  /**
   * Section on batches, for callers that report the number of items. It shows tokens per item, cost per item,
   * latency and tokens per invocation.
   *
   * The cost per item is an estimate: total cost ÷ (total tokens ÷ average tokens per item). If the dashboard
   * has `agents` and `models`, the section shows one estimate for each pair of agent and model. Otherwise, it
   * shows one estimate for all invocations.
   *
   * The estimate is good if all invocations are batches of a similar size. Invocations that are not batches
   * make the estimate wrong. Invocations without a known price make it too low.
   *
   * The runtime publishes latency and tokens per invocation only at detail level `standard`.
   */
  public static batch(): DashboardSection {
    return new DashboardSection('batch', batchSection);
  }

  /**
   * Section on failures. It shows failed invocations, the error rate, and invocations without a known price.
   * For traces, it shows how many were lost and how many are only in the log. It also shows how often the
   * circuit breaker of the trace writer opened.
   *
   * @param options the log groups for which the section shows metric lines that CloudWatch could not read
   */
  public static reliability(options: ReliabilitySectionOptions = {}): DashboardSection {
    requireShape(NAME, options, RELIABILITY);
    return new DashboardSection('reliability', source => reliabilitySection(source, options.logGroups));
  }

  /**
   * Section on Bedrock's own metrics in this region. It shows the estimated use of the tokens-per-minute
   * quota, the time to first token, and throttled invocations. It also compares two counts of Bedrock with
   * the counts of the runtime: answered invocations, and input tokens. One graph shows the recorded input
   * tokens as a share of the account's input tokens.
   *
   * Bedrock counts every caller in the account and region. Its counts are higher if some invocations use
   * another namespace, or are not instrumented.
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
