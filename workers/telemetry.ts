import { createServer } from 'node:net';
import {
  Runtime,
  makeTelemetryFilterString,
  type Logger,
  type LogLevel,
  type LogMetadata,
} from '@temporalio/worker';
import { pino, type Logger as Pino } from 'pino';

const LEVELS: Readonly<Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** Fields that repeat what others say, or that a reader of logs does not need. */
const LEFT_OUT = new Set(['sdkComponent', 'timestampNanos', 'taskToken', 'isLocal', 'namespace']);

/** JSON lines on stderr, UTC, with the fields of the SDK's own context. */
export function createLogger(level: string): Pino {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: 2, sync: false }),
  );
}

/** Installs the runtime of the SDK, once a process and before any connection. Returns the address of its own metrics endpoint. */
export async function installRuntime(logger: Pino): Promise<{ readonly metricsUrl: string }> {
  const port = await freePort();
  const bindAddress = `127.0.0.1:${port}`;
  Runtime.install({
    logger: temporalLogger(logger),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
      metrics: {
        prometheus: {
          bindAddress,
          countersTotalSuffix: true,
          unitSuffix: true,
          useSecondsForDurations: true,
        },
      },
    },
  });
  return { metricsUrl: `http://${bindAddress}/metrics` };
}

function temporalLogger(logger: Pino): Logger {
  function write(level: LogLevel, message: string, meta: LogMetadata = {}): void {
    const fields = Object.fromEntries(Object.entries(meta).filter(([name]) => !LEFT_OUT.has(name)));
    logger[LEVELS[level]](fields, message);
  }
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

/** The core's exporter cannot say which port it took, so one is chosen for it. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
