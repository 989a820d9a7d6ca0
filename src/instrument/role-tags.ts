import { CfnResource, Stack, TagManager, Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { atSynth, inform, warn } from '../private/synth-messages';
import { readTemplateProperties } from '../private/template-properties';
import { propError, type Where } from '../private/validate';

/** Default key of the tag with the agent of a role. */
export const ROLE_TAG_KEY = 'cdk-token-analytics:agent';
/** Maximum number of tags of a role (IAM quotas). */
const MAX_ROLE_TAGS = 50;
/** Maximum length of the value of an IAM tag, in characters (IAM User Guide, "Tags for IAM resources"). */
const MAX_TAG_VALUE_LENGTH = 256;
/** Pattern of a valid key of an IAM tag. */
const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
/** Pattern of a valid value of an IAM tag. */
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
/**
 * Priority of the tag. It is the lowest one, so that each tag that the app sets or removes takes precedence.
 */
const TAG_PRIORITY = 0;

/** Id of the message about a role of several agents. */
const SHARED_ROLE = 'sharedRole';

/** Program that calls models with a role. */
export interface RoleUser {
  /** Role of the program. Undefined if the program has none. */
  readonly role: iam.IRole | undefined;
  /** Construct of the program. If there is no role, it shows the warning. */
  readonly program: IConstruct;
  /** Agent of the program. */
  readonly agentId: string;
  /** Further agents of the same program. */
  readonly furtherAgents?: readonly string[];
  /** Key of the tag. Undefined if the role gets no tag for this program. */
  readonly key: string | undefined;
}

/** All uses of a role in the app. */
interface RoleUses {
  /** Role of the first use. Its construct shows the messages. */
  readonly role: iam.IRole;
  /** Agents that call models with the role. Each key is the agent as aws-cdk-lib resolves it, as JSON. */
  readonly agents: Map<string, string>;
  /** Keys in `agents` of the main agents: those that a program has as `agentId`, not in `furtherAgents`. */
  readonly mainAgents: Set<string>;
  /** Paths of the programs that use the role. */
  readonly programs: Set<string>;
  /** Keys of the tags that the role gets. */
  readonly keys: Set<string>;
  /** Keys of the tags that were set. */
  readonly tagged: Set<string>;
}
/** Uses of each role. The key is the resource of the role, or the construct of an imported role. */
const USES = new WeakMap<IConstruct, RoleUses>();

/**
 * Requires a valid key of an IAM tag. Accepts undefined.
 *
 * @throws if the key is invalid
 */
export function requireRoleTagKey(where: Where, prop: string, key: string | undefined): void {
  if (key === undefined || Token.isUnresolved(key)) return;
  if (TAG_KEY.test(key) && !/^aws:/i.test(key)) return;
  throw propError(
    where,
    prop,
    'a key of an IAM tag: 1 to 128 letters, digits, spaces and _ . : / = + - @, without aws: at the start',
    key,
    `Pass, for example, agent, or remove it to use ${ROLE_TAG_KEY}.`,
  );
}

/**
 * Tags a role with the agent of a program, so that the bill can show the cost of the agent. The tag is set at
 * synth, when all programs with this role are known. If the role serves several agents, it gets no tag,
 * because the bill would show the cost of all of them under one name.
 */
export function tagRole({ role, program, agentId, furtherAgents = [], key }: RoleUser): void {
  if (role === undefined) {
    if (key === undefined) return;
    warn(
      program,
      'roleTag',
      `It has no role that this app can tag, ${withoutCost(agentId)}. Create the function with a role.`,
    );
    return;
  }
  const resource = findResource(role);
  const owner = resource ?? role;
  const uses = USES.get(owner) ?? {
    role,
    agents: new Map<string, string>(),
    mainAgents: new Set<string>(),
    programs: new Set<string>(),
    keys: new Set<string>(),
    tagged: new Set<string>(),
  };
  USES.set(owner, uses);
  // Each use sets the tags again. If other code has read the dependencies of the role before this use, the
  // tags of earlier uses are already set, and may be wrong now.
  atSynth(owner, () => setTags(resource, uses));
  const stack = Stack.of(role);
  const mainAgent = JSON.stringify(stack.resolve(agentId));
  uses.mainAgents.add(mainAgent);
  uses.agents.set(mainAgent, agentId);
  if (Token.isUnresolved(furtherAgents)) {
    uses.agents.set(JSON.stringify(stack.resolve(furtherAgents)), furtherAgents[0]);
  } else {
    for (const agent of furtherAgents) uses.agents.set(JSON.stringify(stack.resolve(agent)), agent);
  }
  uses.programs.add(program.node.path);
  if (key !== undefined) uses.keys.add(key);
}

/** Sets the tags of a role, or adds a warning that says why they are not set. */
function setTags(resource: CfnResource | undefined, uses: RoleUses): void {
  const { role, agents, mainAgents, tagged } = uses;
  const [agentId] = agents.values();
  for (const key of uses.keys) {
    const problem =
      findSharedUse(uses, key) ??
      (resource ? findTagProblem(resource, key, agentId) : notCreated(key, agentId));
    const tags = resource && TagManager.of(resource);
    if (tagged.delete(key)) tags?.removeTag(key, TAG_PRIORITY);
    if (problem?.id === SHARED_ROLE && mainAgents.size === 1) {
      // Several agents in one program are intended. An info does not make `cdk synth --strict` fail.
      inform(role, SHARED_ROLE, problem.text);
    } else if (problem) {
      warn(role, problem.id, problem.text);
    } else if (tags) {
      tags.setTag(key, agentId, TAG_PRIORITY);
      tagged.add(key);
    }
  }
}

/** Reason why a role gets no tag. */
interface Problem {
  readonly id: string;
  readonly text: string;
}

function findSharedUse({ agents, mainAgents, programs }: RoleUses, key: string): Problem | undefined {
  if (agents.size === 1) return undefined;
  const fix =
    mainAgents.size === 1
      ? 'The bill shows the role as a whole.'
      : 'Create a role for each agent. If the roles need no tags, set `tagRoles: false`.';
  return {
    id: SHARED_ROLE,
    text:
      `Several agents use this role (${[...agents.values()].map(shown).join(', ')}; in ` +
      `${[...programs].join(', ')}), so the bill cannot show their costs separately, and the role gets no tag ` +
      `${shown(key)}. ${fix}`,
  };
}

function notCreated(key: string, agentId: string): Problem {
  return {
    id: 'roleTag',
    text:
      `This app does not create the role and cannot tag it, ${withoutCost(agentId)}. Set its tag ${shown(key)} ` +
      `to ${shown(agentId)} where the role is created. Then acknowledge this warning.`,
  };
}

function findTagProblem(resource: CfnResource, key: string, agentId: string): Problem | undefined {
  if (!Token.isUnresolved(agentId) && (agentId.length > MAX_TAG_VALUE_LENGTH || !TAG_VALUE.test(agentId))) {
    return {
      id: 'roleTag',
      text:
        `The name of the agent ${agentId} is not a valid value of an IAM tag, ${withoutCost(agentId)}. ` +
        `Choose a name of letters, digits, spaces and _ . : / = + - @ with at most ${MAX_TAG_VALUE_LENGTH} characters.`,
    };
  }
  const tags = readTags(resource);
  const own = tags.find(tag => typeof tag.Key === 'string' && tag.Key.toLowerCase() === key.toLowerCase());
  if (!own) {
    if (tags.length < MAX_ROLE_TAGS) return undefined;
    return {
      id: 'roleTag',
      text:
        `The role has ${tags.length} tags, and IAM allows ${MAX_ROLE_TAGS}, ${withoutCost(agentId)}. Remove a ` +
        'tag of the role.',
    };
  }
  const isOther = typeof own.Value === 'string' && !Token.isUnresolved(agentId) && own.Value !== agentId;
  if (own.Key === key && !isOther) return undefined;
  return {
    id: 'roleTagValue',
    text:
      `The app itself sets the tag ${String(own.Key)} of this role` +
      `${isOther ? ` to ${String(own.Value)}` : ', and IAM ignores upper and lower case in keys'}, ` +
      `${withoutCost(agentId)} under the key ${key}. Remove that tag, or choose another key with \`roleTagKey\`.`,
  };
}

function withoutCost(agentId: string): string {
  return `so the bill cannot show the cost of the agent ${shown(agentId)}`;
}

/** Tag in the CloudFormation template. */
interface Tag {
  readonly Key?: unknown;
  readonly Value?: unknown;
}

function readTags(resource: CfnResource): readonly Tag[] {
  const { Tags } = readTemplateProperties(resource) as { readonly Tags?: unknown };
  return Array.isArray(Tags) ? (Tags as Tag[]) : [];
}

/**
 * Returns the CloudFormation resource of a role. A role that wraps another one has no resource of its own, so
 * the stack is searched for a resource with the same ARN.
 */
function findResource(role: iam.IRole): CfnResource | undefined {
  const isRole = (construct: unknown): construct is CfnResource =>
    CfnResource.isCfnResource(construct as IConstruct) &&
    (construct as CfnResource).cfnResourceType === 'AWS::IAM::Role';
  const child = role.node.defaultChild;
  if (isRole(child)) return child;
  const stack = Stack.of(role);
  const arn = JSON.stringify(stack.resolve(role.roleArn));
  return stack.node
    .findAll()
    .filter(isRole)
    .find(found => Stack.of(found) === stack && JSON.stringify(stack.resolve(found.getAtt('Arn'))) === arn);
}

/** Returns a name for a message. */
function shown(name: string): string {
  return Token.isUnresolved(name) ? '(known only at deployment)' : name;
}
