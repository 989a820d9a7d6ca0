import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { SeriesSource } from './series';

/** What a section puts on a dashboard: one line of heading, and rows of widgets under it. */
export interface Section {
  /** One line of markdown. */
  readonly heading: string;
  readonly rows: readonly (readonly cloudwatch.IWidget[])[];
}

/** Makes a section for a dashboard. */
export type SectionMaker = (source: SeriesSource) => Section;

/** Name of each section, by which checks tell them apart. */
export type SectionName = 'gateway' | 'batch' | 'reliability' | 'quota' | 'incidents';
