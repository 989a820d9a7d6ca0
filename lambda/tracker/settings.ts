import { DETAIL_LEVELS, type DetailLevel, ENV, MAX_NAMESPACE_LENGTH, MAX_WRITE_SHARDS } from '../../src/contract';
import { warnOnce } from '../warn-once';

/** What a tracker is told; each option that is left out has its default. */
export interface TrackerSettings {
  /** The agent of calls that name none. */
  readonly agentId?: string;
  /** The agents that become dimension values. Default: each that looks like a name. */
  readonly agents?: readonly string[];
  /** Default: `OPX/Analytics`. */
  readonly namespace?: string;
  /** Default: `core`. */
  readonly detailLevel?: DetailLevel;
  /** The trace table. Default: no traces are written. */
  readonly tableName?: string;
  /** Default: 1. */
  readonly writeShards?: number;
  /** Days until a trace expires; 0 keeps it for ever. Default: 90. */
  readonly traceTtlDays?: number;
  /** Whether anything is measured. Default: true. */
  readonly enabled?: boolean;
}

const MAX_TTL_DAYS = 36_500;
const NAMESPACE = /^(?!AWS\/)[A-Za-z0-9 ._#:/-]+$/;
const SWITCH: Readonly<Record<string, boolean>> = { 1: true, true: true, yes: true, on: true, 0: false, false: false, no: false, off: false };

/** Reads the environment; a bad value is warned of once, by the name of its variable, and its default is taken. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): TrackerSettings {
  const read = <T>(variable: string, wanted: string, parse: (text: string) => T | undefined): T | undefined => {
    const text = env[variable]?.trim();
    if (!text) return undefined;
    const value = parse(text);
    if (value === undefined) warnOnce(`setting:${variable}`, `${variable} must be ${wanted}, got: ${text.slice(0, 100)}. The default is taken.`);
    return value;
  };
  const wholeNumber = (least: number, most: number) => (text: string) =>
    /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined;
  return {
    agentId: read(ENV.agentId, 'an agent id', text => text),
    agents: read(ENV.agents, 'agent ids with commas between them', text => text.split(',').map(agent => agent.trim()).filter(agent => agent !== '')),
    namespace: read(ENV.namespace, `a namespace of 1 to ${MAX_NAMESPACE_LENGTH} of A-Z a-z 0-9 . - _ / # : and blank that does not begin with AWS/`, text =>
      NAMESPACE.test(text) && text.length <= MAX_NAMESPACE_LENGTH ? text : undefined),
    detailLevel: read(ENV.detailLevel, DETAIL_LEVELS.join(' or '), text => DETAIL_LEVELS.find(level => level === text.toLowerCase())),
    tableName: read(ENV.tableName, 'a table name', text => text),
    writeShards: read(ENV.writeShards, `a whole number from 1 to ${MAX_WRITE_SHARDS}`, wholeNumber(1, MAX_WRITE_SHARDS)),
    traceTtlDays: read(ENV.traceTtlDays, `a whole number of days from 0 to ${MAX_TTL_DAYS}`, wholeNumber(0, MAX_TTL_DAYS)),
    enabled: read(ENV.enabled, 'true or false', text => Object.hasOwn(SWITCH, text.toLowerCase()) ? SWITCH[text.toLowerCase()] : undefined),
  };
}
