import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  paginateListFunctions,
} from '@aws-sdk/client-lambda';
import { type LambdaOptions, type FakeLambda, startLambda } from './server';

const jsonOf = (payload: Uint8Array | undefined): unknown =>
  JSON.parse(Buffer.from(payload ?? []).toString('utf8'));

describe('fake of Lambda with the unmodified client', () => {
  let fake: FakeLambda;
  let client: LambdaClient;
  const start = async (options: Partial<LambdaOptions> = {}) => {
    fake = await startLambda({
      functions: [
        {
          name: 'double',
          handler: event => ({ doubled: (event as { value: number }).value * 2 }),
          environment: { TABLE: 'traces' },
        },
        {
          name: 'fails',
          handler: () => {
            throw new TypeError('no');
          },
          timeoutSeconds: 60,
          memoryMb: 256,
          logGroup: 'own',
          layers: ['arn:aws:lambda:us-east-1:123456789012:layer:l:1'],
        },
        { name: 'idle' },
      ],
      ...options,
    });
    client = new LambdaClient({ endpoint: fake.endpoint, region: 'us-east-1', maxAttempts: 1 });
  };
  afterEach(async () => {
    client.destroy();
    await fake.close();
  });

  test('lists functions, page by page', async () => {
    await start({ pageSize: 2 });
    const pages: (string | undefined)[][] = [];

    for await (const { Functions } of paginateListFunctions({ client }, {})) {
      pages.push((Functions ?? []).map(({ FunctionName }) => FunctionName));
    }

    expect(pages).toEqual([['double', 'fails'], ['idle']]);
  });

  test('returns the configuration of a function by name and by ARN', async () => {
    await start();

    const byName = await client.send(new GetFunctionConfigurationCommand({ FunctionName: 'double' }));
    const byArn = await client.send(
      new GetFunctionConfigurationCommand({
        FunctionName: 'arn:aws:lambda:us-east-1:123456789012:function:fails',
      }),
    );

    expect(byName).toMatchObject({
      FunctionName: 'double',
      Environment: { Variables: { TABLE: 'traces' } },
      LoggingConfig: { LogGroup: '/aws/lambda/double' },
    });
    expect(byArn).toMatchObject({
      Timeout: 60,
      MemorySize: 256,
      LoggingConfig: { LogGroup: 'own' },
      Layers: [{ Arn: 'arn:aws:lambda:us-east-1:123456789012:layer:l:1' }],
    });
  });

  test('invokes the handler with the payload, and returns its result', async () => {
    await start();

    const { StatusCode, FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: 'double', Payload: JSON.stringify({ value: 21 }) }),
    );
    const idle = await client.send(new InvokeCommand({ FunctionName: 'idle' }));

    expect([StatusCode, FunctionError, jsonOf(Payload)]).toEqual([200, undefined, { doubled: 42 }]);
    expect(jsonOf(idle.Payload)).toBeNull();
  });

  test('returns an error of the handler as a response, as Lambda does', async () => {
    await start();

    const { StatusCode, FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: 'fails' }),
    );

    expect([StatusCode, FunctionError, jsonOf(Payload)]).toEqual([
      200,
      'Unhandled',
      { errorType: 'TypeError', errorMessage: 'no' },
    ]);
  });

  test('accepts an asynchronous event with status 202, and answers a dry run without calling the handler', async () => {
    let calls = 0;
    await start({ functions: [{ name: 'counts', handler: () => (calls += 1) }] });

    const event = await client.send(new InvokeCommand({ FunctionName: 'counts', InvocationType: 'Event' }));
    const dryRun = await client.send(new InvokeCommand({ FunctionName: 'counts', InvocationType: 'DryRun' }));

    expect([event.StatusCode, dryRun.StatusCode, calls]).toEqual([202, 204, 1]);
    expect(fake.requests.map(({ operation, input }) => [operation, input.InvocationType])).toEqual([
      ['Invoke', 'Event'],
      ['Invoke', 'DryRun'],
    ]);
  });

  test('refuses an unknown function and the operations selected by the `refuses` option', async () => {
    await start({ refuses: operation => (operation === 'Invoke' ? 'AccessDeniedException' : undefined) });

    await expect(
      client.send(new GetFunctionConfigurationCommand({ FunctionName: 'nobody' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(client.send(new InvokeCommand({ FunctionName: 'double' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});
