import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import type { SeriesSource } from './series';
import { warn } from '../private/synth-messages';

/** Heading and widgets of a section. */
export interface Section {
  /** One line of Markdown. */
  readonly heading: string;
  readonly rows: readonly (readonly cloudwatch.IWidget[])[];
}

/** Creates a section for a dashboard. */
export type SectionMaker = (source: SeriesSource) => Section;

/** Name of a section, with which checks identify it. */
export type SectionName = 'gateway' | 'batch' | 'reliability' | 'quota' | 'incidents';

/** Sections with widgets on metrics that only detail level `standard` publishes. */
const STANDARD_SECTIONS: readonly SectionName[] = ['gateway', 'batch'];

/** Warns about sections with widgets that stay empty at detail level `core`. */
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
