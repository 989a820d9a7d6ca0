import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { runOk } from '../../support/run';

/** Tarball of this package from `npm pack`, with a list of its files. */
export interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

export async function pack(folder: string): Promise<Packed> {
  const [packed] = JSON.parse(
    await runOk('npm', [
      'pack',
      '--json',
      '--pack-destination',
      folder,
      '--cache',
      path.join(folder, 'npm-cache'),
    ]),
  ) as [Packed];
  return packed;
}

export function writePackageJson(folder: string, dependencies: Readonly<Record<string, string>> = {}): void {
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name: 'scratch', version: '1.0.0', private: true, dependencies }),
  );
}

/** Packs this package and installs it in the folder, without any other package. */
export async function installPacked(folder: string): Promise<void> {
  const { filename } = await pack(folder);
  writePackageJson(folder);
  await runOk('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${filename}`], { cwd: folder });
}

export interface Script {
  readonly name: string;
  readonly source: string;
}

/**
 * Runs a script in the folder of an app. PATH contains only Node.js, so the script finds neither Docker nor
 * esbuild.
 */
export function runScript(folder: string, { name, source }: Script): Promise<string> {
  writeFileSync(path.join(folder, name), source);
  return runOk(process.execPath, [name], {
    cwd: folder,
    env: { PATH: path.dirname(process.execPath), HOME: folder, CDK_VALIDATION: 'false' },
  });
}

/** Script that synthesises an app with constructs of this package, and prints its resource types as JSON. */
export const SYNTHESISE: Script = {
  name: 'app.js',
  source: `
    const { App, Stack } = require('aws-cdk-lib');
    const { TokenAnalytics, TokenAnalyticsLayer } = require('cdk-token-analytics');
    const app = new App();
    const stack = new Stack(app, 'Scratch');
    new TokenAnalytics(stack, 'TokenAnalytics', { dailyBudget: 10, budgetAlertOptions: { enabled: true } });
    new TokenAnalyticsLayer(stack, 'Layer');
    const { template } = app.synth().getStackByName('Scratch');
    console.log(JSON.stringify(Object.values(template.Resources).map(resource => resource.Type)));
  `,
};
/** Resource types that the script `SYNTHESISE` must print, among others. */
export const SYNTHESISED = [
  'AWS::DynamoDB::GlobalTable',
  'AWS::CloudWatch::Dashboard',
  'AWS::CloudWatch::Alarm',
  'AWS::Lambda::Function',
  'AWS::Lambda::LayerVersion',
];

/** Way to load an entry point of the package: its name, e.g. `required`, and a script. */
type Load = readonly [how: string, script: Script];

const loads = (entryPoint: string, names: string, body: string): readonly Load[] => {
  const from = `cdk-token-analytics/${entryPoint}`;
  return [
    ['required', { name: `${entryPoint}.cjs`, source: `const { ${names} } = require('${from}');${body}` }],
    ['imported', { name: `${entryPoint}.mjs`, source: `import { ${names} } from '${from}';${body}` }],
  ];
};

/** Scripts that load the runtime with `require` or `import`, and print the cost of a call. */
export const RUNTIME_LOADS = loads(
  'runtime',
  'CostCalculator, extractUsage',
  `
    const modelId = 'amazon.nova-micro-v1:0';
    const response = { usage: { inputTokens: 3702, outputTokens: 1701, totalTokens: 5403 } };
    const usage = extractUsage({ operation: 'Converse', modelId, response });
    console.log(String(new CostCalculator().calculate(usage, { modelId }).picoUsd));
  `,
);
export const RUNTIME_OUTPUT = '367710000';

/**
 * Scripts that load the reports with `require` or `import`, and request a report from an endpoint without a
 * server.
 */
export const REPORTS_LOADS = loads(
  'reports',
  'UsageReports, usdText',
  `
    const endpoint = 'http://127.0.0.1:9';
    const reports = new UsageReports({ tableName: 'Traces', region: 'us-east-1', endpoint });
    process.env.AWS_ACCESS_KEY_ID = process.env.AWS_SECRET_ACCESS_KEY = 'test';
    const refused = error => /ECONNREFUSED/.test(String(error.code) + String(error));
    reports
      .daily('2026-11-20')
      .then(console.log, error => console.log(usdText(1500000000000n), refused(error)))
      .finally(() => reports.close());
  `,
);
export const REPORTS_OUTPUT = '$1.50 true';
