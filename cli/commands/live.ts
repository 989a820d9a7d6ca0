import type { Command } from 'commander';
import { failureText } from '../failure';
import { LiveDay } from '../live/live-day';
import { type LiveScreen, liveText } from '../live/live-text';
import { type LiveView, liveView } from '../live/live-view';
import { LivePoll } from '../live/poll';
import { watch } from '../live/watch';
import { newCommand, wholeNumber } from '../options';
import { colors, terminalWidth } from '../output/terminal';
import { action, type Context } from '../run';

interface LiveFlags {
  readonly interval: number;
}

const DEFAULT_INTERVAL_SECONDS = 5;
const MAX_INTERVAL_SECONDS = 3600;
const DEFAULT_ROWS = 40;

/** Adds the command `live`, which shows the usage and cost of today. The view refreshes until Ctrl-C. */
export function addLiveCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'live',
    summary: 'live view of today: calls, tokens, cost per minute, top agents',
    description:
      'The view refreshes until Ctrl-C. With --json, or if the output is not a terminal, it is printed ' +
      "once. The first view reads today's traces. Each later view reads the last two minutes, and every " +
      'five minutes the last hour. A view takes one request for the day index and one for each agent, each ' +
      'of half a read unit if little is new. With ten agents and the default interval, a live view that ' +
      'never stops costs about $0.40 a month. Calls that arrive more than an hour late appear only in ' +
      'reports.',
    examples: [
      ['live', 'today in UTC'],
      ['live --timezone local --interval 30 --agent triage', 'today here, one agent, twice a minute'],
      ['live --json | jq .perMinute', 'one view, for a program'],
    ],
    ignores: ['since', 'until'],
  }).option(
    '--interval <seconds>',
    'pause between two views',
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
  const { dim, bold } = colors();
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
  // Listener that does nothing. If SIGINT had no listener, a library would end the process at Ctrl-C.
  const listen = () => undefined;
  process.on('SIGINT', listen);
  atEnd(() => {
    process.removeListener('SIGINT', listen);
    // Keeps the last view on the screen.
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
