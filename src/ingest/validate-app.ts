import { Token } from 'aws-cdk-lib';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { SPANS_LOG_GROUP } from '../contract';
import { BedrockInvocationLogging } from '../invocation-logging/invocation-logging';
import { isSameResource, logGroupKey } from '../private/log-group';
import { propError } from '../private/validate';
import type { ITokenTraceTable } from '../traces/trace-table-interface';

/** Ingest, with the facts that decide if a second ingest can write to the same trace table. */
export interface IngestOfTable {
  readonly where: IConstruct;
  readonly traceTable: ITokenTraceTable;
  readonly readsSpans: boolean;
}

/**
 * Returns an error if two ingests write to one trace table, and one of them reads spans. Each of them must
 * know all sources of the table, because it decides by them if it writes claims and leaves spans to the log.
 */
export function sharedTableError(mine: IngestOfTable, others: readonly IngestOfTable[]): Error | undefined {
  const other = others.find(
    each =>
      (mine.readsSpans || each.readsSpans) &&
      isSameResource(
        { scope: mine.where, name: mine.traceTable.tableName },
        { scope: each.where, name: each.traceTable.tableName },
      ),
  );
  return (
    other &&
    propError(
      mine.where,
      'traceTable',
      'a table with one ingest if spans are read',
      `${mine.traceTable.node.path}, which is also the table of ${other.where.node.path}`,
      'Two ingests do not know the sources of each other, so they would count calls twice: use one ingest for all ' +
        'sources of the table.',
    )
  );
}

/**
 * Throws an error if the name of a log group of spans is that of X-Ray's log group, but with a slash before
 * it.
 */
export function requireSpansGroupName(where: IConstruct, prop: string, { logGroupName }: ILogGroup): void {
  if (Token.isUnresolved(logGroupName) || logGroupName !== `/${SPANS_LOG_GROUP}`) return;
  throw propError(
    where,
    prop,
    `${SPANS_LOG_GROUP}, without a slash at the start`,
    logGroupName,
    `X-Ray writes spans to ${SPANS_LOG_GROUP}: remove the slash.`,
  );
}

/** Returns an error if the app makes Bedrock write its invocation log to the log group of spans. */
export function invocationLogError(where: IConstruct, prop: string, logGroup: ILogGroup): Error | undefined {
  const read = { scope: where, name: logGroup.logGroupName };
  const logging = where.node.root.node
    .findAll()
    .filter(construct => construct instanceof BedrockInvocationLogging)
    .find(construct => isSameResource({ scope: construct, name: construct.logGroup.logGroupName }, read));
  return (
    logging &&
    propError(
      where,
      prop,
      'a log group of OpenTelemetry spans',
      logGroupKey(where, logGroup),
      `Bedrock writes its invocation log to it, by ${logging.node.path}: pass it as \`logGroup\` of the ingest.`,
    )
  );
}
