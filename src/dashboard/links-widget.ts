import { Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { WHOLE } from './layout';
import { isInOtherStack } from '../private/alarm-stacks';
import { propError } from '../private/validate';
import type { ITokenTraceTable } from '../traces/trace-table-interface';

/** Links and commands at the bottom of the core widgets. */
export interface Links {
  readonly runbookUrl?: string;
  /** Trace table that the report commands read. Without it, the widget shows no commands. */
  readonly traceTable?: ITokenTraceTable;
}

const LINKS_HEIGHT = 2;
/** Maximum length of a URL that browsers and proxies are known to accept. */
const MAX_URL_LENGTH = 2048;
/**
 * Pattern of a URL that can be in a Markdown link. It accepts no spaces, quotes, brackets and backslashes,
 * because they could end the link.
 */
const LINKED_URL = /^https:\/\/[\w.~:/?#@!$&*+,;=%-]+$/;

/** Returns the text widget with the runbook and the report commands. Returns undefined without both. */
export function linksWidget(
  scope: IConstruct,
  dashboard: IConstruct,
  links: Links,
): cloudwatch.IWidget | undefined {
  const { runbookUrl, traceTable } = links;
  if (runbookUrl !== undefined) requireLinkedUrl(scope, runbookUrl);
  const parts = [
    ...(runbookUrl === undefined ? [] : [`[Runbook](${runbookUrl})`]),
    ...(traceTable === undefined ? [] : reportCommands(dashboard, traceTable)),
  ];
  if (parts.length === 0) return undefined;
  return new cloudwatch.TextWidget({ markdown: parts.join('  \n'), width: WHOLE, height: LINKS_HEIGHT });
}

function reportCommands(dashboard: IConstruct, table: ITokenTraceTable): string[] {
  const option = tableOption(dashboard, table);
  return [
    `Cost of each day: \`npx cdk-token-analytics daily${option}\``,
    `Cost of an incident: \`npx cdk-token-analytics incident <id>${option}\``,
  ];
}

/**
 * Returns the option of a command that names the table. The ARN contains the region, too. Returns an empty
 * text for a table of another stack whose ARN is known only at deployment, because a reference could make the
 * two stacks depend on each other. The command then finds the table by the outputs of the stacks.
 */
function tableOption(dashboard: IConstruct, table: ITokenTraceTable): string {
  if (Token.isUnresolved(table.tableArn) && isInOtherStack(dashboard, table)) return '';
  return ` --table ${table.tableArn}`;
}

function requireLinkedUrl(scope: IConstruct, url: string): void {
  if (Token.isUnresolved(url)) return;
  if (url.length <= MAX_URL_LENGTH && LINKED_URL.test(url) && URL.canParse(url)) return;
  throw propError(
    scope,
    'runbookUrl',
    `an HTTPS URL of at most ${MAX_URL_LENGTH} characters, without spaces, quotes, brackets and backslashes`,
    url,
    'Encode other characters, such as %28 for an opening bracket.',
  );
}
