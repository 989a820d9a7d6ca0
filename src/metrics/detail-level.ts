/**
 * Levels of detail of the published metrics. Each published metric costs $0.30 a month for each (agent,
 * model) pair.
 */
export enum DetailLevel {
  /**
   * Tokens, cost, efficiency and number of invocations. Other metrics, such as errors and cached responses,
   * are published only when they occur.
   */
  CORE = 'core',

  /** The metrics of `CORE`, and in addition total tokens, prompt cache tokens and latency. */
  STANDARD = 'standard',
}
