// Creates one report with the built library in a fresh process. Measures the peak memory of the process, and
// the time since the process started.
import { createWriteStream } from 'node:fs';
import { createRequire } from 'node:module';
import { peakMB } from './memory.mjs';

const [, , library, endpoint, tableName, now, method, parameters, file] = process.argv;
const { UsageReports } = createRequire(import.meta.url)(library);
const reports = new UsageReports({ tableName, endpoint, region: 'us-east-1', now: () => new Date(now) });
const stream = file && createWriteStream(file);
const result = await reports[method](...JSON.parse(parameters), ...(stream ? [stream] : []));
if (stream && !stream.writableFinished) await new Promise(resolve => stream.end(resolve));
const seconds = performance.now() / 1000;
reports.close();

/**
 * Returns the cost of a report entry in pico-dollars as text. Returns undefined if the entry has no `cost`,
 * e.g. for a forecast day.
 */
const pico = figures => figures?.cost && String(figures.cost.picoUsd);
const byName = (list, name = 'name') =>
  list?.[0]?.cost && Object.fromEntries(list.map(each => [each[name], pico(each)]));
process.send(
  {
    seconds,
    peakMB: peakMB(process.pid) ?? process.resourceUsage().maxRSS / 1024,
    reads: result.reads,
    status: result.status,
    total: pico(result.total),
    traces: result.total?.cost && result.total.answered + result.total.failed + result.total.fromCache,
    agents: byName(result.agents),
    models: byName(result.models),
    days: byName(result.days, 'day'),
    entries: byName(result.entries),
  },
  () => process.exit(0),
);
