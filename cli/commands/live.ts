import type { Command } from 'commander';
import { failureText } from '../failure';
import { LiveDay } from '../live/live-day';
import { type LiveScreen, liveText } from '../live/live-text';
import { type LiveView, liveView } from '../live/live-view';
import { LivePoll } from '../live/poll';
import { watch } from '../live/watch';
import { newCommand } from '../new-command';
import { wholeNumber } from '../options/common-options';
import { colours, terminalWidth } from '../output/table';
import { action, type Context } from '../run';

interface LiveFlags {
  readonly interval: number;
}

const DEFAULT_INTERVAL_SECONDS = 5;
const MAX_INTERVAL_SECONDS = 3600;
const DEFAULT_ROWS = 40;

/** `live`: today, as it grows. */
export function addLiveCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'live',
    summary: 'today as it grows: calls, tokens, dollars a minute, the dearest agents',
    description:
      'Refreshes itself until Ctrl-C, which leaves the last view. Where the output is no terminal, and ' +
      "with --json, it is one view. The first view reads today's traces; each later one the last two " +
      "minutes of them, and every five minutes the last hour. That is one request for the day's " +
      'directory and one for each agent of today, each of half a read unit where little is new: with ten ' +
      'agents and the usual interval about $0.40 a month, were it to run all the time. Calls that come ' +
      'more than an hour late are in the reports alone.',
    examples: [
      ['live', 'today in UTC'],
      ['live --timezone local --interval 30 --agent triage', 'today here, one agent, twice a minute'],
      ['live --json | jq .perMinute', 'one view, for a program'],
    ],
    ignores: ['since', 'until'],
  }).option(
    '--interval <seconds>',
    'from one view to the next',
    wholeNumber(1, MAX_INTERVAL_SECONDS),
    DEFAULT_INTERVAL_SECONDS,
  );
  action<LiveFlags>(command, live);
}

async function live({ options, signal, table, print, atEnd }: Context<LiveFlags>): Promise<void> {
  const { agent: agentId, model, timezone, interval, json } = options;
  const { tableName, region, endpoint } = await table();
  const [{ DynamoDBClient }, { TraceReader }, { default: sparkly }] = await Promise.all([
    import('@aws-sdk/client-dynamodb'),
    import('../../lambda/traces/trace-reader.aws'),
    import('sparkly'),
  ]);
  const client = new DynamoDBClient({ region, endpoint });
  atEnd(() => client.destroy());
  const filter = { ...(agentId === undefined ? {} : { agentId }), ...(model === undefined ? {} : { model }) };
  const day = new LiveDay(timezone);
  const poll = new LivePoll(new TraceReader(client, tableName), day, timezone, filter, signal);
  const look = async (): Promise<LiveView> => {
    const now = new Date();
    await poll.poll(now);
    return liveView(day, now, timezone, poll.reads, filter);
  };
  const { dim, bold } = colours();
  const screen = (rows: number): LiveScreen => ({
    columns: terminalWidth(),
    rows,
    dim,
    bold,
    sparkline: numbers => sparkly(numbers, { minimum: 0 }),
  });
  if (json || !process.stdout.isTTY) {
    const view = await look();
    await print(view, () => `${liveText(view, screen(DEFAULT_ROWS))}\n`);
    return;
  }
  const { default: update } = await import('log-update');
  // What brings the cursor back ends the process by the signal where nobody else listens to it.
  const listen = () => undefined;
  process.on('SIGINT', listen);
  atEnd(() => {
    process.removeListener('SIGINT', listen);
    // The last view stays.
    update.done();
  });
  await watch({
    look,
    show: view => update(liveText(view, screen(process.stdout.rows))),
    onFailure: (error, view) =>
      update(
        liveText(
          view,
          screen(process.stdout.rows),
          `not read since ${view.generatedAt}: ${failureText(error, { tableName, region, endpoint })}`,
        ),
      ),
    intervalMs: interval * 1000,
    signal,
  });
}
