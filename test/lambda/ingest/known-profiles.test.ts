import { HAIKU, NOVA, SECRET } from './support';
import { KnownProfiles } from '../../../lambda/ingest/known-profiles';

const profile = (id: string, region = 'us-east-1') =>
  `arn:aws:bedrock:${region}:123456789012:application-inference-profile/${id}`;
const [ONE, OTHER] = [profile('one111'), profile('other222')];
const MINUTE_MS = 60_000;

/** Returns a `KnownProfiles` that may look up only ONE and OTHER. `asked` contains the looked-up ARNs. */
function resolvable(answer: (arn: string) => Promise<string> = () => Promise.resolve(HAIKU)) {
  const asked: string[] = [];
  const lookUp = (arn: string) => {
    asked.push(arn);
    return answer(arn);
  };
  return { asked, profiles: new KnownProfiles({ given: NOVA }, { arns: [ONE, OTHER], lookUp }) };
}

describe('application inference profiles', () => {
  test('application inference profiles are looked up once if an invocation has their ARN', async () => {
    const { asked, profiles } = resolvable();

    await profiles.learn([ONE, ONE, NOVA]);
    await profiles.learn([ONE]);

    expect([ONE, OTHER, 'given', NOVA].map(id => profiles.resolve(id))).toEqual([HAIKU, OTHER, NOVA, NOVA]);
    expect(asked).toEqual([ONE]);
  });

  test('application inference profiles are looked up if a text contains their id, in any notation of their ARN', async () => {
    const { asked, profiles } = resolvable();

    await profiles.learnFrom(['{"modelId":"amazon.nova-lite-v1:0"}', JSON.stringify({ a: { b: OTHER } })]);
    await profiles.learnFrom([JSON.stringify({ modelId: ONE }).replaceAll('/', '\\/')]);

    expect(asked).toEqual([OTHER, ONE]);
    expect([ONE, OTHER].map(id => profiles.resolve(id))).toEqual([HAIKU, HAIKU]);
  });

  test('application inference profiles are not looked up if they are not configured', async () => {
    const { asked, profiles } = resolvable();
    const madeUp = Array.from({ length: 600 }, (_, index) => profile(`p${index}`, `xx-made-${index}`));

    await profiles.learnFrom(madeUp);
    await profiles.learn([...madeUp, profile('one111', 'xx-made-1'), 'one111', `${ONE}${'x'.repeat(5000)}`]);
    expect(asked).toEqual([]);
    await profiles.learn([...madeUp, ONE]);

    expect(asked).toEqual([ONE]);
    expect(profiles.resolve(ONE)).toBe(HAIKU);
  });

  test('application inference profiles are not looked up if their model is configured', async () => {
    const asked: string[] = [];
    const profiles = new KnownProfiles(
      { [ONE]: NOVA },
      { arns: [ONE], lookUp: arn => Promise.resolve(String(asked.push(arn))) },
    );

    await profiles.learn([ONE]);

    expect([profiles.resolve(ONE), asked]).toEqual([NOVA, []]);
  });

  test('application inference profiles are not looked up without look-ups in the configuration', async () => {
    const profiles = new KnownProfiles(undefined);

    await profiles.learn([ONE]);
    await profiles.learnFrom([ONE]);

    expect(profiles.resolve(ONE)).toBe(ONE);
  });

  test('application inference profiles that cannot be looked up cause one warning without content, and another look-up later', async () => {
    const warned = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const now = jest.spyOn(Date, 'now').mockReturnValue(0);
    let fails = true;
    const { asked, profiles } = resolvable(arn =>
      arn === ONE && fails ? Promise.reject(new Error(SECRET)) : Promise.resolve(HAIKU),
    );

    await profiles.learn([ONE, OTHER]);
    expect([ONE, OTHER].map(id => profiles.resolve(id))).toEqual([ONE, HAIKU]);
    now.mockReturnValue(14 * MINUTE_MS);
    await profiles.learn([ONE]);
    fails = false;
    now.mockReturnValue(15 * MINUTE_MS);
    await profiles.learn([ONE]);

    expect(asked).toEqual([ONE, OTHER, ONE]);
    expect(profiles.resolve(ONE)).toBe(HAIKU);
    expect(warned.mock.calls.join()).toContain('could not be looked up (Error)');
    expect(warned.mock.calls.join()).not.toContain(SECRET);
    warned.mockRestore();
    now.mockRestore();
  });
});
