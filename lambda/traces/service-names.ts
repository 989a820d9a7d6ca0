/**
 * Names of operations and errors that the AWS SDK's Bedrock runtime clients define, if they are longer than
 * the limit of a caller's value. A test compares them with the installed clients.
 */
export const LONG_SERVICE_NAMES: ReadonlySet<string> = new Set([
  'InvokeModelWithBidirectionalStream',
  'InvokeModelWithResponseStream',
  'RetrieveAndGenerateStream',
  'BedrockAgentRuntimeServiceException',
  'BedrockRuntimeServiceException',
  'DependencyFailedException',
  'ModelStreamErrorException',
  'ResourceNotFoundException',
  'ServiceQuotaExceededException',
  'ServiceUnavailableException',
]);
