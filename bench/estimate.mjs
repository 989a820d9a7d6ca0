// Measures the error of `estimateTokens`, compared with the tokenizer `js-tiktoken`, and prints the result as
// JSON.
//
// Usage: `node bench/estimate.mjs`, after `npm run build:runtime` and `npm install --no-save js-tiktoken`.
// package.json does not contain `js-tiktoken`, because it is large and only needed here.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { estimateTokens } from 'cdk-token-analytics/runtime';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const read = file => readFile(path.join(root, file), 'utf8');
const { getEncoding } = await import('js-tiktoken').catch(() => {
  console.error('bench: the tokenizer must be installed. Run npm install --no-save js-tiktoken');
  process.exit(2);
});

const samples = {
  prose: await read('LICENSE'),
  markdown: await read('README.md'),
  code: await read('lambda/traces/trace-writer.ts'),
  json: await read('package.json'),
  compactJson: JSON.stringify(JSON.parse(await read('package.json'))),
  numbers: Array.from({ length: 400 }, (_, index) => (index * 7919) % 100_003).join(' '),
  randomIds: Array.from({ length: 100 }, () => crypto.randomUUID()).join('\n'),
  german:
    'Die Anwendung zählt die Token jedes Aufrufs und rechnet daraus die Kosten aus. Wenn der Preis ' +
    'eines Modells nicht bekannt ist, wird er nicht geraten, sondern als unbekannt gezählt.',
  russian:
    'Приложение считает токены каждого вызова и вычисляет стоимость. Если цена модели неизвестна, ' +
    'она не угадывается, а учитывается как неизвестная.',
  chinese:
    '该应用程序统计每次调用的令牌数量并计算成本。如果模型的价格未知，则不会猜测，而是记为未知。第二天早上，运维人员可以看到每个代理消耗了多少。',
  japanese:
    'このアプリケーションは呼び出しごとのトークンを数え、コストを計算します。モデルの価格が不明な場合は推測せず、不明として数えます。',
};

const errors = {};
for (const name of ['o200k_base', 'cl100k_base']) {
  const tokenizer = getEncoding(name);
  errors[name] = Object.fromEntries(
    Object.entries(samples).map(([sample, text]) => [
      sample,
      Math.round((estimateTokens(text) / tokenizer.encode(text).length - 1) * 100),
    ]),
  );
}
console.log(
  JSON.stringify({ unit: 'error of the estimate in percent of the actual count', errors }, null, 2),
);
