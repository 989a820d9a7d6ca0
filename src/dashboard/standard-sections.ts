import type { IConstruct } from 'constructs';
import type { SectionName } from './section';
import { warn } from '../private/synth-messages';

/** Sections that have widgets on metrics of detail level `standard`. */
const STANDARD_SECTIONS: readonly SectionName[] = ['gateway', 'batch'];

/** Warns of sections with widgets that stay empty at detail level `core`. */
export function warnOfStandardSections(
  scope: IConstruct,
  prop: string,
  sections: readonly SectionName[],
): void {
  const empty = STANDARD_SECTIONS.filter(name => sections.includes(name));
  if (empty.length === 0) return;
  warn(
    scope,
    'sectionAtCore',
    `\`${prop}\`: ${empty.join(' and ')} has widgets on latency and total tokens, which are published at detail ` +
      'level `standard` only and stay empty. Set `detailLevel: DetailLevel.STANDARD` of TokenAnalytics.',
  );
}
