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

/** What the reliability section shows. */
export interface ReliabilitySectionOptions {
  /**
   * The log groups of the functions that print metrics. For each, the lines of the embedded metric
   * format are counted that CloudWatch Logs refused: such metrics are lost without another sign.
   *
   * A log group of another stack, whose name CloudFormation makes, is found by search: by the name of its
   * stack and its logical id. A search shows what was refused in the last two weeks. If names of two log
   * groups have both in them, it shows both; a log group with a name of its own (`logGroupName`) is named
   * exactly.
   *
   * @default - refused lines are not shown
   */
  readonly logGroups?: logs.ILogGroup[];
}

/** What the quota section shows. */
export interface QuotaSectionOptions {
  /**
   * The ids under which Bedrock counts: what the calls name, so that a call through an inference profile is
   * under the profile's id, such as `us.amazon.nova-lite-v1:0`. Ours beside them is of all calls, so name all
   * that are used.
   *
   * @default - every id that Bedrock counted in the last two weeks, found by search
   */
  readonly models?: string[];
}

/** What the incidents section shows. */
export interface IncidentsSectionOptions {
  /**
   * The log groups of the functions that call a model: 1 to 50, of one region.
   *
   * A query needs exact names. Give a log group of another stack a name (`logGroupName`) if a function of
   * that stack is instrumented. Without one, each of the two stacks refers to the other, and synth fails.
   */
  readonly logGroups: logs.ILogGroup[];

  /**
   * How many incidents to show: a whole number from 1 to 1000.
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
 * A part of a dashboard that is put after the six core widgets, under a heading of its
 * own. It shows the agents and models that the dashboard is given, or all that are found.
 */
export class DashboardSection {
  /**
   * What a gateway's operator looks at: token usage by model, cache hit rate, response
   * latency (average, p90 and p99, for each agent and model), and token usage over time.
   *
   * Total tokens and latency are published at detail level `standard` only; at `core` those lines
   * are empty. The cache of the hit rate is the application's own, not Bedrock's prompt cache.
   */
  public static gateway(): DashboardSection {
    return new DashboardSection('gateway', gatewaySection);
  }

  /**
   * What batches cost: tokens per item, cost per item, and API latency against
   * tokens. Items are counted where the caller says how many there were.
   *
   * Cost per item is not published. It is estimated from what is, at detail level `core` too: total cost ÷
   * (total tokens ÷ average tokens per item), for each agent and model where both are given, else for all
   * calls together. It is right where all those calls are batches of a similar size; other calls among them
   * are spread over it, and tokens of unpriced calls make it too low. Latency and the tokens of a call are
   * published at detail level `standard` only.
   */
  public static batch(): DashboardSection {
    return new DashboardSection('batch', batchSection);
  }

  /**
   * What went wrong: failed calls, error rate, calls of unknown price, traces spilled and dropped,
   * openings of the trace writer's circuit breaker, and metric lines that CloudWatch Logs refused.
   *
   * @param options what to show
   */
  public static reliability(options: ReliabilitySectionOptions = {}): DashboardSection {
    requireShape(NAME, options, RELIABILITY);
    return new DashboardSection('reliability', source => reliabilitySection(source, options.logGroups));
  }

  /**
   * Bedrock's own metrics of this region: answered calls and input tokens beside ours, so that drift
   * shows, and the estimated use of the tokens-per-minute quota, time to first token, and throttled calls.
   *
   * Bedrock counts every caller of the account and region, and knows no agent.
   * Calls in another namespace or without instrumentation therefore show as drift.
   *
   * @param options what to show
   */
  public static quota(options: QuotaSectionOptions = {}): DashboardSection {
    requireShape(NAME, options, QUOTA);
    return new DashboardSection('quota', source => {
      requireNames(source.scope, 'models', options.models, MAX_MODEL_LENGTH);
      return quotaSection(source, options.models);
    });
  }

  /**
   * The dearest incidents of the shown range, from the log: cost, calls, calls of known price, and tokens.
   *
   * It needs the log level DEBUG in the functions that call a model (`POWERTOOLS_LOG_LEVEL=DEBUG`), as the
   * runtime writes a line for each call at that level only. Each refresh of the dashboard scans the log
   * groups over the shown range, for $0.005 per GB (list price of us-east-1).
   *
   * @param options which log groups to read
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
   * Makes the section's widgets.
   *
   * @internal
   */
  public _render(source: SeriesSource): Section {
    return this.make(source);
  }
}
