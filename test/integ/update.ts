import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { APPS } from './apps';
import { replacedBy } from './replaced';
import { fileOf, keptTemplates, type Templates, templatesOf } from './templates';

/**
 * Writes the current templates of all apps to `templates/`. Exits with 1 if an upgrade from the old template
 * would lose data of a resource. `--replace` turns this check off.
 */
for (const name of Object.keys(APPS)) {
  const templates = templatesOf(name);
  const replaced = replacedBy(before(name), templates);
  if (replaced.length > 0 && !process.argv.includes('--replace')) {
    process.stderr.write(
      `integ:update: ${name} would lose data: ${replaced.join('; ')}. Keep the logical id and the ` +
        'key, or pass --replace.\n',
    );
    process.exit(1);
  }
  mkdirSync(path.dirname(fileOf(name)), { recursive: true });
  writeFileSync(fileOf(name), `${JSON.stringify(templates, undefined, 1)}\n`);
}

function before(name: string): Templates {
  try {
    return keptTemplates(name);
  } catch {
    return {};
  }
}
