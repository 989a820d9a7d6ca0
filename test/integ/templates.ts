import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { App } from 'aws-cdk-lib';
import { APPS } from './apps';

/**
 * CloudFormation templates of an app, by stack name. Asset hashes are replaced by `<hash>`, because they
 * change with every build.
 */
export type Templates = Readonly<Record<string, object>>;

export function templatesOf(name: string): Templates {
  const app = new App({ analyticsReporting: false });
  APPS[name](app);
  const { stacks } = app.synth();
  return JSON.parse(
    JSON.stringify(
      Object.fromEntries(stacks.map(stack => [stack.stackName, stack.template as object])),
    ).replaceAll(/[0-9a-f]{64}/g, '<hash>'),
  ) as Templates;
}

export const fileOf = (name: string) => path.join(__dirname, 'templates', `${name}.json`);

export function keptTemplates(name: string): Templates {
  return JSON.parse(readFileSync(fileOf(name), 'utf8')) as Templates;
}

/**
 * Returns templates without differences between versions of aws-cdk-lib that mean nothing: the order of the
 * keys in a dashboard body, and the background of a text widget if it is transparent. Later versions than
 * 2.270 write it, earlier ones leave it out.
 */
export function acrossVersions(templates: Templates): unknown {
  return JSON.parse(JSON.stringify(templates), (key, value: unknown) =>
    key === 'DashboardBody' ? dashboardOf(value) : value,
  );
}

/** Parses a dashboard body in a template. A text replaces each value that is known only at deployment. */
function dashboardOf(body: unknown): unknown {
  const { 'Fn::Join': [, parts] = ['', [body]] } = body as { 'Fn::Join'?: [string, unknown[]] };
  const text = parts
    .map(part => (typeof part === 'string' ? part : JSON.stringify(part).replaceAll('"', "'")))
    .join('');
  return JSON.parse(text, (key, value: unknown) =>
    key === 'background' && value === 'transparent' ? undefined : value,
  );
}
