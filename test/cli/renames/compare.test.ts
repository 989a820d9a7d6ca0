import { applyRenames, differences, HumanText, markTexts, shortened } from './compare';
import type { Json } from './json';
import { type JsonRename, readRenames } from './rename-table';

const DOCUMENT = {
  total: { calls: 3, cost: { usd: '0.1' } },
  agents: [
    { name: 'triage', calls: 2, models: [{ name: 'nova', calls: 2 }] },
    { name: 'writer', calls: 1, models: [] },
  ],
  checks: [{ id: 'sealed-days', detail: 'not sealed: 2 days from 2026-11-22, $0.05 or -1.5%' }],
};

function rows(...lines: readonly string[]): readonly JsonRename[] {
  const table = ['| where | before | after |', '|---|---|---|', ...lines].join('\n');
  return readRenames(`## Renames\n\n${table}\n`).json;
}

/** Applies the renames in `lines` to `DOCUMENT`. Returns the differences between the result and `actual`. */
function compared(actual: Json, ...lines: readonly string[]): string[] {
  const { document } = applyRenames(markTexts(DOCUMENT, ['checks.detail']), rows(...lines));
  return differences(document, actual);
}

function changed(change: (document: typeof DOCUMENT & Record<string, unknown>) => void): Json {
  const copy = structuredClone(DOCUMENT);
  change(copy);
  return copy;
}

describe('comparison without renames', () => {
  test('finds no difference between equal documents, in any order of fields', () => {
    const { total, ...others } = DOCUMENT;

    expect(compared(DOCUMENT)).toEqual([]);
    expect(compared({ ...others, total })).toEqual([]);
  });

  test.each<[string, (document: typeof DOCUMENT) => void, string[]]>([
    [
      'a figure that changed',
      ({ agents }) => (agents[0].models[0].calls = 4),
      ['agents[0].models[0].calls: expected 2, got 4'],
    ],
    [
      'a figure that became text',
      ({ total }) => Object.assign(total, { calls: '3' }),
      ['total.calls: expected 3, got "3"'],
    ],
    [
      'a field that was renamed',
      ({ total }) => Object.assign(total, { answered: 3, calls: undefined }),
      ['total.calls: expected 3, got nothing', 'total.answered: expected nothing, got 3'],
    ],
    [
      'a field that was added',
      ({ total }) => Object.assign(total, { failed: 0 }),
      ['total.failed: expected nothing, got 0'],
    ],
    [
      'an entry that is missing',
      ({ agents }) => agents.pop(),
      [expect.stringMatching(/^agents\[1\]: expected {.*, got nothing$/)],
    ],
    [
      'entries in another order',
      ({ agents }) => agents.reverse(),
      expect.arrayContaining(['agents[0].name: expected "triage", got "writer"']),
    ],
    [
      'a value that changed',
      ({ checks }) => (checks[0].id = 'rollups'),
      ['checks[0].id: expected "sealed-days", got "rollups"'],
    ],
    [
      'a figure in a text for people that changed',
      ({ checks }) => (checks[0].detail = 'without a rollup: 3 days from 2026-11-22, $0.05 or -1.5%'),
      [expect.stringMatching(/^checks\[0\]\.detail: expected the figures 2 2026-11-22 0\.05 -1\.5 of /)],
    ],
    [
      'a figure in a text for people that lost its sign',
      ({ checks }) => (checks[0].detail = DOCUMENT.checks[0].detail.replace('-1.5', '1.5')),
      [expect.stringContaining('expected the figures')],
    ],
    [
      'a text for people that is missing',
      ({ checks }) => Object.assign(checks[0], { detail: undefined }),
      [expect.stringContaining('got nothing')],
    ],
  ])('finds a difference for %s', (_what, change, expected) => {
    // `JSON.parse(JSON.stringify(…))` removes undefined fields, as in the JSON output of a command.
    expect(compared(JSON.parse(JSON.stringify(changed(change))) as Json)).toEqual(expected);
  });

  test('finds no difference if only the words of a text for people change', () => {
    const reworded = changed(
      ({ checks }) => (checks[0].detail = 'No rollup of 2 days since 2026-11-22: 0.05 USD or -1.5 %.'),
    );

    expect(compared(reworded)).toEqual([]);
  });
});

describe('comparison with renames', () => {
  const everywhere = '| JSON | `**.calls` | `answered` |';

  test('renames a field at each place that matches its path', () => {
    const actual = JSON.parse(JSON.stringify(DOCUMENT).replaceAll('"calls"', '"answered"')) as Json;

    expect(compared(actual, everywhere)).toEqual([]);
    expect(compared(DOCUMENT, everywhere)).toHaveLength(8);
  });

  test.each([
    ['total.calls', ['total']],
    ['agents.calls', ['agents']],
    ['*.calls', ['total', 'agents']],
    ['agents.**.calls', ['agents', 'models']],
    ['**.models.calls', ['models']],
  ])('applies the path %s only to %j', (path, places) => {
    const { document } = applyRenames(DOCUMENT, rows(`| JSON | \`${path}\` | \`answered\` |`));

    const { total, agents } = document as unknown as {
      readonly total: object;
      readonly agents: readonly { readonly models: readonly object[] }[];
    };
    expect(
      Object.entries({ total, agents: agents[0], models: agents[0].models[0] })
        .filter(([, value]) => 'answered' in value)
        .map(([place]) => place),
    ).toEqual(places);
  });

  test('applies the first of two renames that match the same place', () => {
    const { document } = applyRenames(DOCUMENT, rows('| JSON | `total.calls` | `requests` |', everywhere));

    expect(
      differences(
        document,
        changed(() => undefined),
      ),
    ).toContain('total.requests: expected 3, got nothing');
    expect(document).toMatchObject({ total: { requests: 3 }, agents: [{ answered: 2 }, { answered: 1 }] });
  });

  test('finds fields by their old names, including those below a renamed field', () => {
    const { document } = applyRenames(
      DOCUMENT,
      rows('| JSON | `agents` | `byAgent` |', '| JSON | `agents.models` | `byModel` |'),
    );

    expect(document).toMatchObject({ byAgent: [{ byModel: [{ name: 'nova', calls: 2 }] }, { byModel: [] }] });
  });

  test('can exchange two names', () => {
    const both = rows('| JSON | `total` | `agents` |', '| JSON | `agents` | `total` |');

    expect(applyRenames(DOCUMENT, both).document).toMatchObject({
      agents: { calls: 3 },
      total: DOCUMENT.agents,
    });
  });

  test('replaces a complete value, or a part of a text for people', () => {
    const value = '| JSON | `checks.id: sealed-days` | `rollups` |';
    const figure = '| JSON | `checks.detail: $0.05` | `$0.054` |';
    const actual = changed(({ checks }) => {
      checks[0] = { id: 'rollups', detail: checks[0].detail.replace('$0.05', '$0.054') };
    });

    expect(compared(actual, value, figure)).toEqual([]);
    expect(compared(actual, value)).toHaveLength(1);
    expect(compared(DOCUMENT, '| JSON | `checks.id: sealed` | `rollups` |')).toEqual([]);
  });

  test('does not report a rename as used if it changes nothing', () => {
    const [live, ...dead] = rows(
      everywhere,
      '| JSON | `calls` | `answered` |',
      '| JSON | `total.callz` | `answered` |',
      '| JSON | `agents.calls` | `done` |',
      '| JSON | `checks.id` | `id` |',
      '| JSON | `checks.id: unsealed-days` | `rollups` |',
    );

    expect([...applyRenames(DOCUMENT, [live, ...dead]).used]).toEqual([live]);
  });

  test('refuses a rename that gives a field the name of another', () => {
    expect(() => applyRenames(DOCUMENT, rows('| JSON | `total` | `agents` |'))).toThrow(
      'renames must give each field a name of its own, got: agents, agents, checks',
    );
  });
});

test('marks texts for people in lists, too', () => {
  expect(markTexts({ notes: ['one', 'two'], other: 'three' }, ['notes'])).toEqual({
    notes: [new HumanText('one'), new HumanText('two')],
    other: 'three',
  });
});

test('shows the differences of one field in a list once', () => {
  const all = differences(
    [
      { a: 1, b: [{ c: 'x: y' }] },
      { a: 2, b: [] },
    ],
    [{ b: [{ c: 'z' }] }, { a: 3, b: [] }],
  );

  expect(shortened(all)).toEqual([
    '.a: expected 1, got nothing (and 1 more like it)',
    '.b.c: expected "x: y", got "z"',
  ]);
});
