// Checks the texts and the names in the project. Usage:
// `node scripts/prose/check.mjs [--counts] [file or folder …]`. Without arguments, checks everything.
// Prints `file:line:column rule: message` for each finding. With --counts, prints the number of findings by
// rule and folder instead. Exits with 1 if there are findings, and with 2 if a file or folder does not exist.
import { joinPassages } from './document.mjs';
import { countTable } from './counts.mjs';
import { checkNames } from './names.mjs';
import { passagesOf } from './passages.mjs';
import { listFiles, readSource } from './sources.mjs';
import { createLinter } from './textlint.mjs';

/**
 * Approximate number of characters that textlint checks in one run. Each run has a fixed cost, so small
 * batches are slow. Very long texts are slow to parse, so very large batches are slow as well.
 */
const BATCH_LENGTH = 20_000;

/** Groups texts into batches of about `BATCH_LENGTH` characters. textlint checks each batch in one run. */
function batchesOf(passages) {
  const batches = [];
  let length = Infinity;
  for (const passage of passages) {
    if (length > BATCH_LENGTH) {
      batches.push([]);
      length = 0;
    }
    batches.at(-1).push(passage);
    length += passage.lines.flat().reduce((sum, { text }) => sum + text.length, 0);
  }
  return batches;
}

async function checkProse(passages) {
  const lint = createLinter();
  const findings = [];
  const run = async (batch, options) => {
    const { text, placeAt } = joinPassages(batch);
    for (const { index, ...finding } of await lint(text, options))
      findings.push({ ...finding, ...placeAt(index) });
  };
  for (const batch of batchesOf(passages.comments)) await run(batch, { isComment: true });
  for (const batch of batchesOf(passages.strings)) await run(batch);
  for (const document of passages.documents) await run([document]);
  return findings;
}

/**
 * Adds the line and column to each finding, calculated from its offset in the file. Sorts the findings by
 * place.
 */
function locate(findings, texts) {
  return findings
    .map(finding => {
      const before = texts.get(finding.file).slice(0, finding.offset).split('\n');
      return { ...finding, line: before.length, column: before.at(-1).length + 1 };
    })
    .sort((a, b) => (a.file < b.file ? -1 : Number(a.file > b.file)) || a.offset - b.offset);
}

async function main(args) {
  const places = args.filter(argument => argument !== '--counts');
  const start = performance.now();
  const passages = { comments: [], strings: [], documents: [] };
  const texts = new Map();
  const named = [];
  for (const file of listFiles(places)) {
    const text = readSource(file);
    texts.set(file, text);
    named.push(...checkNames(file, text));
    for (const [kind, found] of Object.entries(passagesOf(file, text))) passages[kind].push(...found);
  }
  const findings = locate([...named, ...(await checkProse(passages))], texts);
  if (args.includes('--counts')) console.log(countTable(findings));
  else
    for (const { file, line, column, rule, message } of findings)
      console.log(`${file}:${line}:${column} ${rule}: ${message}`);
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`prose: ${findings.length} findings in ${texts.size} files (${seconds} s)`);
  if (findings.length > 0) process.exitCode = 1;
}

await main(process.argv.slice(2)).catch(error => {
  console.error(`prose: ${error.message}`);
  process.exitCode = 2;
});
