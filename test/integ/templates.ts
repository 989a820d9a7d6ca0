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
