import { createHash } from 'node:crypto';
import type { LoadMetricData } from './load-metric-data';
import type { CloudWatchLocation, PutMetrics } from './metric-data.aws';
import { isInTime, type SpilledMetrics } from './spilled-metrics';
import type { Deadline } from '../process/deadline';

/**
 * Maximum number of requests in `seen`. If the log contains a request twice, `seen` prevents a second
 * attempt.
 */
const MAX_REMEMBERED = 100_000;
/**
 * Number of consecutive failures after which the remaining requests are not tried. Each failure can take a
 * minute.
 */
const MAX_FAILURES = 3;

/** Sends the PutMetricData requests from `MetricSpill` lines of a log, one after the other. */
export class MetricReplayer {
  /** Number of requests that CloudWatch accepted. */
  sent = 0;
  /** Number of requests that were not sent, or not accepted. */
  left = 0;
  /** Reason why a request was not sent, e.g. the name of an error. The first reason is kept. */
  reason: string | undefined;
  private failures = 0;
  private put: PutMetrics | undefined;
  private readonly seen = new Set<string>();

  /**
   * Creates a `MetricReplayer`.
   *
   * @param location region and endpoint of CloudWatch. If undefined, `left` counts all requests and none is
   * sent
   */
  constructor(
    private readonly location: CloudWatchLocation | undefined,
    private readonly deadline: () => Deadline,
    private readonly load: LoadMetricData,
  ) {}

  /** Sends `metrics` to CloudWatch, unless `take` already received the same content. */
  async take(metrics: SpilledMetrics): Promise<void> {
    const id = createHash('sha256').update(JSON.stringify(metrics)).digest('base64');
    if (this.seen.has(id)) return;
    if (this.seen.size >= MAX_REMEMBERED) this.seen.clear();
    this.seen.add(id);
    const why = this.location === undefined ? '' : await this.whyNotSent(metrics, this.location);
    if (why === undefined) {
      this.sent += 1;
    } else {
      this.left += 1;
      this.reason ??= why || undefined;
    }
  }

  private async whyNotSent(
    metrics: SpilledMetrics,
    location: CloudWatchLocation,
  ): Promise<string | undefined> {
    if (!isInTime(metrics)) return 'older than two weeks';
    if (this.failures >= MAX_FAILURES) return 'the requests before it failed';
    // The CloudWatch client is loaded here, and not earlier, because most replays contain no metrics.
    const { connectCloudWatch } = await this.load();
    this.put ??= connectCloudWatch(location);
    const deadline = this.deadline();
    const { taken, reason = '' } = await this.put(metrics.namespace, metrics.data, deadline).outcome;
    deadline.end();
    this.failures = taken === true ? 0 : this.failures + 1;
    if (taken === true) return undefined;
    return taken === 'unknown' ? `unknown: ${reason}` : reason;
  }
}
