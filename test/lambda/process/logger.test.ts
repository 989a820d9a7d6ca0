import { Logger } from '../../../lambda/process/logger';

type Env = Readonly<Record<string, string>>;

/** Returns the levels at which a logger writes lines. */
function levelsOf(env: Env): string[] {
  const levels: string[] = [];
  const logger = new Logger('token-analytics', { env, write: (_line, level) => levels.push(level) });
  logger.debug('1');
  logger.info('2');
  logger.warn('3');
  logger.error('4');
  return levels;
}

const ALL = ['DEBUG', 'INFO', 'WARN', 'ERROR'];

test.each<[Env, string[]]>([
  [{}, ALL.slice(1)],
  [{ POWERTOOLS_LOG_LEVEL: 'DEBUG' }, ALL],
  [{ POWERTOOLS_LOG_LEVEL: 'trace' }, ALL],
  [{ LOG_LEVEL: 'warn' }, ALL.slice(2)],
  [{ POWERTOOLS_LOG_LEVEL: 'ERROR', LOG_LEVEL: 'DEBUG' }, ['ERROR']],
  [{ POWERTOOLS_LOG_LEVEL: 'CRITICAL' }, []],
  [{ POWERTOOLS_LOG_LEVEL: 'SILENT' }, []],
  [{ POWERTOOLS_LOG_LEVEL: 'verbose' }, ALL.slice(1)],
  [{ POWERTOOLS_LOG_LEVEL: '', LOG_LEVEL: '' }, ALL.slice(1)],
  [{ AWS_LAMBDA_LOG_LEVEL: 'WARN', POWERTOOLS_LOG_LEVEL: 'DEBUG' }, ALL.slice(2)],
  [{ AWS_LAMBDA_LOG_LEVEL: 'DEBUG', POWERTOOLS_LOG_LEVEL: 'ERROR' }, ALL],
  [{ AWS_LAMBDA_LOG_LEVEL: 'FATAL' }, []],
])('the log level of %j lets the lines %j through', (env, expected) => {
  expect(levelsOf(env)).toEqual(expected);
});

test('a log line is one line of JSON with the level, the message, the time and the service', () => {
  const lines: string[] = [];
  const logger = new Logger('token-analytics', { env: {}, write: line => lines.push(line) });
  logger.info('two\nlines "quoted"', { usage: { tokens: 3, picoUsd: 12n, none: undefined } });

  expect(lines[0]).not.toContain('\n');
  expect(JSON.parse(lines[0])).toEqual({
    level: 'INFO',
    message: 'two\nlines "quoted"',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    service: 'token-analytics',
    usage: { tokens: 3, picoUsd: '12' },
  });
});

test('a log line has the trace id of X-Ray while the function handles an event', () => {
  const lines: string[] = [];
  const logger = new Logger('token-analytics', { env: {}, write: line => lines.push(line) });
  process.env._X_AMZN_TRACE_ID = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
  logger.info('in X-Ray');
  delete process.env._X_AMZN_TRACE_ID;

  expect((JSON.parse(lines[0]) as { xray_trace_id: string }).xray_trace_id).toBe(
    '1-5759e988-bd862e3fe1be46a994272793',
  );
});

test('a log line has the trace id that Lambda keeps for the current event', () => {
  const lines: string[] = [];
  const logger = new Logger('token-analytics', { env: {}, write: line => lines.push(line) });
  const globals = globalThis as { awslambda?: unknown };
  globals.awslambda = { InvokeStore: { getXRayTraceId: () => 'Root=1-2-3;Sampled=1' } };
  logger.info('in X-Ray');
  delete globals.awslambda;

  expect((JSON.parse(lines[0]) as { xray_trace_id: string }).xray_trace_id).toBe('1-2-3');
});

test('a log line is written without a trace id if reading it fails', () => {
  const lines: string[] = [];
  const logger = new Logger('token-analytics', { env: {}, write: line => lines.push(line) });
  const globals = globalThis as { awslambda?: unknown };
  globals.awslambda = {
    InvokeStore: {
      getXRayTraceId: () => {
        throw new Error('replaced');
      },
    },
  };
  logger.info('still written');
  delete globals.awslambda;

  expect(JSON.parse(lines[0])).toMatchObject({ message: 'still written' });
  expect(lines[0]).not.toContain('xray_trace_id');
});
