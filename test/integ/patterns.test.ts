import { App } from 'aws-cdk-lib';
import { PATTERNS } from './patterns';
import { synthesise } from './synth';

const patterns = Object.entries(PATTERNS);

test('has 50 patterns', () => {
  expect(patterns).toHaveLength(50);
});

test.each(patterns.filter(([, { error }]) => error))(
  '%s: fails with the expected error',
  (_name, { build, context, error }) => {
    const act = () => {
      const app = new App({ context });
      build(app);
      app.synth();
    };

    for (const part of error ?? []) expect(act).toThrow(part);
  },
);

test.each(patterns.filter(([, { error }]) => !error))(
  '%s: synthesises to the expected result with the expected warnings',
  (_name, { build, context, warnings = [], shows, shown }) => {
    const app = new App({ context });
    const built = build(app);
    const result = synthesise(app);

    expect([...new Set(result.warnings)].map(id => id.replace(/^cdk-token-analytics:/, ''))).toEqual(
      warnings,
    );
    expect(shows?.(result, built)).toEqual(shown);
  },
);
