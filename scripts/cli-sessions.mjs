// Command lines that docs/cli.md shows with their output, grouped by command. `says` is the sentence above a
// command line. `until` is a pattern of the output. When the output matches it, Ctrl-C is sent.

export const INTRODUCTION = `# The command

Run it with \`npx cdk-token-analytics\`, or as \`token-analytics\` if the package is installed. It reads the trace table in your own AWS
account with your own credentials. It needs no build. Only the demo needs the CDK. Without a command, it prints the daily report of the
last seven days.

\`npm run docs:cli\` writes this page from real runs. The built command runs against local emulators of AWS with nine weeks of generated
calls, in a terminal of 120 columns, at 2026-11-26 12:00 UTC. The output on standard error comes before that on standard output.

| command | |
|---|---|
{{commands}}

## Common options and behavior

| option | |
|---|---|
{{options}}

Options can be given before or after the name of a command. A command that ignores a common option says so on standard error.

| exit code | |
|---|---|
{{exit codes}}

- **Table:** from \`--table\`, otherwise from \`TOKEN_ANALYTICS_TABLE\`, otherwise from the outputs of your stacks, which \`TokenAnalytics\`
  writes. \`--stack\` and \`--namespace\` choose one of several tables. Standard error shows the name of the table.
- **Region:** from \`--region\`, from the ARN of the table, from \`AWS_REGION\`, or from the profile.
- **Output:** standard output has only the result. Notes, warnings and progress are on standard error. Progress bars and colors appear only
  in a terminal, and \`NO_COLOR\` removes the colors. Below 100 columns, tables are compact.
- **JSON:** \`--json\` prints one JSON document. The schema of each command is in [cli.schema.json](cli.schema.json), in the package
  \`lib/cli/schema.json\`. Money is exact: pico-dollars as text, and the same amount as a decimal of US dollars.
- **At least:** a cost is "at least" its amount if calls are unpriced, or if the true cost of calls may be higher: \`≥ $1.23 (2 unpriced, 3 at least)\`. A line below the table has the reasons, such as \`2 × guardrail text units not known\`.
- **Errors:** one line that says how to fix the problem. \`TOKEN_ANALYTICS_DEBUG=1\` also shows the stack and the causes.
- **Permissions:** reports need \`dynamodb:Query\` on the table and its index, and \`cloudformation:DescribeStacks\` to find the table in the
  outputs of stacks. \`replay\` and \`rollup\` also need \`dynamodb:BatchWriteItem\`. \`replay\` also needs \`dynamodb:PutItem\` for provisional
  traces, \`logs:FilterLogEvents\` with \`--log-group\`, and \`cloudwatch:PutMetricData\` with \`--metrics\`. \`reconcile\` also needs
  \`ce:GetDimensionValues\` and \`ce:GetCostAndUsage\`. \`daily --covered-share\` also needs \`cloudwatch:GetMetricData\`, and says so
  without it. \`preview --live\` needs \`cloudwatch:GetMetricData\` and \`cloudwatch:ListMetrics\`.
  \`doctor\` reads more, and names missing permissions.
- **Prompts:** the command never reads or prints prompts, because none are stored.
`;

export const SESSIONS = {
  daily: {
    // Writes the rollups of the test data. In an AWS account, a Lambda function does this every night.
    prepare: ['token-analytics rollup --days 62'],
    lines: [
      'token-analytics',
      { line: 'COLUMNS=80 token-analytics', says: 'In a narrow terminal:' },
      {
        line:
          'token-analytics daily --since 2026-11-23 --until 2026-11-24 --timezone Europe/Berlin --by ' +
          'agent',
        says: 'Days in Berlin, with their agents:',
      },
      {
        line: 'token-analytics daily --reprice prices.json --since 2026-11-23 --until 2026-11-25',
        says: 'Recorded cost, and cost at your own prices:',
      },
      {
        line: 'token-analytics daily --covered-share --since yesterday',
        says: "Which share of the account's calls is recorded:",
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
        says: 'The exit code is 3 if a limit is exceeded:',
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
        says: 'How the cost of a call is calculated:',
      },
    ],
  },
  doctor: { lines: ['token-analytics doctor'] },
  reconcile: { lines: ['token-analytics reconcile --since 2026-11-20 --until 2026-11-24 --yes'] },
  preview: { lines: [{ line: 'token-analytics preview --no-open', until: /until Ctrl-C|\/$/m }] },
  demo: { lines: ['token-analytics demo'] },
  completion: { lines: ['token-analytics completion bash | head -4'] },
};
