/**
 * Level of detail of the metrics. CloudWatch charges $0.30 a month for each metric of each pair of agent and
 * model.
 */
export enum DetailLevel {
  /**
   * Tokens, cost, efficiency and number of invocations. Other metrics of this level, such as the number of
   * failed invocations, are published only for some invocations.
   */
  CORE = 'core',

  /** All metrics of `CORE`, and also total tokens, prompt cache tokens and latency. */
  STANDARD = 'standard',
}
