import { App, CfnParameter, NestedStack, Stack, Tags } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { TokenAnalytics, type TokenAnalyticsProps } from '../../../src';

const KEY = 'cdk-token-analytics:agent';
const BUDGET = { dailyBudget: 10 };

let app: App;
let stack: Stack;
beforeEach(() => {
  app = new App({ analyticsReporting: false });
  stack = new Stack(app, 'Stack');
});

const analytics = (props: Partial<TokenAnalyticsProps> = {}, id = 'Analytics', scope: Stack = stack) =>
  new TokenAnalytics(scope, id, { ...BUDGET, ...props });

const agentFunction = (id: string, role?: iam.IRole, scope: Stack = stack) =>
  new lambda.Function(scope, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('0'),
    role,
  });

const newRole = (id = 'AgentRole', scope: Stack = stack) =>
  new iam.Role(scope, id, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });

/** Returns the tags of the role in the template, or undefined if it has none. */
function tagsOf(role: iam.IRole, scope: Stack = stack): unknown {
  const id = scope.getLogicalId(role.node.defaultChild as iam.CfnRole);
  const resources = Template.fromStack(scope).findResources('AWS::IAM::Role');
  return (resources[id] as { readonly Properties: { readonly Tags?: unknown } }).Properties.Tags;
}

/** Returns the warnings about roles, as pairs of the construct's path and the text. */
function warningsIn(scope: Stack = stack): [path: string, text: string][] {
  return Annotations.fromStack(scope)
    .findWarning('*', Match.stringLikeRegexp('ack: cdk-token-analytics:(?:roleTag|roleTagValue|sharedRole)'))
    .map(({ id, entry }) => [id, String(entry.data)]);
}

const tag = (value: unknown, key = KEY) => [{ Key: key, Value: value }];

describe('the tag of a role', () => {
  test('the role of an instrumented function is tagged with the agent', () => {
    const fn = agentFunction('Agent');
    analytics().instrument(fn, { agentId: 'triage' });

    expect(tagsOf(fn.role!)).toEqual(tag('triage'));
    expect(warningsIn()).toEqual([]);
  });

  test('no role of the functions of this library is tagged', () => {
    analytics({ budgetAlertOptions: { enabled: true } });

    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Role'))).not.toContain(KEY);
  });

  test('tagRole tags the role of any program', () => {
    const role = newRole();
    analytics().tagRole(role, 'triage');

    expect(tagsOf(role)).toEqual(tag('triage'));
    expect(warningsIn()).toEqual([]);
  });

  test('roleTagKey replaces the key', () => {
    const fn = agentFunction('Agent');
    analytics({ roleTagKey: 'agent' }).instrument(fn, { agentId: 'triage' });

    expect(tagsOf(fn.role!)).toEqual(tag('triage', 'agent'));
  });

  test('tagRoles: false leaves the roles of functions untagged, but not those given to tagRole', () => {
    const [fn, role] = [agentFunction('Agent'), newRole()];
    const without = analytics({ tagRoles: false });
    without.instrument(fn, { agentId: 'triage', agents: ['scribe'] });
    without.tagRole(role, 'triage');

    expect(tagsOf(fn.role!)).toBeUndefined();
    expect(tagsOf(role)).toEqual(tag('triage'));
    expect(warningsIn()).toEqual([]);
  });

  test('two functions of one agent can share a role', () => {
    const role = newRole();
    const one = analytics();
    one.instrument(agentFunction('First', role), { agentId: 'triage' });
    one.instrument(agentFunction('Second', role), { agentId: 'triage' });

    expect(tagsOf(role)).toEqual(tag('triage'));
    expect(warningsIn()).toEqual([]);
  });

  test('an agent that is known only at deployment is the value of the tag', () => {
    const role = newRole();
    const name = new CfnParameter(stack, 'Name');
    const one = analytics();
    one.instrument(agentFunction('First', role), { agentId: name.valueAsString });
    one.instrument(agentFunction('Second', role), { agentId: name.valueAsString });

    expect(tagsOf(role)).toEqual(tag({ Ref: 'Name' }));
    expect(warningsIn()).toEqual([]);
  });

  test('a role without policy updates is tagged through the role that it wraps', () => {
    const role = newRole();
    analytics().tagRole(role.withoutPolicyUpdates(), 'triage');

    expect(tagsOf(role)).toEqual(tag('triage'));
    expect(warningsIn()).toEqual([]);
  });

  test('a lazy role and the role of a singleton function are tagged', () => {
    const lazy = new iam.LazyRole(stack, 'Lazy', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    const singleton = new lambda.SingletonFunction(stack, 'Singleton', {
      uuid: 'a',
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('0'),
    });
    const one = analytics({ traces: false });
    one.tagRole(lazy, 'triage');
    one.instrument(singleton, { agentId: 'scribe' });

    const tags = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Role')).map(
      ({ Properties }) => (Properties as { readonly Tags?: unknown }).Tags,
    );
    expect(tags).toEqual(expect.arrayContaining([tag('triage'), tag('scribe')]));
    expect(warningsIn()).toEqual([]);
  });

  test('a role in another stack is tagged without a new reference between the stacks', () => {
    const other = new Stack(app, 'Other');
    const nested = new NestedStack(other, 'Nested');
    const roles = [newRole('AgentRole', other), newRole('AgentRole', nested)] as const;
    const own = analytics({ traces: false });
    own.tagRole(roles[0], 'triage');
    own.tagRole(roles[1], 'scribe');

    expect(tagsOf(roles[0], other)).toEqual(tag('triage'));
    expect(tagsOf(roles[1], nested)).toEqual(tag('scribe'));
    expect([stack.dependencies, other.dependencies]).toEqual([[], []]);
    const templates = [stack, other, nested].map(one => JSON.stringify(Template.fromStack(one).toJSON()));
    expect(templates.filter(text => /Fn::ImportValue|"Export"/.test(text))).toEqual([]);
  });
});

describe('tags of the app', () => {
  test('the tags of the app are kept', () => {
    const fn = agentFunction('Agent');
    Tags.of(app).add('team', 'ops');
    analytics().instrument(fn, { agentId: 'triage' });

    expect(tagsOf(fn.role!)).toEqual([...tag('triage'), { Key: 'team', Value: 'ops' }]);
    expect(warningsIn()).toEqual([]);
  });

  test.each(['before', 'after'])(
    'a tag of the app with the same key %s the call wins, with a warning',
    when => {
      const fn = agentFunction('Agent');
      const add = () => Tags.of(fn).add(KEY, 'ops');
      if (when === 'before') add();
      analytics().instrument(fn, { agentId: 'triage' });
      if (when === 'after') add();

      expect(tagsOf(fn.role!)).toEqual(tag('ops'));
      expect(warningsIn()).toEqual([
        [
          '/Stack/Agent/ServiceRole',
          `The app itself sets the tag ${KEY} of this role to ops, so the bill cannot show the cost of the agent ` +
            `triage under the key ${KEY}. Remove that tag, or choose another key with \`roleTagKey\`. ` +
            '[ack: cdk-token-analytics:roleTagValue]',
        ],
      ]);
    },
  );

  test('a tag that a resource sets itself wins, with a warning', () => {
    const role = newRole();
    (role.node.defaultChild as iam.CfnRole).tags.setTag(KEY, 'ops');
    analytics().tagRole(role, 'triage');

    expect(tagsOf(role)).toEqual(tag('ops'));
    expect(warningsIn()).toHaveLength(1);
  });

  test('a tag of the app with the same value causes no warning', () => {
    const role = newRole();
    Tags.of(role).add(KEY, 'triage');
    analytics().tagRole(role, 'triage');

    expect(tagsOf(role)).toEqual(tag('triage'));
    expect(warningsIn()).toEqual([]);
  });

  test('Tags.remove of the app removes the tag', () => {
    const fn = agentFunction('Agent');
    analytics().instrument(fn, { agentId: 'triage' });
    Tags.of(app).remove(KEY);

    expect(tagsOf(fn.role!)).toBeUndefined();
    expect(warningsIn()).toEqual([]);
  });

  test('a key that differs in case only is not set a second time, because IAM refuses both', () => {
    const role = newRole();
    Tags.of(role).add('Agent', 'triage');
    analytics({ roleTagKey: 'agent' }).tagRole(role, 'triage');

    expect(tagsOf(role)).toEqual(tag('triage', 'Agent'));
    expect(warningsIn()).toEqual([
      ['/Stack/AgentRole', expect.stringContaining('IAM ignores upper and lower case in keys')],
    ]);
  });

  test('a role with 50 tags gets no further tag, and a role with 49 does', () => {
    const roles = [49, 50].map(count => {
      const role = newRole(`Role${count}`);
      for (let index = 0; index < count; index += 1) Tags.of(role).add(`tag-${index}`, 'x');
      return role;
    });
    const one = analytics();
    roles.forEach(role => one.tagRole(role, 'triage'));

    expect(roles.map(role => (tagsOf(role) as unknown[]).length)).toEqual([50, 50]);
    expect(warningsIn()).toEqual([
      [
        '/Stack/Role50',
        expect.stringContaining('The role has 50 tags, and IAM allows 50, so the bill cannot'),
      ],
    ]);
  });
});

describe('a role of several agents', () => {
  const SHARED = 'sharedRole';

  test('no tag and one warning, even if other code has read the dependencies of the role in between', () => {
    const role = newRole();
    const one = analytics();
    one.instrument(agentFunction('First', role), { agentId: 'triage' });
    expect(role.node.defaultChild?.node.dependencies).toBeDefined();
    one.instrument(agentFunction('Second', role), { agentId: 'scribe' });

    expect(tagsOf(role)).toBeUndefined();
    expect(warningsIn()).toEqual([['/Stack/AgentRole', expect.stringContaining(SHARED)]]);
  });

  test('two functions of two agents with one role: no tag, and one warning', () => {
    const role = newRole();
    const one = analytics();
    one.instrument(agentFunction('First', role), { agentId: 'triage' });
    one.instrument(agentFunction('Second', role), { agentId: 'scribe' });

    expect(tagsOf(role)).toBeUndefined();
    expect(warningsIn()).toEqual([
      [
        '/Stack/AgentRole',
        'Several agents use this role (triage, scribe; in Stack/First, Stack/Second), so the bill cannot show ' +
          `their costs separately, and the role gets no tag ${KEY}. Create a role for each agent. If ` +
          `the roles need no tags, set \`tagRoles: false\`. [ack: cdk-token-analytics:${SHARED}]`,
      ],
    ]);
  });

  test.each<[string, (role: iam.Role) => void]>([
    [
      'two TokenAnalytics',
      role => {
        analytics({ dashboard: false }, 'First').instrument(agentFunction('A', role), { agentId: 'triage' });
        analytics({ dashboard: false }, 'Second').instrument(agentFunction('B', role), { agentId: 'scribe' });
      },
    ],
    [
      'two TokenAnalytics in two stacks, one of which does not tag roles',
      role => {
        const other = new Stack(app, 'Other');
        analytics({ tagRoles: false }, 'First', other).instrument(agentFunction('A', role), {
          agentId: 'triage',
        });
        analytics({ dashboard: false }, 'Second').tagRole(role, 'scribe');
      },
    ],
    [
      'instrument and tagRole',
      role => {
        const one = analytics();
        one.tagRole(role, 'triage');
        one.instrument(agentFunction('A', role), { agentId: 'scribe' });
      },
    ],
    [
      'the role itself and its wrapper',
      role => {
        const one = analytics();
        one.tagRole(role, 'triage');
        one.tagRole(role.withoutPolicyUpdates(), 'scribe');
      },
    ],
  ])('the role gets no tag and a warning: %s', (_, use) => {
    const role = newRole();
    use(role);

    expect(tagsOf(role)).toBeUndefined();
    expect(warningsIn()).toEqual([['/Stack/AgentRole', expect.stringContaining(SHARED)]]);
  });

  test.each<[string, () => string[]]>([
    ['known at synth', () => ['scribe']],
    [
      'known only at deployment',
      () => new CfnParameter(stack, 'Names', { type: 'CommaDelimitedList' }).valueAsList,
    ],
  ])('the role of a function with further agents gets no tag and an info: %s', (_, agents) => {
    const role = newRole();
    analytics().instrument(agentFunction('A', role), { agentId: 'triage', agents: agents() });

    expect(tagsOf(role)).toBeUndefined();
    expect(warningsIn()).toEqual([]);
    expect(
      Annotations.fromStack(stack)
        .findInfo('/Stack/AgentRole', Match.stringLikeRegexp('ack: cdk-token-analytics:sharedRole'))
        .map(({ entry }) => String(entry.data)),
    ).toEqual([expect.stringContaining('the bill cannot show their costs separately')]);
  });

  test('agents of TokenAnalytics, and the same agent in the list of a function, do not count', () => {
    const fn = agentFunction('Agent');
    analytics({ agents: ['triage', 'scribe'] }).instrument(fn, { agentId: 'triage', agents: ['triage'] });

    expect(tagsOf(fn.role!)).toEqual(tag('triage'));
    expect(warningsIn()).toEqual([]);
  });
});

describe('a role that cannot be tagged', () => {
  const ARN = 'arn:aws:iam::111122223333:role/program';

  test.each<[string, () => iam.IRole]>([
    ['imported by ARN', () => iam.Role.fromRoleArn(stack, 'Imported', ARN)],
    ['imported by ARN, not mutable', () => iam.Role.fromRoleArn(stack, 'Imported', ARN, { mutable: false })],
    ['imported by name', () => iam.Role.fromRoleName(stack, 'Imported', 'program')],
  ])('gives a warning: %s', (_, imported) => {
    const role = imported();
    analytics({ metricSink: undefined }).instrument(agentFunction('Agent', role), { agentId: 'triage' });

    expect(warningsIn()).toEqual([
      [
        '/Stack/Imported',
        'This app does not create the role and cannot tag it, so the bill cannot show the cost of the agent ' +
          `triage. Set its tag ${KEY} to triage where the role is created. Then acknowledge this warning. ` +
          '[ack: cdk-token-analytics:roleTag]',
      ],
    ]);
  });

  test('gives a warning: Role.customizeRoles prevents its creation', () => {
    iam.Role.customizeRoles(stack, { usePrecreatedRoles: { 'Stack/AgentRole': 'program' } });
    const role = newRole();
    // The functions of TokenAnalytics have roles, too, so it is in a stack of its own.
    analytics({}, 'Analytics', new Stack(app, 'Other')).tagRole(role, 'triage');

    expect(warningsIn()).toEqual([['/Stack/AgentRole', expect.stringContaining('does not create the role')]]);
  });

  test('gives a warning: the function has no role', () => {
    const fn = agentFunction('Agent');
    Object.defineProperty(fn, 'role', { value: undefined });
    analytics({ traces: false }).instrument(fn, { agentId: 'triage' });

    expect(warningsIn()).toEqual([
      ['/Stack/Agent', expect.stringContaining('It has no role that this app can tag, so the bill cannot')],
    ]);
  });

  test('gives a warning: the name of the agent is not a valid value', () => {
    const role = newRole();
    analytics().tagRole(role, 'orders,eu');

    expect(tagsOf(role)).toBeUndefined();
    expect(warningsIn()).toEqual([
      ['/Stack/AgentRole', expect.stringContaining('orders,eu is not a valid value of an IAM tag')],
    ]);
  });
});
