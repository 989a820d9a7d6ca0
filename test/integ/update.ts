import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { APPS } from './apps';
import { replacedBy } from './replaced';
import { fileOf, keptTemplates, type Templates, templatesOf } from './templates';

/**
 * Writes the kept templates anew, and refuses where that would
 * replace what has something in it, unless told `--replace`.
 */
for (const name of Object.keys(APPS)) {
  const templates = templatesOf(name);
  const replaced = replacedBy(before(name), templates);
  if (replaced.length > 0 && !process.argv.includes('--replace')) {
    process.stderr.write(
      `integ:update: ${name} would lose data: ${replaced.join('; ')}. Keep the logical id and the ` +
        'key, or give --replace.\n',
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
