import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { type Finding, useProse } from './support';
import { REPOSITORY } from '../../support/run';

const { lintTexts } = useProse();

/**
 * Example sentences by recommended word. The check must report the `bad` ones, and accept the `good` ones.
 */
const EXAMPLES: Readonly<
  Record<string, { readonly bad: readonly string[]; readonly good: readonly string[] }>
> = {
  'rollup': {
    bad: [
      'Sealed days are read first.',
      'Writes the seal of a day.',
      'Reseals a day.',
      'The day is unsealed.',
    ],
    good: ['Writes the rollup of a day.', 'The `SEALED#` key was renamed.'],
  },
  'fix': {
    bad: ['Each check comes with its mend.', 'The line is mended.'],
    good: ['Each check comes with a fix.', 'Amend the commit.', 'Amazon recommends it.'],
  },
  'top, most expensive or highest cost': {
    bad: ['Lists the dearest incidents.', 'A dear agent comes first.', 'Dearer calls come first.'],
    good: ['Lists the most expensive incidents.', 'Endearing names are avoided.'],
  },
  'an invalid value, not one, or missing': {
    bad: ['Throws if the time zone is none.', 'Custom prices that\nare none are refused.'],
    good: [
      'Undefined if there is none.',
      'Absent if there are none.',
      'Is none of them read?',
      'The model has none.',
    ],
  },
  'is not a …': {
    bad: ['For programs that are no Lambda function.', 'The line is no JSON object.'],
    good: [
      'There is no price for the model.',
      'There usually is no price.',
      'The table is no wider than 80 columns.',
      'It is no longer read.',
    ],
  },
  'a noun': {
    bad: ['Wraps what is queued of an item.', 'Reports what is left of the time.'],
    good: ['Reports what is left.', 'Wraps an item for the queue.'],
  },
  'entry point': {
    bad: ['The runtime has one door.', 'Nothing is imported through other doors.'],
    good: ['The runtime has one entry point.', 'The service is open outdoors.'],
  },
  'module boundary': {
    bad: ['No import crosses the wall.', 'The test guards the walls of the trees.'],
    good: ['The day ends by the wall clock.', 'Wall-clock windows of a day.', 'The wall time of a run.'],
  },
  'emulator or fake': {
    bad: ['The stand-in answers at once.', 'Starts stand-ins of all services.', 'A stand in of the service.'],
    good: ['The emulator answers at once.'],
  },
  'is, is stored or exists': {
    bad: ['The usage stands in the last event.', 'Imports a table that stands already.'],
    good: [
      '`EMF` stands for embedded metric format.',
      'The clock stands still.',
      'Templates that stand alone.',
      'Stand-alone apps.',
    ],
  },
  'a custom … or your own …': {
    bad: ["Prices of one's own come first.", 'A model of one’s own.'],
    good: ['Custom prices come first.', "The zone's own time."],
  },
  'a local emulator': {
    bad: ['`--endpoint` names an engine of your own.'],
    good: ['`--endpoint` is the address of a local emulator.', 'A folder of its own.'],
  },
  'ingest or record': {
    bad: [
      'Takes in the calls of a log.',
      'Calls that could not be taken in.',
      'The function took them in.',
      'It takes in TokenUsage events.',
    ],
    good: [
      'The value did not arrive, as CloudWatch did not take it in time.',
      'The batch was taken in part.',
      'A word that it takes in place of a value.',
      'The batch was taken in half.',
      'Ingests the calls of a log.',
    ],
  },
  'notified, known, reported or given': {
    bad: ['The topic is told of each crossing.', 'The model is told by the id.'],
    good: ['The topic is notified of each crossing.', 'Stages are told apart by namespace.'],
  },
  'reports, returns, contains or identifies': {
    bad: [
      'The trace tells the model.',
      'An event that does not tell the count.',
      'Telling the queue takes a right.',
    ],
    good: [
      'Tells the on-call engineer that nothing was blocked.',
      'Tells users what to do.',
      'Outputs tell two stages apart.',
      'The trace contains the model.',
    ],
  },
  'day index': {
    bad: ["The day's directory lists them.", 'A directory entry expires.'],
    good: [
      'The day index lists them.',
      'The working directory is read.',
      'The central directory of an archive.',
    ],
  },
  'in the day index': {
    bad: ['Partitions that are announced are read.'],
    good: ['AWS announced the model in May.', 'Partitions in the day index are read.'],
  },
  'simulations': {
    bad: ['Draws 2,000 futures.', 'Each future errs in its own way.'],
    good: ['Runs 2,000 simulations.', 'A time in the future is refused.'],
  },
  'cache TTL break-even': {
    bad: ['Computes hour writes.', 'An hour-write pays off late.'],
    good: ['Computes the cache TTL break-even.', 'The price of one-hour writes.'],
  },
  'a percentile such as p90': {
    bad: ['The time that nine calls in ten stay within.', 'One call in a hundred took longer.'],
    good: ['The p90 of response latency.', 'One file in the folder is read.', 'Five calls in ten seconds.'],
  },
  'say who': {
    bad: ['Names the agent for whom the limit is.'],
    good: ['Names the agent that has the limit.'],
  },
  'a plain preposition': {
    bad: ['The day and the sums thereof.', 'The column wherein it is.'],
    good: ['The day and its sums.'],
  },
  'the other things by name, or "such as …"': {
    bad: ['Leaves images and the like in the log.'],
    good: ['Leaves data such as images in the log.', 'Counts the likely causes.'],
  },
  'no longer': {
    bad: ['The answer is not shown any more.', 'Days that have no trace any more are passed over.'],
    good: [
      'The answer is no longer shown.',
      'Without any more traces, it ends.',
      'Reads no more than one page.',
    ],
  },
  'reports, describes or contains': {
    bad: ['Shows the text that the bill says of a model.', 'Nothing was said of it.'],
    good: ['Shows the text in which the bill describes a model.', 'It says nothing.'],
  },
  'no …': {
    bad: ['Rollups know of none.'],
    good: ['Rollups contain no incidents.', 'Of none of them the price is known.'],
  },
  'a second sentence, or "whose", "with" or "that"': {
    bad: ['A call of which no end is known.', 'Asked for days of which nothing is left.'],
    good: [
      'It used 700 tokens, of which 410 are speech.',
      'Models, most of which have a price.',
      'Groups, of which the first is full.',
      'Pages, each of which is counted.',
    ],
  },
  'with which, or a verb': {
    bad: ['The name by which prices know a model.'],
    good: ['The name of a model in the price list.', 'The amount by which both sides differ.'],
  },
  'omitted': {
    bad: ['A bucket that is left out has no price.', 'Leave out one of both.'],
    good: ['An omitted bucket has no price.', 'The last page is left.'],
  },
  'a name of the thing': {
    bad: ['Ends in a hash of the whole.', 'How long the whole takes.'],
    good: ['Counts the whole day.', 'Ends in a hash of the whole text.'],
  },
  'invocation': {
    bad: [
      'Counts the records of a call.',
      'Has one record of each model call.',
      'A call that was made elsewhere.',
    ],
    good: [
      'Reads a record of the invocation log.',
      'A tracker that records one call.',
      'Records of the call log.',
    ],
  },
  'cached response': {
    bad: ['Counts cached calls.'],
    good: ['Counts cached responses.', 'Counts cached tokens of calls.'],
  },
  'unpriced': {
    bad: ['Calls of unknown cost are counted.'],
    good: ['Unpriced calls are counted.'],
  },
};

const cases = Object.entries(EXAMPLES).flatMap(([label, { bad, good }]) => [
  ...bad.map(text => ({ label, text, isBad: true })),
  ...good.map(text => ({ label, text, isBad: false })),
]);
let findings: ReadonlyMap<string, readonly Finding[]> = new Map();
beforeAll(async () => {
  const found = await lintTexts(cases.map(({ text }) => text));
  findings = new Map(cases.map(({ text }, index) => [text, found[index]]));
});
const labelsOf = (text: string) => findings.get(text)?.map(({ rule, label }) => label ?? rule);

test.each(cases.filter(({ isBad }) => isBad))(
  'the word rules ask for "$label" in: $text',
  ({ text, label }) => {
    expect(labelsOf(text)).toContain(label);
  },
);

test.each(cases.filter(({ isBad }) => !isBad))('no rule objects to: $text', ({ text }) => {
  expect(labelsOf(text)).toEqual([]);
});

test('each word rule has examples', async () => {
  const rules = await readFile(path.join(REPOSITORY, 'scripts/prose/prh.yml'), 'utf8');

  expect(Object.keys(EXAMPLES).sort()).toEqual(
    [...rules.matchAll(/^ {2}- expected: (.*)$/gm)].map(([, expected]) => expected).sort(),
  );
});

test('a finding contains the found words, the replacement, the reason and the place', async () => {
  const [[finding]] = await lintTexts(['Each check\ncomes with its mend.']);

  expect(finding).toEqual({
    rule: 'words',
    label: 'fix',
    message: '"mend": write fix. An error has a fix.',
    index: 26,
  });
});

test('the word rules check emphasis, quotes, lists and tables, and ignore code spans, code blocks and links', async () => {
  const [code, prose] = await lintTexts([
    'The `mend` of a check.\n\n```\nmend\n```\n\n[text](https://example.com/mend)',
    'A *mend* and a **mend**.\n\n> a mend\n\n- a mend\n\n| a | b |\n| - | - |\n| a mend | [a mend](x) |\n\n# A mend\n',
  ]);

  expect(code).toEqual([]);
  expect(prose.map(({ label }) => label)).toEqual(new Array(7).fill('fix'));
});
