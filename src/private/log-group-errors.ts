/** The namespace of CloudWatch Logs' own metrics, by log group. */
export const LOGS_NAMESPACE = 'AWS/Logs';
/** Metric lines that CloudWatch Logs took in and made no metrics of (CloudWatch Logs User Guide, "Monitoring with CloudWatch metrics"). */
export const EMF_ERRORS = { parsing: 'EMFParsingErrors', validation: 'EMFValidationErrors', disabled: 'EMFDisabledErrors' };
