export * from './budget-alert-lambda';
export * from './token-analytics-alarms';
export * from './token-analytics-dashboard';
export * from './token-metrics';
export * from './token-pricing';
export * from './token-trace-table';
