import { asCount } from '../usage/counts';
import { type Unit, UNITS, type Units } from '../usage/billed-units';

/** Codes of the units in a stored trace. They are short, so that a trace fits in one write unit. */
const CODES: Readonly<Record<Unit, string>> = {
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
const UNIT_OF_CODE: ReadonlyMap<string, Unit> = new Map(UNITS.map(unit => [CODES[unit], unit]));

/** Formats units as text, such as `gc2,gt2`. */
export function unitsToText(units: Units): string {
  return UNITS.filter(unit => units[unit])
    .map(unit => `${CODES[unit]}${units[unit]}`)
    .join(',');
}

/** Parses the text that {@link unitsToText} writes. Ignores unknown codes. Undefined if no unit is known. */
export function parseUnits(text: string | undefined): Units | undefined {
  const units: Partial<Record<Unit, number>> = {};
  for (const part of text?.split(',') ?? []) {
    const [, code, digits] = /^([a-z]{2})(\d+)$/.exec(part) ?? [];
    const unit = UNIT_OF_CODE.get(code);
    const count = asCount(Number(digits));
    if (unit && count) units[unit] = count;
  }
  return Object.keys(units).length > 0 ? units : undefined;
}
