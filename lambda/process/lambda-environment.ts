/** Returns true if the process runs a Lambda function. */
export function isInLambda(): boolean {
  return Boolean(process.env.AWS_LAMBDA_FUNCTION_NAME);
}
