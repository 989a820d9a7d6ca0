import { readdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { resolveTemplate, type TemplateResolver } from '../emulators/template';
import { parseBody, type Properties } from '../page/dashboard-body';
import type { ResolvedDashboard } from '../page/dashboard-source';

const MANIFEST = 'manifest.json';
const TEMPLATE_ENDING = '.template.json';
const STACK = 'aws:cloudformation:stack';
const ASSEMBLY = 'cdk:cloud-assembly';
const NESTED_STACK = 'AWS::CloudFormation::Stack';
const DASHBOARD = 'AWS::CloudWatch::Dashboard';
const ALARM = 'AWS::CloudWatch::Alarm';
/**
 * Maximum depth of nested assemblies and nested stacks. Without a limit, an assembly that contains itself
 * would cause an endless loop.
 */
const MAX_DEPTH = 8;

const UNKNOWN_ACCOUNT = '123456789012';
const DEFAULT_REGION = 'us-east-1';

export interface AssemblyOptions {
  /** Folder with the output of `cdk synth`, such as `cdk.out`. */
  readonly dir: string;
  /** Region for stacks that do not set one. Default: us-east-1. */
  readonly region?: string;
}

/** Dashboards in the output of `cdk synth`. `notes` contains sentences about parts that could not be read. */
export interface AppDashboards {
  readonly dashboards: readonly ResolvedDashboard[];
  readonly notes: readonly string[];
}

interface Manifest {
  readonly artifacts?: Readonly<
    Record<
      string,
      {
        readonly type?: string;
        readonly environment?: string;
        readonly displayName?: string;
        readonly properties?: {
          readonly templateFile?: string;
          readonly directoryName?: string;
          readonly stackName?: string;
        };
      }
    >
  >;
}

interface Template {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Resources?: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties?: Properties; readonly Metadata?: Properties }
    >
  >;
}

/** Template file of a stack, with the stack's name, region, account and parameters. */
interface StackTemplate {
  readonly file: string;
  readonly name: string;
  readonly region: string;
  readonly accountId: string;
  readonly parameters?: Properties;
}

/**
 * Reads the dashboards of all stacks in the output of `cdk synth`, including stages and nested stacks. If a
 * value is known only at deployment, such as an export of another stack, a text with its name replaces it.
 *
 * @throws if the folder contains no synthesised app, or if the app has no dashboard
 */
export async function readDashboards({
  dir,
  region = DEFAULT_REGION,
}: AssemblyOptions): Promise<AppDashboards> {
  const templates = await templatesIn(dir, region, 0);
  if (templates.length === 0) {
    throw new Error(
      `there is no synthesised app in ${dir}. Run cdk synth, or pass the folder that it writes`,
    );
  }
  const found: ResolvedDashboard[] = [];
  const notes: string[] = [];
  for (const template of templates) await readTemplate(template, found, notes, 0);
  if (found.length === 0) {
    throw new Error(
      [
        `there is no dashboard in ${dir}: none of its ${templates.length} templates has an ` +
          `${DASHBOARD} that can be read`,
        ...notes,
      ].join('. '),
    );
  }
  return { dashboards: found, notes };
}

async function templatesIn(dir: string, region: string, depth: number): Promise<StackTemplate[]> {
  const names = await readdir(dir).catch((error: unknown): string[] => {
    const { code } = error as { code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  });
  if (!names.includes(MANIFEST)) {
    return names
      .filter(name => name.endsWith(TEMPLATE_ENDING) && !name.endsWith(`.nested${TEMPLATE_ENDING}`))
      .sort()
      .map(name => ({
        file: path.join(dir, name),
        name: name.slice(0, -TEMPLATE_ENDING.length),
        region,
        accountId: UNKNOWN_ACCOUNT,
      }));
  }
  const { artifacts = {} } = (await readJson(path.join(dir, MANIFEST))) as Manifest;
  const templates: StackTemplate[] = [];
  for (const [id, { type, environment = '', displayName, properties = {} }] of Object.entries(artifacts)) {
    if (type === STACK && properties.templateFile !== undefined) {
      templates.push({
        file: path.join(dir, properties.templateFile),
        name: displayName ?? properties.stackName ?? id,
        ...parseEnvironment(environment, region),
      });
    } else if (type === ASSEMBLY && properties.directoryName !== undefined && depth < MAX_DEPTH) {
      templates.push(...(await templatesIn(path.join(dir, properties.directoryName), region, depth + 1)));
    }
  }
  return templates;
}

async function readTemplate(
  stack: StackTemplate,
  found: ResolvedDashboard[],
  notes: string[],
  depth: number,
): Promise<void> {
  const { Resources = {}, Parameters = {} } = (await readJson(stack.file)) as Template;
  const unknowns = new Set<string>();
  const resolver = resolveTemplate(
    { Resources },
    { region: stack.region, accountId: stack.accountId, partition: partitionOf(stack.region) },
    {
      stackName: stack.name,
      parameters: { ...parameterDefaults(Parameters), ...stack.parameters },
      unknown: reason => {
        unknowns.add(reason);
        return reason;
      },
    },
  );
  const alarms = alarmsByArn(Resources, resolver);
  unknowns.clear();
  for (const [logicalId, { Type, Properties: properties = {}, Metadata = {} }] of Object.entries(Resources)) {
    if (Type === NESTED_STACK && depth < MAX_DEPTH) {
      const { Parameters: parameters = {}, TemplateURL: url } = resolver.resolve(properties) as {
        Parameters?: Properties;
        TemplateURL?: unknown;
      };
      unknowns.clear();
      const asset = Metadata['aws:asset:path'] ?? (await findAssetFile(stack.file, String(url)));
      if (typeof asset !== 'string') continue;
      await readTemplate(
        {
          ...stack,
          file: path.join(path.dirname(stack.file), asset),
          name: `${stack.name}/${logicalId}`,
          parameters,
        },
        found,
        notes,
        depth + 1,
      );
    } else if (Type === DASHBOARD) {
      try {
        const name = String(resolver.resolve({ Ref: logicalId }));
        const body = parseBody(String(resolver.resolve(properties.DashboardBody)));
        found.push({ id: `${stack.name}/${logicalId}`, name, stack: stack.name, body, alarms });
      } catch (error) {
        notes.push(
          `${logicalId} of ${stack.name} cannot be read: ` +
            `${error instanceof Error ? error.message : String(error)}.`,
        );
      }
      for (const reason of unknowns) {
        notes.push(`In ${logicalId} of ${stack.name}, ${reason}: its value is known only at deployment.`);
      }
      unknowns.clear();
    }
  }
}

/**
 * Finds the template file of a nested stack by the hash in its template URL. Called if the metadata of the
 * stack's resource has no file path.
 */
async function findAssetFile(stackFile: string, url: string): Promise<string | undefined> {
  const [, hash = ''] = /([0-9a-f]{64})\.json$/.exec(url) ?? [];
  if (hash === '' || !stackFile.endsWith(TEMPLATE_ENDING)) return undefined;
  const { files = {} } = (await readJson(`${stackFile.slice(0, -TEMPLATE_ENDING.length)}.assets.json`)) as {
    files?: Readonly<Record<string, { readonly source?: { readonly path?: string } }>>;
  };
  return files[hash]?.source?.path;
}

function alarmsByArn(
  resources: NonNullable<Template['Resources']>,
  resolver: TemplateResolver,
): Map<string, Properties> {
  return new Map(
    Object.entries(resources)
      .filter(([, { Type }]) => Type === ALARM)
      .map(([logicalId, { Properties: properties = {} }]) => [
        String(resolver.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] })),
        resolver.resolve(properties) as Properties,
      ]),
  );
}

function parameterDefaults(parameters: NonNullable<Template['Parameters']>): Properties {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { Default }]) => [name, Default ?? `(${name})`]),
  );
}

/**
 * Parses a CDK environment such as `aws://111122223333/eu-central-1`. If the account is unknown, returns
 * `UNKNOWN_ACCOUNT`. If the region is unknown, returns `region`.
 */
function parseEnvironment(environment: string, region: string): { region: string; accountId: string } {
  const [, account = '', named = ''] = /^aws:\/\/([^/]+)\/(.+)$/.exec(environment) ?? [];
  return {
    accountId: /^\d{12}$/.test(account) ? account : UNKNOWN_ACCOUNT,
    region: named === '' || named.startsWith('unknown') ? region : named,
  };
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
