import type { Answered, Conversed, Json } from './wire-shapes';

/** Speech and text tokens of a speech session, in total or since the previous usage event. */
export interface SpeechTokens {
  readonly input: { readonly speechTokens: number; readonly textTokens: number };
  readonly output: { readonly speechTokens: number; readonly textTokens: number };
}

const IDS = { completionId: 'completion-1', promptName: 'prompt-1', sessionId: 'session-1' };

/**
 * Creates an output event that reports the token usage of a speech session.
 *
 * @param delta tokens since the last usage event
 * @param total tokens since the start of the session
 */
export function usageEvent(delta: SpeechTokens, total: SpeechTokens, ids: Partial<typeof IDS> = {}): Json {
  const [totalInputTokens, totalOutputTokens] = [total.input, total.output].map(
    ({ speechTokens, textTokens }) => speechTokens + textTokens,
  );
  return {
    usageEvent: {
      ...IDS,
      ...ids,
      details: { delta, total },
      totalInputTokens,
      totalOutputTokens,
      totalTokens: totalInputTokens + totalOutputTokens,
    },
  };
}

/** Creates the output events with the transcript of the user's speech. */
export function transcriptEvents(text: string): Json[] {
  return contentEvents('TEXT', 'USER', [{ textOutput: { ...IDS, contentId: 'user', content: text } }]);
}

/**
 * Creates the output events for a model's answer: first as text, then as audio. Each word is one audio event.
 */
export function spokenEvents(text: string): Json[] {
  const pieces = text.match(/\S+\s*/g) ?? [];
  return [
    ...contentEvents('TEXT', 'ASSISTANT', [{ textOutput: { ...IDS, contentId: 'text', content: text } }]),
    ...contentEvents(
      'AUDIO',
      'ASSISTANT',
      pieces.map(piece => ({
        audioOutput: { ...IDS, contentId: 'audio', content: Buffer.from(piece).toString('base64') },
      })),
    ),
  ];
}

/**
 * Creates a speech session with one answer. The answer is sent when the first `contentEnd` event of the user
 * arrives.
 */
export function speechTurns({ text, usage, stopReason = 'END_TURN' }: Answered): Conversed {
  const { inputTokens, outputTokens, speechInputTokens = 0, speechOutputTokens = 0 } = usage;
  const total = {
    input: { speechTokens: speechInputTokens, textTokens: inputTokens - speechInputTokens },
    output: { speechTokens: speechOutputTokens, textTokens: outputTokens - speechOutputTokens },
  };
  return {
    turns: [
      {
        after: 'contentEnd',
        events: [{ completionStart: IDS }, ...spokenEvents(text), usageEvent(total, total)],
      },
      { after: 'sessionEnd', events: [{ completionEnd: { ...IDS, stopReason } }] },
    ],
  };
}

function contentEvents(type: 'TEXT' | 'AUDIO', role: 'USER' | 'ASSISTANT', events: readonly Json[]): Json[] {
  const content = { ...IDS, contentId: `${role}-${type}`, type };
  return [
    { contentStart: { ...content, role } },
    ...events,
    { contentEnd: { ...content, stopReason: type === 'AUDIO' ? 'END_TURN' : 'PARTIAL_TURN' } },
  ];
}
