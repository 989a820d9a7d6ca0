import type { LowerBoundReason } from '../pricing/cost';
import type { Unit } from '../usage/billed-units';

/** Codes of the units in a stored rollup. They are short, because each quarter-hour has its own counts. */
const UNIT_CODES: Readonly<Record<Unit, string>> = {
  guardrailContent: 'gc',
  guardrailContentImages: 'gi',
  guardrailTopics: 'gt',
  guardrailSensitiveInformation: 'gs',
  guardrailGrounding: 'gg',
  guardrailReasoning: 'gr',
  checkContent: 'cc',
  checkPromptAttack: 'cp',
  checkSensitiveInformation: 'cs',
  searches: 'se',
  images: 'im',
  imagesPremium: 'ip',
  imagesLarge: 'il',
  imagesLargePremium: 'lp',
  videoSeconds: 'vs',
  webSearches: 'ws',
};
/** Codes of the reasons in a stored rollup. */
const REASON_CODES: Readonly<Record<LowerBoundReason, string>> = {
  bareId: 'bi',
  cacheWriteTtl: 'ct',
  cacheTokens: 'ca',
  guardrailUnits: 'gu',
  searchUnits: 'su',
  unitPrice: 'up',
  speechTokens: 'sp',
};
const CODE_OF_NAME: ReadonlyMap<string, string> = new Map(Object.entries({ ...UNIT_CODES, ...REASON_CODES }));
const NAME_OF_CODE: ReadonlyMap<string, string> = new Map(
  [...CODE_OF_NAME].map(([name, code]) => [code, name]),
);

/** Formats counts of units or reasons as text, such as `gc2,gt2`. Omits unknown names and counts of 0. */
export function countsToText(counts: Iterable<readonly [name: string, count: number]>): string {
  return [...counts]
    .flatMap(([name, count]) => {
      const code = CODE_OF_NAME.get(name);
      return code && count > 0 ? [`${code}${count}`] : [];
    })
    .sort()
    .join(',');
}

/** Parses the text that {@link countsToText} writes. Ignores unknown codes. */
export function parseCounts(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split(',').flatMap(part => {
      const [, code, digits] = /^([a-z]{2})(\d+)$/.exec(part) ?? [];
      const name = NAME_OF_CODE.get(code);
      return name === undefined ? [] : [[name, Number(digits)] as const];
    }),
  );
}
