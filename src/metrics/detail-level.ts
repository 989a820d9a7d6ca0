/**
 * How much is published: each metric name costs $0.30 a month for each (agent, model) pair.
 */
export enum DetailLevel {
  /**
   * Input and output tokens, cost, efficiency and calls; errors and the like where there are some.
   */
  CORE = 'core',

  /**
   * Also total tokens, tokens of the prompt cache, and latency.
   */
  STANDARD = 'standard',
}
