// Loads a program and calls its exported functions: `node run.mjs <require|import> <file> <calls as JSON>`.
// A call is, for example, `["handler", {}]`. Prints all results in one line.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [load, file, calls] = process.argv.slice(2);
const context = { getRemainingTimeInMillis: () => 60_000 };
const program =
  load === 'import' ? await import(pathToFileURL(file).href) : createRequire(import.meta.url)(file);
const results = [];
for (const [name, argument] of JSON.parse(calls)) results.push(await program[name](argument, context));
process.stdout.write(`${JSON.stringify({ results })}\n`);
