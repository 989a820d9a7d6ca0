/**
 * Plugin of AWS's SDK for durable functions, version 2.0 and later, for `withDurableExecution`. It has only
 * the part of `DurableInstrumentationPlugin` that the tracker needs.
 */
export interface DurablePlugin {
  /** Runs an invocation. The SDK awaits the result, also if the invocation suspends. */
  wrapInvocation<Answer>(info: unknown, invoke: () => Promise<Answer>): Promise<Answer>;
}

/**
 * Returns true if a handler runs inside a durable function: one of its arguments is a `DurableContext`. The
 * promise of such a handler never settles if the invocation suspends.
 */
export function isDurable(handlerArguments: readonly unknown[]): boolean {
  try {
    return handlerArguments.some(argument => {
      const { lambdaContext, step } = (argument ?? {}) as { lambdaContext?: unknown; step?: unknown };
      return typeof lambdaContext === 'object' && lambdaContext !== null && typeof step === 'function';
    });
  } catch {
    return false;
  }
}
