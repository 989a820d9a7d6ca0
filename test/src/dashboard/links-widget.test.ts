import { App, Stack, Token } from 'aws-cdk-lib';
import {
  TokenAnalytics,
  TokenAnalyticsDashboard,
  type TokenAnalyticsDashboardProps,
  TokenTraceTable,
} from '../../../src';
import { dashboardBodies, newStack, type Widget } from '../support';

const URL = 'https://wiki.example.com/tokens?page=1#costs';
const TABLE_ARN = 'arn:aws:dynamodb:eu-west-1:111122223333:table/traces';

function links(
  props: TokenAnalyticsDashboardProps | ((stack: Stack) => TokenAnalyticsDashboardProps),
  stack = newStack(),
): Widget[] {
  new TokenAnalyticsDashboard(stack, 'Dashboard', typeof props === 'function' ? props(stack) : props);
  return dashboardBodies(stack)[0].widgets.filter(({ type }) => type === 'text');
}

const markdownOf = (widgets: readonly Widget[]) => widgets.map(({ properties }) => properties.markdown);

describe('the links on a dashboard', () => {
  test('shows the runbook and the report commands of the given table in one widget below the core widgets', () => {
    const stack = newStack();
    const traceTable = TokenTraceTable.fromTableArn(stack, 'Table', TABLE_ARN);
    new TokenAnalyticsDashboard(stack, 'Dashboard', { runbookUrl: URL, traceTable });

    const { widgets } = dashboardBodies(stack)[0];

    expect(widgets.map(({ type }) => type)).toEqual([...Array<string>(6).fill('metric'), 'text']);
    expect(widgets[6]).toMatchObject({ x: 0, y: 18, width: 24, height: 2 });
    expect(markdownOf([widgets[6]])).toEqual([
      `[Runbook](${URL})  \n` +
        `Cost of each day: \`npx cdk-token-analytics daily --table ${TABLE_ARN}\`  \n` +
        `Cost of an incident: \`npx cdk-token-analytics incident <id> --table ${TABLE_ARN}\``,
    ]);
  });

  test('shows the commands for the table of TokenAnalytics', () => {
    const stack = newStack();
    new TokenAnalytics(stack, 'Analytics', { dailyBudget: 10 });

    const [widget] = dashboardBodies(stack)[0].widgets.filter(({ type }) => type === 'text');

    expect(markdownOf([widget])).toEqual([
      expect.stringMatching(
        /^Cost of each day: `npx cdk-token-analytics daily --table <AnalyticsTraces\w+\.Arn>`/,
      ),
    ]);
  });

  test.each<[string, TokenAnalyticsDashboardProps]>([
    ['without a runbook and a table', {}],
    ['with links: false', { links: false }],
  ])('shows no widget %s', (_what, props) => {
    expect(links(props)).toEqual([]);
  });

  test('shows no commands if TokenAnalytics writes no traces, and no widget with links: false', () => {
    const widgetsOf = (props: object) => {
      const stack = newStack();
      new TokenAnalytics(stack, 'Analytics', { dailyBudget: 10, ...props });
      return dashboardBodies(stack)[0].widgets.filter(({ type }) => type === 'text');
    };

    expect(markdownOf(widgetsOf({ traces: false, dashboardOptions: { runbookUrl: URL } }))).toEqual([
      `[Runbook](${URL})`,
    ]);
    expect(widgetsOf({ dashboardOptions: { links: false } })).toEqual([]);
  });

  test('does not refer to a table of another stack, so that the stacks stay independent', () => {
    const app = new App();
    const other = new Stack(app, 'Other');
    const stack = new Stack(app, 'Stack');
    const traceTable = new TokenTraceTable(other, 'Table');

    expect(markdownOf(links({ traceTable }, stack))).toEqual([
      'Cost of each day: `npx cdk-token-analytics daily`  \n' +
        'Cost of an incident: `npx cdk-token-analytics incident <id>`',
    ]);
    expect(stack.dependencies).toEqual([]);
  });

  test.each([
    'http://wiki.example.com',
    'javascript:alert(1)',
    'https://',
    'https://a b',
    'https://wiki.example.com/a) [b](https://other.example.com',
    'https://wiki.example.com/<script>',
    'https://wiki.example.com/"',
    "https://wiki.example.com/'",
    'https://wiki.example.com/`a`',
    'https://wiki.example.com/a\\b',
    'https://wiki.example.com/\n# Heading',
    `https://wiki.example.com/${'x'.repeat(2048)}`,
  ])('rejects the runbook URL %p', runbookUrl => {
    expect(() => links({ runbookUrl })).toThrow(
      /^\[Stack\/Dashboard\] `runbookUrl` must be an HTTPS URL of at most 2048 characters/,
    );
  });

  test('accepts a URL that is known only at deployment', () => {
    const runbookUrl = Token.asString({ Ref: 'Url' });

    expect(markdownOf(links({ runbookUrl }))).toEqual(['[Runbook](<Url>)']);
  });
});
