import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileOf, fileText, readFixtures } from './payloads';
import { rendered } from './render';

/**
 * Recorded responses in `../shared/fixtures`. The script replaces all payloads with new payloads from these
 * responses. Usage: `npx ts-node -T -P test/tsconfig.json test/conformance/write-payloads.ts`
 */
const fixtures = readFixtures();
if (!fixtures) {
  process.stderr.write(
    'write-payloads: ../shared/fixtures must be beside the repository, but is not. Put it there.\n',
  );
  process.exit(1);
}
const folder = path.dirname(fileOf(''));
for (const file of readdirSync(folder)) rmSync(path.join(folder, file));
for (const fixture of fixtures) writeFileSync(fileOf(fixture.id), fileText(rendered(fixture)));
