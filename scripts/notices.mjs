// The licences of what is bundled, as text: each once, with the packages that are under it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i;

/**
 * @param root the repository
 * @param outputs what esbuild's builds gave, each with its metafile
 * @param figures packages of which only figures are in the bundles
 */
export function notices(root, outputs, figures = []) {
  const folders = new Set(figures.map(name => path.join('node_modules', name)));
  for (const { metafile } of outputs) {
    for (const input of Object.keys(metafile.inputs)) {
      const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [];
      if (folder !== undefined) folders.add(folder);
    }
  }
  const groups = new Map();
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
    const text = licenceOf(path.join(root, folder)) ?? `Licence: ${license}`;
    const group = groups.get(termsOf(text)) ?? { text, packages: [] };
    group.packages.push(`${name} ${version}`);
    groups.set(termsOf(text), group);
  }
  return [...groups.values()].map(({ text, packages }) => `${packages.join('\n')}\n\n${text}\n`).join(`\n${'-'.repeat(80)}\n\n`);
}

/** What makes two licences one: the terms, without line breaks and without the appendix that the Apache licence ends in. */
function termsOf(text) {
  return text.replaceAll(/\s+/g, ' ').split('END OF TERMS AND CONDITIONS')[0];
}

function licenceOf(folder) {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder).filter(file => LICENCE_FILE.test(file)).sort();
  return files.length === 0 ? undefined : files.map(file => readFileSync(path.join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim()).join('\n\n');
}
