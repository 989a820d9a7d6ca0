import { million } from './support';
import { ProfileResolver } from '../../../lambda/pricing/model-id';
import { modelOfProfile } from '../../../lambda/pricing/profile-lookup.aws';
import { listenOnLoopback, type LoopbackServer, readBody, send } from '../../../local/emulators/http-server';
import { type HeldClock, holdClock, settled, until } from '../../support/held-clock';
import { emfOf, stdoutOf } from '../../support/stdout';
import { TokenTracker } from 'cdk-token-analytics/runtime';

const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/otnfa2ysixqd';
const model = (region: string, id = 'anthropic.claude-sonnet-4-5-20250929-v1:0') =>
  `arn:aws:bedrock:${region}::foundation-model/${id}`;

let clock: HeldClock;
let server: LoopbackServer | undefined;
beforeEach(() => {
  clock = holdClock();
});
afterEach(async () => {
  clock.release();
  delete process.env.AWS_ENDPOINT_URL_BEDROCK;
  await server?.close();
});

/**
 * Runs `action` while a local server fakes GetInferenceProfile of Bedrock. `asked` contains the received
 * requests.
 */
async function withControlPlane(
  answer: { readonly status?: number; readonly models?: readonly string[]; readonly hangs?: boolean },
  action: (asked: readonly string[]) => Promise<void>,
) {
  const asked: string[] = [];
  server = await listenOnLoopback(async (request, response) => {
    await readBody(request);
    asked.push(`${request.method ?? ''} ${decodeURIComponent(request.url ?? '')}`);
    const { status = 200, models = [], hangs = false } = answer;
    if (hangs) return;
    send(
      response,
      status,
      {
        'content-type': 'application/json',
        ...(status === 200 ? {} : { 'x-amzn-errortype': 'AccessDeniedException' }),
      },
      JSON.stringify(
        status === 200
          ? {
              inferenceProfileName: 'n',
              inferenceProfileArn: PROFILE,
              inferenceProfileId: 'otnfa2ysixqd',
              status: 'ACTIVE',
              type: 'APPLICATION',
              models: models.map(modelArn => ({ modelArn })),
            }
          : { message: 'no' },
      ),
    );
  });
  process.env.AWS_ENDPOINT_URL_BEDROCK = server.endpoint;
  await action(asked);
}

/** Waits until `count` profile look-ups have ended. The tracker itself returns no promise for a look-up. */
async function answered(asked: readonly string[], count = 1) {
  await clock.pass(() => until(() => asked.length === count));
  await settled();
}

describe('an application inference profile', () => {
  test('an application inference profile is looked up once, in parallel to the invocation, and priced as its model afterwards', async () => {
    await withControlPlane({ models: [model('us-east-1'), model('us-west-2')] }, async asked => {
      const tracker = new TokenTracker({ sink: 'emf', resolveProfiles: true });

      const lines = await stdoutOf(async () => {
        const { invocation: first } = await tracker.track({ agentId: 'triage', modelId: PROFILE }, () => ({
          usage: { inputTokens: 1, outputTokens: 1 },
        }));
        expect([first.model, first.cost]).toEqual(['application-inference-profile/otnfa2ysixqd', undefined]);
        await answered(asked);
        const {
          model: name,
          cost,
          scope,
          modelId,
        } = tracker.record({ agentId: 'triage', modelId: PROFILE, usage: million });
        expect([name, scope, cost?.usd, modelId]).toEqual([
          'anthropic.claude-sonnet-4-5-20250929-v1:0',
          'geo',
          19.8,
          PROFILE,
        ]);
        await tracker.flush();
      });

      expect(asked).toEqual([`GET /inference-profiles/${PROFILE}`]);
      expect([...new Set(emfOf(lines).map(line => line.Model))]).toEqual([
        'anthropic.claude-sonnet-4-5-20250929-v1:0',
      ]);
    });
  });

  test('an application inference profile is known at the record of an invocation that takes longer than the look-up', async () => {
    await withControlPlane({ models: [model('us-east-1', 'amazon.nova-lite-v1:0')] }, async asked => {
      const tracker = new TokenTracker({ sink: 'emf', resolveProfiles: true });

      await stdoutOf(async () => {
        const { invocation } = await tracker.track({ agentId: 'triage', modelId: PROFILE }, async () => {
          await answered(asked);
          return { usage: { inputTokens: 1_000_000, outputTokens: 1_000_000 } };
        });
        expect([invocation.model, invocation.cost?.usd]).toEqual(['amazon.nova-lite-v1:0', 0.3]);
      });
    });
  });

  test('an application inference profile is looked up in parallel to the invocation, whose record waits for it until the flush', async () => {
    await withControlPlane({ models: [model('us-east-1', 'amazon.nova-lite-v1:0')] }, async asked => {
      const tracker = new TokenTracker({ sink: 'emf', resolveProfiles: true, flushTimeoutMs: 30_000 });
      const lines = await stdoutOf(() =>
        clock.pass(() =>
          tracker.handler(async () => {
            await tracker.track({ agentId: 'triage', modelId: PROFILE }, () => ({
              usage: { inputTokens: 1_000_000, outputTokens: 1_000_000 },
            }));
            expect(tracker.summary()).toEqual(expect.objectContaining({ answered: 1, unpriced: 1 }));
          })(),
        ),
      );

      expect(asked).toHaveLength(1);
      expect(emfOf(lines)).toEqual([
        expect.objectContaining({ Model: 'amazon.nova-lite-v1:0', InvocationCount: 1, TotalCost: 0.3 }),
      ]);
    });
  });

  test('an application inference profile delays a run for at most half of its flush', async () => {
    await withControlPlane({ hangs: true }, async asked => {
      const hanging = PROFILE.replace('otnfa2ysixqd', 'hangs0000000');
      const tracker = new TokenTracker({ sink: 'emf', resolveProfiles: true });
      const lines = await stdoutOf(async () => {
        const running = tracker.handler(
          () => void tracker.record({ agentId: 'triage', modelId: hanging, usage: million }),
        )();
        await clock.advance(50, { unanswered: 1 });
        await until(() => asked.length === 1);
        await clock.expectEndAfter(450, running, { unanswered: 1 });
        // Lets the look-up reach its timeout of 2 seconds, so that it does not stay open after the test.
        await clock.advance(2000, { unanswered: 1 });
        await settled();
      });

      expect(emfOf(lines)).toEqual([
        expect.objectContaining({ Model: 'application-inference-profile/hangs0000000', InvocationCount: 1 }),
      ]);
    });
  });

  test.each([
    [
      'a freeze cut is looked up again with the next call, and no permission is blamed',
      3_600_000,
      2,
      undefined,
    ],
    ['had no answer in time is not looked up again at once', 2000, 1, 'Let the function reach'],
  ])('an application inference profile whose look-up %s', async (_what, passedMs, wanted, warning) => {
    const warnings: string[] = [];
    const spy = jest
      .spyOn(process.stderr, 'write')
      .mockImplementation(text => warnings.push(String(text)) > 0);
    let asked = 0;
    const resolver = new ProfileResolver({}, async () => async () => {
      asked += 1;
      jest.setSystemTime(Date.now() + passedMs);
      throw Object.assign(new Error('late'), { name: 'TimeoutError' });
    });
    for (let call = 0; call < 2; call += 1) {
      const lookedUp = resolver.prefetch(`${PROFILE.slice(0, -1)}${warning === undefined ? 'a' : 'b'}`);
      jest.advanceTimersByTime(50);
      await lookedUp;
    }
    spy.mockRestore();

    expect(asked).toBe(wanted);
    expect(warnings).toEqual(warning === undefined ? [] : [expect.stringContaining(warning)]);
  });

  test('an application inference profile without permission is unpriced with one warning, and not looked up again', async () => {
    const warnings: string[] = [];
    const spy = jest.spyOn(process.stderr, 'write').mockImplementation(chunk => {
      warnings.push(String(chunk));
      return true;
    });
    await withControlPlane({ status: 403 }, async asked => {
      const tracker = new TokenTracker({ sink: 'emf', resolveProfiles: true });

      await stdoutOf(async () => {
        const record = () => tracker.record({ agentId: 'triage', modelId: PROFILE, usage: million });
        record();
        await answered(asked);
        await until(() => warnings.length > 0);
        expect([record().cost, record().model]).toEqual([
          undefined,
          'application-inference-profile/otnfa2ysixqd',
        ]);
        await clock.advance(1000);
        await tracker.flush();
      });

      expect(asked).toHaveLength(1);
    });
    spy.mockRestore();
    expect(warnings.filter(line => line.includes('application-inference-profile/otnfa2ysixqd'))).toEqual([
      expect.stringContaining('(AccessDeniedException)') as string,
    ]);
    expect(warnings.join('')).not.toContain('123456789012');
  });

  test('an application inference profile is not looked up without the setting, or if its model is configured', async () => {
    await withControlPlane({ models: [model('us-east-1')] }, async asked => {
      const trackers = [
        new TokenTracker({ sink: 'emf' }),
        new TokenTracker({
          sink: 'emf',
          resolveProfiles: true,
          inferenceProfiles: { otnfa2ysixqd: 'amazon.nova-lite-v1:0' },
        }),
      ];

      await stdoutOf(async () => {
        const [without, given] = trackers.map(tracker =>
          tracker.record({ agentId: 'triage', modelId: PROFILE, usage: million }),
        );
        expect([without.cost, given.cost?.usd, given.model]).toEqual([
          undefined,
          0.3,
          'amazon.nova-lite-v1:0',
        ]);
        // Looks up another profile. Its request must be the only one that the server receives.
        const other = `${PROFILE}b`;
        new TokenTracker({ sink: 'emf', resolveProfiles: true }).record({ modelId: other, usage: million });
        await answered(asked);
        expect(asked).toEqual([`GET /inference-profiles/${other}`]);
        for (const tracker of trackers) await tracker.flush();
      });
    });
  });
});

describe('a resolver that may look up some profiles', () => {
  const other = PROFILE.replace('otnfa2ysixqd', 'other0000000');
  const madeUp = (index: number) => PROFILE.replace('us-east-1', `xx-made-${index}`);
  const asks = async (profiles: readonly string[], environment: string) => {
    const asked: string[] = [];
    await withControlPlane({ models: [model('us-east-1')] }, async requests => {
      process.env.TOKEN_ANALYTICS_RESOLVE_PROFILES = environment;
      const tracker = TokenTracker.fromEnvironment(process.env, { sink: 'emf' });
      await stdoutOf(async () => {
        for (const modelId of profiles) tracker.record({ agentId: 'triage', modelId, usage: million });
        await answered(requests);
        await clock.advance(1000);
        await tracker.flush();
      });
      asked.push(...requests);
    });
    return asked;
  };
  afterEach(() => {
    delete process.env.TOKEN_ANALYTICS_RESOLVE_PROFILES;
  });

  test('a resolver for some profiles looks up no other profile', async () => {
    const profiles = [...Array.from({ length: 600 }, (_, index) => madeUp(index)), other, PROFILE];

    expect(await asks(profiles, `arn:aws:bedrock:us-east-1:1:x/y, ${PROFILE}`)).toEqual([
      `GET /inference-profiles/${PROFILE}`,
    ]);
  });

  test('a resolver looks up all profiles if the setting allows it', async () => {
    expect(await asks([PROFILE], 'true')).toEqual([`GET /inference-profiles/${PROFILE}`]);
  });

  test('a resolver looks up profiles of a region while another region does not respond', async () => {
    const warned = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const asked: string[] = [];
    const resolver = new ProfileResolver({}, async () => async arn => {
      asked.push(arn);
      if (arn === PROFILE) return 'amazon.nova-lite-v1:0';
      throw Object.assign(new Error('late'), { name: 'TimeoutError' });
    });
    const lookUp = async (arn: string) => {
      const lookedUp = resolver.prefetch(arn);
      jest.advanceTimersByTime(50);
      await lookedUp;
    };

    await lookUp(madeUp(1));
    await lookUp(PROFILE);
    await lookUp(madeUp(1).replace('otnfa2ysixqd', 'other0000000'));
    warned.mockRestore();

    expect(asked).toEqual([madeUp(1), PROFILE]);
    expect(resolver.resolve(PROFILE)).toBe('amazon.nova-lite-v1:0');
  });
});

describe('the billed model of a profile', () => {
  test.each<[string, readonly (string | undefined)[], string | undefined]>([
    ['one region', [model('us-east-1')], model('us-east-1')],
    [
      'a geography',
      [model('eu-west-1'), model('eu-central-1')],
      'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
    ],
    [
      'another geography',
      [model('ap-south-1'), model('ap-northeast-1')],
      'apac.anthropic.claude-sonnet-4-5-20250929-v1:0',
    ],
    [
      'GovCloud',
      [model('us-gov-west-1'), model('us-gov-east-1')],
      'us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0',
    ],
    ['everywhere', [model('us-east-1'), model('')], 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['two models', [model('us-east-1'), model('us-east-1', 'amazon.nova-lite-v1:0')], undefined],
    ['no model', [], undefined],
    ['what is no model', [undefined], undefined],
    ['a custom model', ['arn:aws:bedrock:us-east-1:123456789012:custom-model/x'], undefined],
  ])('the billed model of a profile is found from its model ARNs: %s', (_what, arns, expected) => {
    expect(modelOfProfile(arns)).toBe(expected);
  });
});

test('a resolver keeps a maximum of profiles', async () => {
  let asked = 0;
  const resolver = new ProfileResolver({}, () =>
    Promise.resolve(() => {
      asked += 1;
      return Promise.resolve('amazon.nova-lite-v1:0');
    }),
  );
  const profile = (index: number) =>
    `arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/${index.toString(36).padStart(12, '0')}`;

  for (let index = 0; index < 1200; index += 1) void resolver.prefetch(profile(index));
  for (const other of [
    'amazon.nova-lite-v1:0',
    undefined,
    {},
    'arn:aws:bedrock:us-east-1:123456789012:prompt/x',
  ]) {
    void resolver.prefetch(other);
  }
  await clock.advance(1000);

  expect(asked).toBe(1200);
  expect(
    Object.values(resolver)
      .filter(value => value instanceof Map)
      .every(map => (map as Map<string, unknown>).size <= 500),
  ).toBe(true);
});
