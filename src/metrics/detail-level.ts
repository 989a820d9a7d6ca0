/** Amount of metrics to publish. Each metric name costs $0.30 a month for each (agent, model) pair. */
export enum DetailLevel {
  /**
   * Tokens, cost, efficiency and number of invocations. Errors, cached responses and others only if there are
   * any.
   */
  CORE = 'core',

  /** Also total tokens, prompt cache tokens, and latency. */
  STANDARD = 'standard',
}
