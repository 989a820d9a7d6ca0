// Prints the Markdown texts that scripts/prose/check.mjs checks. Usage:
// `node scripts/prose/print.mjs [file or folder …]`.
import { joinPassages } from './document.mjs';
import { passagesOf } from './passages.mjs';
import { listFiles, readSource } from './sources.mjs';

for (const file of listFiles(process.argv.slice(2))) {
  const passages = Object.values(passagesOf(file, readSource(file))).flat();
  if (passages.length > 0) process.stdout.write(joinPassages(passages).text);
}
