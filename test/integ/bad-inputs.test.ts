import { App, Stack } from 'aws-cdk-lib';
import { BAD_INPUTS } from './bad-inputs';
import { synthesise } from './synth';

const ENV = { account: '111122223333', region: 'us-east-1' };

const madeIn = (app: App) => new Stack(app, 'S', { env: ENV });
const prefixed = (ids: readonly string[]) => ids.map(id => `cdk-token-analytics:${id}`);

test('has 151 inputs', () => {
  expect(BAD_INPUTS.size).toBe(151);
});

test.each([...BAD_INPUTS])(
  '%s: fails with the prop in the error, or gives the expected warnings',
  (_name, { make, outcome }) => {
    const app = new App();
    if ('error' in outcome) {
      const { where, prop, text } = outcome.error;
      const error = errorOf(() => make(madeIn(app)));

      expect(error).toContain(`[${where}] \`${prop}\` must be `);
      expect(error).toContain(text);
      return;
    }
    make(madeIn(app));
    if ('errorAtSynth' in outcome) {
      const { where, prop, text } = outcome.errorAtSynth;
      const error = errorOf(() => app.synth());

      expect(error).toContain(`[${where}] \`${prop}\` must be `);
      expect(error).toContain(text);
      return;
    }
    const { warnings, infos } = synthesise(app);

    expect({ warnings, infos }).toEqual({
      warnings: prefixed(outcome.warnings),
      infos: prefixed(outcome.infos),
    });
  },
);

function errorOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}
