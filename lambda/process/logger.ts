import { writeLines } from './log-line';
import { ignoringErrors } from './promises';

/** Log levels of Powertools and Lambda, from the lowest to the highest. */
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL', 'SILENT'] as const;
type Level = (typeof LEVELS)[number];

/** Pattern of the X-Ray trace header, with the trace id as a group. A header without `=` is the id itself. */
const TRACE_ID = /^(?:[^=]*|.*Root=([^;]*).*)$/;

interface LoggerOptions {
  /** Environment variables, which can set the log level. Default: `process.env` */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Called with each line. Default: writes to standard error from level WARN on, else to standard output */
  readonly write?: (line: string, level: Level) => void;
}

/**
 * Writes log lines in the JSON format of Powertools' Logger. Lines below the log level are not written. The
 * log level is Lambda's log level if it is set, otherwise `POWERTOOLS_LOG_LEVEL` or `LOG_LEVEL`. Default:
 * INFO
 */
export class Logger {
  private readonly lowest: number;
  private readonly write: (line: string, level: Level) => void;

  /** @param service value of the member `service` in each line */
  constructor(
    private readonly service: string,
    { env = process.env, write = writeToStream }: LoggerOptions = {},
  ) {
    this.lowest = LEVELS.indexOf(logLevel(env));
    this.write = write;
  }

  /** Returns true if lines of a level are written. */
  isOn(level: Level): boolean {
    return LEVELS.indexOf(level) >= this.lowest;
  }

  debug(message: string, members?: object): void {
    this.log('DEBUG', message, members);
  }

  info(message: string, members?: object): void {
    this.log('INFO', message, members);
  }

  warn(message: string, members?: object): void {
    this.log('WARN', message, members);
  }

  error(message: string, members?: object): void {
    this.log('ERROR', message, members);
  }

  private log(level: Level, message: string, members: object = {}): void {
    if (!this.isOn(level)) return;
    const line = {
      level,
      message,
      timestamp: new Date().toISOString(),
      service: this.service,
      xray_trace_id: xrayTraceId(),
      ...members,
    };
    this.write(JSON.stringify(line, asText), level);
  }
}

/** Global object of Lambda. `InvokeStore` has the trace id if a process handles several events at once. */
interface LambdaGlobals {
  readonly awslambda?: { readonly InvokeStore?: { readonly getXRayTraceId?: () => string | undefined } };
}

/**
 * Returns the X-Ray trace id of the current event. Returns undefined outside of Lambda, and without X-Ray.
 */
function xrayTraceId(): string | undefined {
  // Other code can replace both globals, so reading them may throw.
  const header = ignoringErrors(
    () =>
      (globalThis as LambdaGlobals).awslambda?.InvokeStore?.getXRayTraceId?.() ??
      process.env._X_AMZN_TRACE_ID,
  );
  const found = header ? TRACE_ID.exec(header) : undefined;
  return found ? (found[1] ?? found[0]) : undefined;
}

function writeToStream(line: string, level: Level): void {
  void writeLines(level === 'WARN' || level === 'ERROR' ? process.stderr : process.stdout, [line]);
}

function logLevel({
  AWS_LAMBDA_LOG_LEVEL: ofLambda,
  POWERTOOLS_LOG_LEVEL: ofPowertools,
  LOG_LEVEL: other,
}: Readonly<Record<string, string | undefined>>): Level {
  const [first] = [ofLambda, ofPowertools, other].flatMap(name => {
    const upper = name?.toUpperCase();
    // Lambda calls the highest level FATAL, and Powertools calls it CRITICAL.
    return LEVELS.filter(level => level === (upper === 'FATAL' ? 'CRITICAL' : upper));
  });
  return first ?? 'INFO';
}

/** Converts bigints to text, because `JSON.stringify` throws for them. */
function asText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
