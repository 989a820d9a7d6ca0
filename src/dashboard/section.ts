import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import type { SeriesSource } from './series';
import { warn } from '../private/synth-messages';

/** Heading and widgets of a section. */
export interface Section {
  /** Heading as one line of Markdown. */
  readonly heading: string;
  readonly rows: readonly (readonly cloudwatch.IWidget[])[];
}

export type SectionMaker = (source: SeriesSource) => Section;

/** Name of a section. Checks identify the section by this name. */
export type SectionName = 'gateway' | 'batch' | 'reliability' | 'quota' | 'incidents';

/**
 * Sections that contain metrics of detail level `standard`. The runtime publishes these metrics only at that
 * level.
 */
const STANDARD_SECTIONS: readonly SectionName[] = ['gateway', 'batch'];

/** Adds a warning about sections that have empty widgets at detail level `core`. */
export function warnOfStandardSections(
  scope: IConstruct,
  prop: string,
  sections: readonly SectionName[],
): void {
  const affected = STANDARD_SECTIONS.filter(name => sections.includes(name));
  if (affected.length === 0) return;
  warn(
    scope,
    'sectionAtCore',
    `\`${prop}\`: widgets on latency and total tokens stay empty (${affected.join(' and ')}), because these metrics ` +
      'are published only at detail level `standard`. Set `detailLevel: DetailLevel.STANDARD` of TokenAnalytics.',
  );
}
