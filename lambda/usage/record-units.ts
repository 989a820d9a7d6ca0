import { UnitCounter, type UnitReading } from './billed-units';
import { asEvents, asObject, type Json } from './counts';
import { findCallOfCommand } from './model-calls';
import type { UsageOperation } from './token-usage';

/**
 * Reads the billed units of a call from its response: a response of the AWS SDK, a parsed body, a record of
 * the invocation log, or a line of a batch job's output.
 *
 * @param request request of the call. Not used for records and lines, because they contain the request
 */
export function readUnits(
  operation: UsageOperation,
  response: Json | undefined,
  request: Json | undefined,
): UnitReading {
  switch (operation) {
    case 'ModelInvocationLog':
      return response ? readLogUnits(response) : {};
    case 'BatchOutput':
      return readBatchUnits(response);
    default:
      return countUnits(response ? [response] : [], request);
  }
}

/**
 * Reads the billed units from a record of the model invocation log, as a tracker reads them from the request
 * and the response of the call.
 *
 * @returns no units for a failed call without an answer
 */
export function readLogUnits(record: Json): UnitReading {
  const output = asObject(record.output);
  const isAnswered = output?.outputBodyJson !== undefined || output?.outputTokenCount !== undefined;
  if (record.errorCode !== undefined && !isAnswered) return {};
  const input = asObject(asObject(record.input)?.inputBodyJson);
  const body = output?.outputBodyJson;
  const readOther = findCallOfCommand(String(record.operation))?.read;
  if (readOther) return readOther(asObject(body) ?? {}, input ?? {});
  const parts = (asEvents(body) ?? [body]).map(part => asObject(part) ?? {});
  return countUnits(
    record.operation === 'ConverseStream' ? parts.flatMap(partsOfEvent) : parts,
    requestOf(input),
  );
}

/**
 * Returns the members of a ConverseStream event that {@link UnitCounter} reads. Also accepts an object with
 * all members of a response, because the format of logged streams is not documented.
 */
function partsOfEvent(event: Json): Json[] {
  return [event, event.metadata, event.messageStop].map(asObject).filter(part => part !== undefined);
}

/** Reads the billed units from a line of a batch job's output. The line of the manifest has none. */
function readBatchUnits(line: Json | undefined): UnitReading {
  const output = asObject(line?.modelOutput);
  return output ? countUnits([output], requestOf(asObject(line?.modelInput))) : {};
}

/**
 * Returns a request with the members that {@link UnitCounter} reads.
 *
 * @param input body of a request. For Converse, it contains `guardrailConfig`. For InvokeModel, the guardrail
 * is in a header, but a body with `amazon-bedrock-guardrailConfig` is accepted only together with this header
 * (API reference, InvokeModel)
 */
function requestOf(input: Json | undefined): Json {
  return {
    body: input,
    guardrailConfig: input?.guardrailConfig ?? input?.['amazon-bedrock-guardrailConfig'],
  };
}

function countUnits(parts: readonly Json[], request: Json | undefined): UnitReading {
  const counter = new UnitCounter();
  for (const part of parts) counter.add(part, request);
  return counter.read(request);
}
