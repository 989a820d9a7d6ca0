import { ENV } from '../../src/contract';
import { asObject } from '../usage/counts';

/** Which records of the log are taken, and whose they are. */
export interface IngestRules {
  /** The agent of each role's calls, by the role's name. */
  readonly roles: ReadonlyMap<string, string>;
  /** Roles whose calls are recorded by whoever makes them. */
  readonly ignoredRoles: ReadonlySet<string>;
  /** Operations whose calls are. */
  readonly leftToTracker: ReadonlySet<string>;
}

/**
 * The rules that the construct has set.
 *
 * @throws where they are no rules: a wrong agent is worse than none
 */
export function readRules(env: Readonly<Record<string, string | undefined>>): IngestRules {
  return {
    roles: new Map(Object.entries(rolesOf(env[ENV.ingestRoles]))),
    ignoredRoles: new Set(listOf(env[ENV.ingestIgnoredRoles])),
    leftToTracker: new Set(listOf(env[ENV.leftToTracker])),
  };
}

function rolesOf(json: string | undefined): Readonly<Record<string, string>> {
  if (!json) return {};
  const roles = asObject(JSON.parse(json));
  if (!roles || Object.values(roles).some(agent => typeof agent !== 'string')) {
    throw new Error(`${ENV.ingestRoles} must be a JSON object of agent ids by role`);
  }
  return roles as Readonly<Record<string, string>>;
}

function listOf(text = ''): string[] {
  return text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '');
}
