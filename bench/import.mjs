// Measures the time to load the package in milliseconds, and prints the result as JSON.
//
// Usage: `node bench/import.mjs [runs]`, after `npm run build`.
//
// Each run is a fresh process. It loads the modules in `CDK` before the measurement, because all apps need
// them. Each figure is the median of all runs.
import { execFileSync } from 'node:child_process';

const runs = Number(process.argv[2] ?? 15);
const CDK = [
  'aws-cdk-lib',
  'aws-cdk-lib/aws-budgets',
  'aws-cdk-lib/aws-cloudwatch',
  'aws-cdk-lib/aws-cloudwatch-actions',
  'aws-cdk-lib/aws-dynamodb',
  'aws-cdk-lib/aws-events',
  'aws-cdk-lib/aws-events-targets',
  'aws-cdk-lib/aws-iam',
  'aws-cdk-lib/aws-kms',
  'aws-cdk-lib/aws-lambda',
  'aws-cdk-lib/aws-logs',
  'aws-cdk-lib/aws-logs-destinations',
  'aws-cdk-lib/aws-sns',
  'aws-cdk-lib/aws-sqs',
  'constructs',
];
const requireAll = modules => modules.map(name => `require(${JSON.stringify(name)});`).join('');
const timed = (before, measured) =>
  `${before} const start = process.hrtime.bigint(); ${measured} ` +
  'console.log(Number(process.hrtime.bigint() - start) / 1e6);';

const cases = {
  constructsOverCdk: timed(requireAll(CDK), "require('cdk-token-analytics');"),
  runtimeCommonJs: timed('', "require('cdk-token-analytics/runtime');"),
};

const samples = Object.fromEntries(Object.keys(cases).map(name => [name, []]));
for (let run = 0; run < runs; run += 1) {
  for (const [name, script] of Object.entries(cases))
    samples[name].push(Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })));
}
const median = values => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
console.log(
  JSON.stringify(
    {
      unit: 'ms',
      node: process.version,
      runs,
      ...Object.fromEntries(
        Object.entries(samples).map(([name, values]) => [
          name,
          { median: median(values), min: values[0], max: values.at(-1) },
        ]),
      ),
    },
    null,
    2,
  ),
);
