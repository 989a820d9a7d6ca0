import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import type { SeriesSource } from './series';
import { warn } from '../private/synth-messages';

/** Heading and widgets of one group on the dashboard. */
export interface Section {
  /** Heading as one line of Markdown. */
  readonly heading: string;
  readonly rows: readonly (readonly cloudwatch.IWidget[])[];
}

export type SectionMaker = (source: SeriesSource) => Section;

/** Kind of a dashboard section. */
export type SectionName = 'gateway' | 'batch' | 'reliability' | 'quota' | 'incidents';

/**
 * Sections with widgets that stay empty at detail level `core`, because their metrics are published only at
 * `standard`.
 */
const STANDARD_SECTIONS: readonly SectionName[] = ['gateway', 'batch'];

/** Adds a warning if the dashboard has sections with widgets that stay empty at detail level `core`. */
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
