import { EmfPublisher } from './emf-publisher';
import { loadMetricData } from './load-metric-data';
import type { MetricBatch, MetricSink, Sending } from './metric-batch';
import type {
  CloudWatchLocation,
  MetricRequest,
  PutMetrics,
  PutOutcome,
  PutUnderway,
} from './metric-data.aws';
import { type Deadline, deadlineIn } from '../process/deadline';
import { errorName, warnOnce } from '../process/warn-once';

/**
 * Functions of the loaded CloudWatch module: `requestsOf` packs batches into requests, and `put` sends a
 * request.
 */
interface OpenConnection {
  readonly put: PutMetrics;
  readonly requestsOf: (batches: readonly MetricBatch[]) => MetricRequest[];
}

/** Connection to CloudWatch that all publishers of a tracker share. */
export class MetricDataConnection {
  /** Publisher that prints metrics to the log if CloudWatch did not accept them. */
  readonly log: EmfPublisher;
  private opened: Promise<OpenConnection> | undefined;

  constructor(
    readonly namespace: string,
    private readonly location: CloudWatchLocation,
  ) {
    this.log = new EmfPublisher(namespace);
  }

  /** Returns the connection. The first call loads the AWS SDK. */
  open(): Promise<OpenConnection> {
    this.opened ??= loadMetricData().then(({ connectCloudWatch, requestsOf }) => ({
      put: connectCloudWatch(this.location),
      requestsOf,
    }));
    // If the module cannot be loaded, the next flush tries again.
    this.opened.catch(() => {
      this.opened = undefined;
    });
    return this.opened;
  }
}

/**
 * Sends metrics with PutMetricData, for programs without a log in CloudWatch. Each handler run has its own
 * publisher. All calls outside of handler runs use one common publisher.
 */
export class MetricDataPublisher implements MetricSink, Sending {
  readonly sending: Sending = this;
  private batches: MetricBatch[] = [];
  private readonly underway = new Map<MetricRequest, PutUnderway>();
  /** Promise that is fulfilled after the last request of all earlier flushes. */
  private done: Promise<void> = Promise.resolve();

  /**
   * Creates a publisher.
   *
   * @param onSpilled called with the number of requests that `send` or `spill` wrote to the log as
   * `MetricSpill` lines
   */
  constructor(
    private readonly connection: MetricDataConnection,
    private readonly onSpilled: (requests: number) => void,
  ) {}

  get pending(): number {
    return this.batches.length + this.underway.size;
  }

  publish(batch: MetricBatch): void {
    this.batches.push(batch);
  }

  async send(deadlineMs: number, ownOnly = false): Promise<void> {
    const deadline = deadlineIn(deadlineMs);
    const before = this.done;
    const now = this.sendWaiting(deadline);
    this.done = Promise.all([before, now]).then(() => undefined);
    await Promise.all([now, ownOnly ? undefined : Promise.race([before, deadline.passed])]);
    deadline.end();
  }

  spill(): void {
    for (const [request, put] of this.underway) {
      this.settle(request, put, { taken: put.mayBeTaken() && 'unknown', reason: 'deadline' });
    }
    this.underway.clear();
    this.printWaiting();
  }

  private async sendWaiting(deadline: Deadline): Promise<void> {
    if (this.batches.length === 0) return;
    try {
      const opened = deadline.signal.aborted
        ? undefined
        : await Promise.race([this.connection.open(), deadline.passed]);
      if (!opened || deadline.signal.aborted) {
        this.warnPrinted('deadline');
        this.printWaiting();
        return;
      }
      const requests = opened.requestsOf(this.take());
      await Promise.all(requests.map(request => this.deliver(request, opened.put, deadline)));
    } catch (error) {
      this.warnPrinted(errorName(error));
      this.printWaiting();
    }
  }

  private async deliver(request: MetricRequest, put: PutMetrics, deadline: Deadline): Promise<void> {
    const data = request.flatMap(each => each.data);
    const underway = put(this.connection.namespace, data, deadline);
    this.underway.set(request, underway);
    const outcome = await underway.outcome;
    // If `spill()` ran during the `await`, it has already removed and settled the request.
    if (this.underway.delete(request)) this.settle(request, underway, outcome);
  }

  private settle(request: MetricRequest, { spill }: PutUnderway, { taken, reason = '' }: PutOutcome): void {
    if (taken === true) return;
    if (taken === false) {
      this.warnPrinted(reason);
      this.print(request.map(({ batch }) => batch));
      return;
    }
    spill(reason);
    // If a spilled request contains only the metric `metricsSpilled`, it is not counted. Otherwise, each
    // count could cause another spill and another count, without end.
    if (request.some(({ batch }) => holdsMore(batch))) this.onSpilled(1);
  }

  private take(): MetricBatch[] {
    const { batches } = this;
    this.batches = [];
    return batches;
  }

  private printWaiting(): void {
    this.print(this.take());
  }

  private print(batches: readonly MetricBatch[]): void {
    for (const batch of batches) this.connection.log.publish(batch);
  }

  private warnPrinted(reason: string): void {
    warnOnce(
      'metrics:send',
      `Metrics could not be sent to CloudWatch (${reason}). They are in the log in the embedded metric ` +
        'format. Allow cloudwatch:PutMetricData, or set TOKEN_ANALYTICS_SINK=emf.',
    );
  }
}

/** Returns true if a batch has any metric other than the count of spilled requests. */
function holdsMore({ values }: MetricBatch): boolean {
  return [...values.keys()].some(metric => metric !== 'metricsSpilled');
}
