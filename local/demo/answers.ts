import type { Traffic } from './traffic';
import type { ModelAnswer, ModelRequest } from '../emulators/bedrock/wire-shapes';

/** What the Bedrock stand-in answers: the planned usage of the call that the prompt names. */
export function answerOf(request: ModelRequest, traffic: Traffic): ModelAnswer {
  const number = /#(\d+)/.exec(JSON.stringify(request.body))?.[1];
  const call = number === undefined ? undefined : traffic.calls[Number(number)];
  if (call === undefined) {
    return {
      error: { status: 400, type: 'ValidationException', message: 'the prompt names no planned call' },
    };
  }
  if (call.refused) {
    return {
      error: { status: 400, type: 'ValidationException', message: 'The model refused this request.' },
    };
  }
  return {
    text: 'Done.',
    stopReason: 'end_turn',
    latencyMs: 200 + call.outputTokens * 9,
    usage: {
      inputTokens: call.inputTokens,
      outputTokens: call.outputTokens,
      cacheReadTokens: call.cacheReadTokens,
      cacheWrite5mTokens: call.cacheWrite5mTokens,
    },
  };
}
