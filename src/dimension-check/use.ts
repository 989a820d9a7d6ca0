import { isKnown } from './text';
import { DIMENSIONS } from '../contract';

/** One place where a template names dimensions of a namespace. */
export interface DimensionUse {
  /** Where in the resource. */
  readonly location: string;
  readonly namespace: string;
  readonly metric?: string;
  /** The names of the dimensions, unknown ones included. */
  readonly dimensions: readonly string[];
  /** Whether these are all dimensions of the series, so that one more or fewer is another series. */
  readonly exact: boolean;
}

/** What is wrong with a use. */
export interface DimensionFault {
  readonly kind: 'other' | 'lone';
  /** The dimension that is none of ours, or the one of ours that stands alone. */
  readonly dimension: string;
  readonly use: DimensionUse;
}

/** The only dimensions there are. */
export const DIMENSION_NAMES: readonly string[] = Object.values(DIMENSIONS);

/**
 * What is wrong with a use, where its namespace is one of those. What is not known at synth is passed over.
 */
export function faultsOf(use: DimensionUse, namespaces: ReadonlySet<string>): DimensionFault[] {
  if (!namespaces.has(use.namespace)) return [];
  const names = [...new Set(use.dimensions)];
  const others = names.filter(name => isKnown(name) && !DIMENSION_NAMES.includes(name));
  if (others.length > 0) return others.map(dimension => ({ kind: 'other', dimension, use }));
  const isLone = use.exact && names.every(isKnown) && names.length === 1;
  return isLone ? [{ kind: 'lone', dimension: names[0], use }] : [];
}
