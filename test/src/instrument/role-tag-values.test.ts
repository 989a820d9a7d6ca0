import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { TokenAnalytics, type TokenAnalyticsProps } from '../../../src';

let stack: Stack;
beforeEach(() => {
  stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
});

const analytics = (props: Partial<TokenAnalyticsProps> = {}) =>
  new TokenAnalytics(stack, 'Analytics', { dailyBudget: 10, ...props });

const newRole = (id = 'AgentRole', scope: Stack = stack) =>
  new iam.Role(scope, id, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });

/** Returns the tags of all tagged roles in the template. */
const tagsIn = (scope: Stack): unknown[] =>
  Object.values(Template.fromStack(scope).findResources('AWS::IAM::Role')).flatMap(
    ({ Properties }) => (Properties as { readonly Tags?: unknown[] }).Tags ?? [],
  );

describe('values of the options', () => {
  test.each(['', 'x'.repeat(129), 'aws:agent', 'AWS:agent', 'agent?', 'agent,eu'])(
    'the key %p is refused',
    roleTagKey => {
      expect(() => analytics({ roleTagKey })).toThrow(
        '[Stack/Analytics] `roleTagKey` must be a key of an IAM tag: 1 to 128 letters, digits, spaces and ' +
          '_ . : / = + - @, without aws: at the start, got: ',
      );
    },
  );

  test.each(['agent', 'x'.repeat(128), 'Kostenträger: Agent', 'a_.:/=+-@9'])(
    'the key %p is valid',
    roleTagKey => {
      const role = newRole();
      analytics({ roleTagKey }).tagRole(role, 'triage');

      expect(tagsIn(stack)).toEqual([{ Key: roleTagKey, Value: 'triage' }]);
    },
  );

  test('a key that is known only at deployment is valid', () => {
    const role = newRole();
    analytics({ roleTagKey: new CfnParameter(stack, 'Key').valueAsString }).tagRole(role, 'triage');

    expect(tagsIn(stack)).toEqual([{ Key: { Ref: 'Key' }, Value: 'triage' }]);
  });

  const role = newRole('Role', new Stack());

  test.each<[string, unknown, unknown, string]>([
    ['no role', undefined, 'triage', '`role` must be an IAM role'],
    ['a text as role', 'role', 'triage', '`role` must be an IAM role'],
    ['no agent', role, undefined, '`agentId` must be given'],
    ['a number as agent', role, 7, '`agentId` must be a string'],
    ['an empty agent', role, '', '`agentId` must be 1 to 64 characters'],
    ['another agent', role, 'scribe', '`agentId` must be one of `agents` (triage), got: scribe'],
  ])('tagRole refuses %s', (_, given, agentId, message) => {
    const one = analytics({ agents: ['triage'] });

    expect(() => one.tagRole(given as iam.IRole, agentId as string)).toThrow(`[Stack/Analytics] ${message}`);
  });

  test('tagRole warns of an agent that looks like the id of one invocation', () => {
    analytics().tagRole(newRole(), 'run-7f3a9c2e51b84d60');

    const warnings = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(':agentId\\]'));
    expect(warnings).toHaveLength(1);
  });
});
