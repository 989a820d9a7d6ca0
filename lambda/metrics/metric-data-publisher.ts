import { EmfPublisher } from './emf-publisher';
import type { CloudWatchLocation, MetricRequest, SendRequest } from './metric-data.aws';
import type { MetricBatch, MetricSink, Sending } from './metric-sink';
import { type Deadline, deadlineIn } from '../process/deadline';
import { switchOf } from '../process/parse-boolean';
import { nameOf, warnOnce } from '../process/warn-once';

/** Sends metrics with PutMetricData, for programs whose standard output CloudWatch does not read. */
export class MetricDataPublisher implements MetricSink, Sending {
  readonly sending: Sending = this;
  private batches: MetricBatch[] = [];
  private readonly underway = new Set<MetricRequest>();
  private sendRequest: SendRequest | undefined;
  /** What was sent before: a flush waits for it, too. */
  private done: Promise<void> = Promise.resolve();
  private readonly log: EmfPublisher;

  constructor(
    private readonly namespace: string,
    private readonly location: CloudWatchLocation,
  ) {
    this.log = new EmfPublisher(namespace);
  }

  get pending(): number {
    return this.batches.length + this.underway.size;
  }

  publish(batch: MetricBatch): void {
    if (!isDisabled(process.env)) this.batches.push(batch);
  }

  async send(deadlineMs: number): Promise<void> {
    const deadline = deadlineIn(deadlineMs);
    const before = this.done;
    const now = this.sendWaiting(deadline);
    this.done = Promise.all([before, now]).then(() => undefined);
    await Promise.all([now, Promise.race([before, deadline.passed])]);
    deadline.end();
  }

  spill(): void {
    for (const request of this.underway) this.print(request);
    this.underway.clear();
    for (const batch of this.take()) this.log.publish(batch);
  }

  private async sendWaiting(deadline: Deadline): Promise<void> {
    if (this.batches.length === 0) return;
    try {
      // What never sends never pays for the SDK.
      const { connectCloudWatch, requestsOf } = await import('./metric-data.aws');
      const sendRequest = this.sendRequest ?? connectCloudWatch(this.namespace, this.location);
      this.sendRequest = sendRequest;
      await Promise.all(requestsOf(this.take()).map(request => this.deliver(request, sendRequest, deadline)));
    } catch (error) {
      this.failed(error);
      this.spill();
    }
  }

  private async deliver(
    request: MetricRequest,
    sendRequest: SendRequest,
    { signal, passed }: Deadline,
  ): Promise<void> {
    this.underway.add(request);
    // The search for credentials does not hear the signal.
    const isOver = passed.then(() => Promise.reject(new Error('deadline')));
    const isSent = await Promise.race([sendRequest(request, signal).then(() => true), isOver]).catch(
      (error: unknown) => this.failed(error),
    );
    // What is not under way any more has been printed.
    if (this.underway.delete(request) && !isSent) this.print(request);
  }

  private take(): MetricBatch[] {
    const { batches } = this;
    this.batches = [];
    return batches;
  }

  private failed(error: unknown): false {
    warnOnce(
      'metrics:send',
      `Metrics could not be sent to CloudWatch (${nameOf(error)}); they are in the log in the ` +
        'embedded metric format. Allow cloudwatch:PutMetricData, or set TOKEN_ANALYTICS_SINK=emf.',
    );
    return false;
  }

  private print(request: MetricRequest): void {
    for (const { batch } of request) this.log.publish(batch);
  }
}

/** Powertools' own switches, which its lines obey by themselves. */
function isDisabled({
  POWERTOOLS_METRICS_DISABLED: disabled = '',
  POWERTOOLS_DEV: dev = '',
}: NodeJS.ProcessEnv): boolean {
  return switchOf(disabled) ?? switchOf(dev) ?? false;
}
