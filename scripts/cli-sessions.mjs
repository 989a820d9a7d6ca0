// What docs/cli.md shows: the lines that are run, by command. `{ line, says }`
// has a sentence before it; `until` ends what would go on with Ctrl-C.

export const INTRODUCTION = `# The command

\`npx cdk-token-analytics\`, or \`token-analytics\` where the package is installed. It reads the trace table of your own account with your
own credentials, and needs no build and, but for the demo, no CDK. Bare, it is the daily report of the last seven days.

This page is made by \`npm run docs:cli\` from real runs: the built command against a DynamoDB engine and stand-ins of the other services
on loopback, with nine weeks of made-up calls, a terminal of 120 columns, and the clock held at 2026-11-26 12:00 UTC. What a command
says on standard error stands before what it says on standard output.

| command | |
|---|---|
{{commands}}

## What all commands have in common

| option | |
|---|---|
{{options}}

Each is taken before and after a command's name. Where one has no meaning to a command, the command says so on standard error and goes on.

- **The table** is that of \`--table\`, else of \`TOKEN_ANALYTICS_TABLE\`, else the one that the outputs of your stacks name
  (\`TokenAnalytics\` writes them); \`--stack\` and \`--namespace\` choose among several. Which one it took is said on standard error.
- **The region** is that of \`--region\`, of the table's ARN, of \`AWS_REGION\`, or of the profile.
- **Standard output** has the result and nothing else. Notes, warnings and progress are on standard error; progress bars and colours are
  for terminals alone, and \`NO_COLOR\` takes the colours away. Under 100 columns tables are compact.
- **\`--json\`** prints one JSON document; its schema, by command, is [cli.schema.json](cli.schema.json), in the package
  \`lib/cli/schema.json\`. Money is exact there: pico-dollars as text, and the same as a decimal of US dollars.
- **Costs** that are not all known are "at least": \`≥ $1.23 (2 unpriced)\`.
- **Exit codes**: 0 fine, 1 something failed, 2 the command line is wrong, 3 a threshold is exceeded, 130 Ctrl-C.
- **An error** is one line with its mend; \`TOKEN_ANALYTICS_DEBUG=1\` shows all that is known of it.
- **Permissions**: reports need \`dynamodb:Query\` on the table and its index, and \`cloudformation:DescribeStacks\` where the table is found
  by your stacks; \`replay\` and \`rollup\` also \`dynamodb:BatchWriteItem\`, and \`replay\` also \`dynamodb:PutItem\` for provisional traces,
  \`logs:FilterLogEvents\` with \`--log-group\` and \`cloudwatch:PutMetricData\` with \`--metrics\`; \`reconcile\`
  also \`ce:GetDimensionValues\` and \`ce:GetCostAndUsage\`; \`preview --live\` needs \`cloudwatch:GetMetricData\` and \`cloudwatch:ListMetrics\`.
  \`doctor\` looks at more, and names what it lacks.
- **No prompt** is read or printed: none is stored.
`;

export const SESSIONS = {
  daily: {
    // As an account is whose nights were rolled up.
    prepare: ['token-analytics rollup --days 62'],
    lines: [
      'token-analytics',
      { line: 'COLUMNS=80 token-analytics', says: 'In a narrow terminal:' },
      {
        line:
          'token-analytics daily --since 2026-11-23 --until 2026-11-24 --timezone Europe/Berlin --by ' +
          'agent',
        says: 'Days as Berlin has them, with their agents:',
      },
      {
        line: 'token-analytics daily --reprice prices.json --since 2026-11-23 --until 2026-11-25',
        says: 'Beside what was recorded, what it costs by prices of your own:',
      },
      {
        line: 'token-analytics daily --json --since yesterday --until yesterday | head -24',
        says: 'As JSON:',
      },
    ],
  },
  agents: { lines: ['token-analytics agents --models'] },
  models: { lines: ['token-analytics models --limit 2 --since 4w'] },
  incident: { lines: ['token-analytics incident INC-1996 --limit 5'] },
  trends: {
    lines: [
      'token-analytics trends --granularity week',
      {
        line: 'token-analytics trends --granularity hour --since today --agent triage',
        says: 'Hour by hour, one agent:',
      },
    ],
  },
  forecast: { lines: ['token-analytics forecast'] },
  top: { lines: ['token-analytics top --limit 5', 'token-analytics top --by model --since 4w'] },
  live: { lines: ['token-analytics live'] },
  thresholds: {
    lines: [
      'token-analytics thresholds --daily 25 --hourly 5',
      {
        line: 'token-analytics thresholds --daily 0.20 --agent triage',
        says: 'A limit that is exceeded ends with 3:',
      },
    ],
  },
  whatif: {
    lines: [
      'token-analytics whatif --from anthropic.claude-sonnet-4-5-20250929-v1:0 --to amazon.nova-pro-v1:0',
      'token-analytics whatif --batch --agent triage',
    ],
  },
  export: {
    lines: [
      'token-analytics export --since 2026-11-25 --until 2026-11-25 | head -3',
      'token-analytics export --since 4w --output november.parquet',
    ],
  },
  replay: { lines: ['token-analytics replay --dry-run function.log', 'token-analytics replay function.log'] },
  rollup: { lines: ['token-analytics rollup --days 5'] },
  prices: {
    lines: [
      'token-analytics prices anthropic.claude-sonnet-4-5-20250929-v1:0',
      {
        line: 'token-analytics prices amazon.nova-micro-v1:0 --explain --input 3702 --output 1701',
        says: 'The arithmetic of a call:',
      },
    ],
  },
  doctor: { lines: ['token-analytics doctor'] },
  reconcile: { lines: ['token-analytics reconcile --since 2026-11-20 --until 2026-11-24 --yes'] },
  preview: { lines: [{ line: 'token-analytics preview --no-open', until: /until Ctrl-C|\/$/m }] },
  demo: { lines: ['token-analytics demo'] },
  completion: { lines: ['token-analytics completion bash | head -4'] },
};
