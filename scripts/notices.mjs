// Renders the licences of bundled packages for THIRD-PARTY-NOTICES.txt. Packages with the same licence share
// one copy of its text.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i;

/**
 * Returns the licences of all packages in some bundles as text.
 *
 * @param root folder of the repository
 * @param outputs results of esbuild with `metafile`, which lists the bundled files
 * @param figures names of packages whose data, such as prices, is in the bundles, but not their code
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
    const { terms, copyright } = splitLicence(readLicence(path.join(root, folder)) ?? `Licence: ${license}`);
    const key = keyOf(terms);
    const group = groups.get(key) ?? { terms, packages: [] };
    group.packages.push([`${name} ${version}`, ...copyright].join('\n  '));
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ terms, packages }) => `${packages.join('\n')}\n\n${terms}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/**
 * Matches copyright lines in a licence, such as `Copyright (c) 2024 …`. These lines are printed for each
 * package. The other lines are printed once for all packages with the same licence.
 */
const COPYRIGHT = /^\s*(?:portions )?copyright (?:\(c\)|©|\d{4}).*$/gim;

function splitLicence(text) {
  // Ignores the appendix of the Apache licence, because the copyright line in it is only an example.
  const [terms] = text.split('END OF TERMS AND CONDITIONS');
  return {
    terms: text
      .replaceAll(COPYRIGHT, line => (terms.includes(line) ? '' : line))
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim(),
    copyright: (terms.match(COPYRIGHT) ?? []).map(line => line.trim()),
  };
}

/**
 * Returns a key that is equal for equal licence terms. Heading, quotes, line breaks and appendix do not
 * matter.
 */
function keyOf(terms) {
  return terms
    .split('END OF TERMS AND CONDITIONS')[0]
    .replace(/^(?:the )?mit license(?: \(mit\))?\n/i, '')
    .replaceAll(/[“”"'*\s]+/g, ' ')
    .trim();
}

function readLicence(folder) {
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
