import { readUsage, type UsageReading, type UsageSource } from 'cdk-token-analytics/runtime';

const SOL = 'openai.gpt-5.6-sol';
const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl';

type Measured = readonly [input: number, output: number, read: number, write: number];

/** Returns `usage` as in a Converse response. By default, its total is the sum of the four counts. */
const usageOf = ([input, output, read, write]: Measured, total?: number) => ({
  inputTokens: input,
  outputTokens: output,
  totalTokens: total ?? input + output + read + write,
  cacheReadInputTokens: read,
  cacheWriteInputTokens: write,
});

function readingOf(
  operation: UsageSource['operation'],
  usage: object,
  modelId = SOL,
): UsageReading | undefined {
  const response = operation === 'ConverseStream' ? [{ metadata: { usage } }] : { usage };
  return readUsage({ operation, modelId, response });
}

/** Returns a record of Bedrock's invocation log for a call with the given `usage`. */
const logOf = (operation: string, usage: ReturnType<typeof usageOf>, input = usage.inputTokens) => ({
  schemaType: 'ModelInvocationLog',
  operation,
  modelId: SOL,
  input: {
    inputTokenCount: input,
    cacheReadInputTokenCount: usage.cacheReadInputTokens,
    cacheWriteInputTokenCount: usage.cacheWriteInputTokens,
  },
  output: { outputTokenCount: usage.outputTokens, outputBodyJson: { usage } },
});

describe('cached tokens of OpenAI models over ConverseStream', () => {
  // Rows contain published token counts of real calls (August and September 2026): input, output, cache read
  // and cache write.
  test.each<Measured>([
    [12_401, 50, 8_367, 4_032],
    [4_995, 19, 0, 4_993],
    [8_369, 50, 0, 8_367],
  ])(
    'cached tokens are part of the input of ConverseStream: %d in, %d out, %d read, %d written',
    (...measured) => {
      const [input, output, read, write] = measured;

      for (const id of [SOL, `us.${SOL}`, `arn:aws:bedrock:us-east-1::foundation-model/${SOL}`]) {
        expect(readingOf('ConverseStream', usageOf(measured), id)).toEqual({
          usage: {
            uncachedInputTokens: 2,
            cacheReadTokens: read,
            cacheWrite5mTokens: write,
            cacheWrite1hTokens: 0,
            outputTokens: output,
            source: 'usage',
            partial: false,
          },
          reportedInputTokens: input,
        });
      }
    },
  );

  test('cached tokens are part of the input of ConverseStream without a total, and with a total that agrees', () => {
    const measured: Measured = [12_401, 50, 8_367, 4_032];
    const { totalTokens: _, ...withoutTotal } = usageOf(measured);

    for (const usage of [withoutTotal, usageOf(measured, 12_451)]) {
      const reading = readingOf('ConverseStream', usage);
      expect(reading?.usage.uncachedInputTokens).toBe(2);
      expect(reading?.reportedInputTokens).toBeUndefined();
    }
  });

  test('cached tokens are not part of the input of ConverseStream if they exceed it', () => {
    expect(readingOf('ConverseStream', usageOf([2, 19, 0, 4_993]))).toEqual({
      usage: expect.objectContaining({ uncachedInputTokens: 2, cacheWrite5mTokens: 4_993 }) as object,
    });
  });

  test('cached tokens are all of the input of ConverseStream if the two counts are equal', () => {
    expect(readingOf('ConverseStream', usageOf([4_993, 19, 4_993, 0]))?.usage).toMatchObject({
      uncachedInputTokens: 0,
      cacheReadTokens: 4_993,
    });
  });
});

describe('cached tokens of OpenAI models over Converse', () => {
  test.each<[string, object, number]>([
    ['more than the input', usageOf([2, 19, 0, 4_993]), 2],
    ['less than the input, with their total', usageOf([8_000, 19, 1_000, 0]), 8_000],
    [
      'less than the input, without a total',
      { inputTokens: 8_000, outputTokens: 19, cacheReadInputTokens: 1_000 },
      8_000,
    ],
  ])('cached tokens are not part of the input of Converse: %s', (_what, usage, uncached) => {
    expect(readingOf('Converse', usage)).toEqual({
      usage: expect.objectContaining({ uncachedInputTokens: uncached }) as object,
    });
  });

  test('cached tokens are part of the input of Converse if the total is the sum of input and output', () => {
    expect(readingOf('Converse', usageOf([5_072, 40, 5_018, 52], 5_112))?.usage.uncachedInputTokens).toBe(2);
  });
});

describe('cached tokens of other models', () => {
  test.each(['anthropic.claude-sonnet-4-6', 'amazon.nova-pro-v1:0', 'moonshotai.kimi-k3', 'xai.grok-4.6'])(
    'cached tokens are part of the input if the total shows it, also over ConverseStream: %s',
    id => {
      const measured: Measured = [8_000, 19, 1_000, 0];

      expect(readingOf('ConverseStream', usageOf(measured), id)?.usage.uncachedInputTokens).toBe(8_000);
      expect(readingOf('ConverseStream', usageOf(measured, 8_019), id)?.usage.uncachedInputTokens).toBe(
        7_000,
      );
    },
  );
});

describe('a body in the shape of OpenAI', () => {
  test.each([
    [
      'chat completions',
      {
        usage: {
          prompt_tokens: 9_080,
          completion_tokens: 20,
          total_tokens: 18_177,
          prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 9_077 },
        },
      },
    ],
    [
      'responses',
      {
        usage: {
          input_tokens: 9_080,
          output_tokens: 20,
          total_tokens: 18_177,
          input_tokens_details: { cached_tokens: 0, cache_write_tokens: 9_077 },
        },
      },
    ],
  ])(
    'a body in the shape of OpenAI includes cached tokens in its input, whatever the total is: %s',
    (_what, body) => {
      for (const id of [SOL, 'moonshotai.kimi-k3']) {
        expect(readingOf('InvokeModel', body.usage, id)).toEqual({
          usage: expect.objectContaining({ uncachedInputTokens: 3, cacheWrite5mTokens: 9_077 }) as object,
          reportedInputTokens: 9_080,
        });
      }
    },
  );
});

describe('a log record of an OpenAI model', () => {
  const usage = usageOf([12_401, 50, 8_367, 4_032]);
  const read = (response: object) => readUsage({ operation: 'ModelInvocationLog', modelId: '', response });

  test('a log record of an OpenAI model is read by the rule of its operation', () => {
    expect(read(logOf('ConverseStream', usage))).toEqual({
      usage: expect.objectContaining({
        uncachedInputTokens: 2,
        cacheReadTokens: 8_367,
        source: 'log',
      }) as object,
      reportedInputTokens: 12_401,
    });
    expect(read(logOf('Converse', usageOf([8_000, 19, 1_000, 0])))?.usage.uncachedInputTokens).toBe(8_000);
  });

  test('a log record of an OpenAI model is read by the rule of its operation without its body', () => {
    const record = logOf('ConverseStream', usage);

    expect(read({ ...record, output: { outputTokenCount: 50 } })?.usage.uncachedInputTokens).toBe(2);
  });

  test('a log record of an OpenAI model can have the uncached input as its input count', () => {
    const gross = usageOf([6_000, 50, 1_000, 0]);

    expect(read(logOf('ConverseStream', gross, 5_000))?.usage.uncachedInputTokens).toBe(5_000);
  });
});

describe('a model id without a vendor', () => {
  test('a model id without a vendor also yields the uncached input for a model of OpenAI', () => {
    expect(readingOf('ConverseStream', usageOf([12_401, 50, 8_367, 4_032]), PROFILE)).toMatchObject({
      usage: { uncachedInputTokens: 12_401 },
      inputTokensIfOpenAi: 2,
    });
  });

  test('a model id without a vendor yields one count if both rules agree', () => {
    expect(readingOf('ConverseStream', usageOf([3, 50, 8_367, 0]), PROFILE)).not.toHaveProperty(
      'inputTokensIfOpenAi',
    );
    expect(readingOf('Converse', usageOf([8_000, 50, 1_000, 0]), PROFILE)).not.toHaveProperty(
      'inputTokensIfOpenAi',
    );
  });
});
