import { logRecord } from './support';
import { readLogLine } from '../../../lambda/ingest/log-record';
import { ENV, RECORDED_MARK } from '../../../src/contract';
import { Bedrock, HAIKU, KeepingTracker, messages, NOVA, SDKS } from '../instrument/support';
import { TokenTracker } from 'cdk-token-analytics/runtime';

const RULES = {
  roles: new Map<string, string>(),
  ignoredRoles: new Set<string>(),
  leftToTracker: new Set<string>(),
};
const [[, newest], [, older]] = SDKS;

describe('an invocation that tracker and log have', () => {
  let bedrock: Bedrock;
  afterEach(() => bedrock.close());

  const kindOf = (operation: string) =>
    readLogLine(
      {
        message: JSON.stringify(
          logRecord({ operation, requestMetadata: bedrock.requests.at(-1)?.requestMetadata }),
        ),
      },
      RULES,
    ).kind;

  test('an invocation in tracker and log is recorded by the tracker if its setting adds the stamp', async () => {
    bedrock = await Bedrock.start();
    const tracker = new KeepingTracker({ requestMetadata: true, agentId: 'triage' });
    tracker.instrument(bedrock.client);

    await bedrock.converse();
    const converse = kindOf('Converse');
    await bedrock.invoke();

    expect([converse, kindOf('InvokeModel')]).toEqual(['recorded', 'recorded']);
    expect(bedrock.requests.map(({ requestMetadata }) => requestMetadata)).toEqual(
      Array(2).fill({ [RECORDED_MARK.name]: RECORDED_MARK.value, agentId: 'triage' }),
    );
    expect(tracker.invocations).toHaveLength(2);
  });

  test('an invocation in tracker and log is stamped if the environment has the setting, unless the client overrides it', async () => {
    bedrock = await Bedrock.start();
    const settings = {
      [ENV.requestMetadata]: 'true',
      [ENV.leftToIngest]: 'InvokeModel, InvokeModelWithResponseStream',
      POWERTOOLS_METRICS_DISABLED: 'true',
    };
    const tracker = TokenTracker.fromEnvironment(settings, { sink: 'emf' });
    const other = tracker.instrument(bedrock.newClient(), { requestMetadata: false });

    await bedrock.converse(tracker.instrument(bedrock.client));
    const stamped = kindOf('Converse');
    await bedrock.converse(other);

    expect([stamped, kindOf('Converse')]).toEqual(['recorded', 'call']);
  });

  test('an invocation in tracker and log is not stamped by default', async () => {
    bedrock = await Bedrock.start();

    await bedrock.converse(new KeepingTracker().instrument(bedrock.client));

    expect(bedrock.requests[0].requestMetadata).toBeUndefined();
  });

  test('an invocation in tracker and log is recorded by the ingest alone if its operation is left to the ingest', async () => {
    bedrock = await Bedrock.start();
    const tracker = new KeepingTracker({
      requestMetadata: true,
      leftToIngest: ['InvokeModel'],
      agentId: 'triage',
    });
    tracker.instrument(bedrock.client);

    await bedrock.invoke();
    const { invocation } = await tracker.track({ incidentId: 'INC-7' }, () => bedrock.invoke());

    expect(kindOf('InvokeModel')).toBe('call');
    expect(bedrock.requests.map(({ requestMetadata }) => requestMetadata)).toEqual([
      { agentId: 'triage' },
      { agentId: 'triage', incidentId: 'INC-7' },
    ]);
    expect(tracker.invocations).toEqual([]);
    // The result of `track` contains the usage even though the tracker does not record this call.
    expect(invocation.usage).toBeDefined();
    await bedrock.converse();
    expect(tracker.invocations).toHaveLength(1);
  });

  test('an invocation in tracker and log cannot be stamped by an older SDK without metadata on InvokeModel, so that one of the two must ignore it', async () => {
    bedrock = await Bedrock.start(older);
    const tracker = new KeepingTracker({ requestMetadata: true });
    tracker.instrument(bedrock.client);

    await bedrock.invoke(undefined, HAIKU);
    const unstamped = kindOf('InvokeModel');
    await bedrock.converse();

    expect([unstamped, kindOf('Converse')]).toEqual(['call', 'recorded']);
    expect(
      readLogLine(
        { message: JSON.stringify(logRecord({ operation: 'InvokeModel' })) },
        { ...RULES, leftToTracker: new Set(['InvokeModel']) },
      ).kind,
    ).toBe('leftToTracker');
  });

  test("keeps the caller's own value of the metadata entry that the stamp uses", async () => {
    bedrock = await Bedrock.start();
    new KeepingTracker({ requestMetadata: true }).instrument(bedrock.client);

    await bedrock.client.send(
      new newest.runtime.ConverseCommand({
        modelId: NOVA,
        messages,
        requestMetadata: { [RECORDED_MARK.name]: 'mine' },
      }),
    );

    expect(bedrock.requests[0].requestMetadata).toEqual({ [RECORDED_MARK.name]: 'mine' });
  });
});
