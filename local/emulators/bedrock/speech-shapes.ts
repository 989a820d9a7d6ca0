import type { Answered, Conversed, Json } from './wire-shapes';

/** Tokens of a session, or of a part of it. */
export interface SpeechTokens {
  readonly input: { readonly speechTokens: number; readonly textTokens: number };
  readonly output: { readonly speechTokens: number; readonly textTokens: number };
}

const IDS = { completionId: 'completion-1', promptName: 'prompt-1', sessionId: 'session-1' };

/** A usage event of a speech session, with the tokens since the last one and those of the session so far. */
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

/** Output events of the transcript of a user's speech. */
export function transcriptEvents(text: string): Json[] {
  return contentEvents('TEXT', 'USER', [{ textOutput: { ...IDS, contentId: 'user', content: text } }]);
}

/** Output events of an answer in text and speech: each word of it is one piece of made-up audio. */
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

/** A session with one answer, after the first content of the user. */
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
