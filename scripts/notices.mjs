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
    const { name, version, license } = JSON.parse(
      readFileSync(path.join(root, folder, 'package.json'), 'utf8'),
    );
    const { terms, copyright } = partsOf(licenceOf(path.join(root, folder)) ?? `Licence: ${license}`);
    const key = keyOf(terms);
    const group = groups.get(key) ?? { terms, packages: [] };
    group.packages.push([`${name} ${version}`, ...copyright].join('\n  '));
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ terms, packages }) => `${packages.join('\n')}\n\n${terms}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** Lines that name the owner, as in the licences of MIT and BSD: they stand with the package, above the terms that it shares. */
const COPYRIGHT = /^\s*(?:portions )?copyright (?:\(c\)|©|\d{4}).*$/gim;

function partsOf(text) {
  // The appendix of the Apache licence says how to apply it, with an owner of its own.
  const [terms] = text.split('END OF TERMS AND CONDITIONS');
  return {
    terms: text
      .replaceAll(COPYRIGHT, line => (terms.includes(line) ? '' : line))
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim(),
    copyright: (terms.match(COPYRIGHT) ?? []).map(line => line.trim()),
  };
}

/** Equal for the same terms, whatever their heading, quotes, line breaks and appendix. */
function keyOf(terms) {
  return terms
    .split('END OF TERMS AND CONDITIONS')[0]
    .replace(/^(?:the )?mit license(?: \(mit\))?\n/i, '')
    .replaceAll(/[“”"'*\s]+/g, ' ')
    .trim();
}

function licenceOf(folder) {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder)
    .filter(file => LICENCE_FILE.test(file))
    .sort();
  return files.length === 0
    ? undefined
    : files
        .map(file => readFileSync(path.join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim())
        .join('\n\n');
}
