// Assigns wrapped handlers to types of @types/aws-lambda. The compiler reports an error if a type is lost.
import type { APIGatewayProxyHandlerV2, Context, Handler, SQSHandler } from 'aws-lambda';
import { TokenTracker } from 'cdk-token-analytics/runtime';

const tracker = new TokenTracker({ sink: 'emf' });

const typed: APIGatewayProxyHandlerV2 = async event => ({ statusCode: 200, body: event.rawPath });
export const fromTyped: APIGatewayProxyHandlerV2 = tracker.handler(typed);
export const fromContext: APIGatewayProxyHandlerV2 = tracker.handler(async event => ({
  statusCode: 200,
  body: event.rawPath,
}));
export const queue: SQSHandler = tracker.handler(async event => {
  for (const { body } of event.Records) body.trim();
});
export const generic: Handler<{ readonly id: string }, number> = tracker.handler(async ({ id }) => id.length);
export const callback: Handler<string, string> = tracker.handler((event, _context, done) =>
  done(null, event),
);
export const plain = tracker.handler(async ({ id }: { readonly id: string }, _context: Context) => id.length);

test('a tracked handler returns a promise of its result type', async () => {
  const length: number = await plain({ id: 'four' }, {} as Context);
  const synchronous = tracker.handler((text: string) => text.length);
  const other: Promise<number> = synchronous('five!');

  expect([length, await other]).toEqual([4, 5]);
});

test('a tracked handler keeps its this', async () => {
  const functions = {
    greeting: 'hello',
    greet: tracker.handler(async function (this: { readonly greeting: string }) {
      return this.greeting;
    }),
  };

  await expect(functions.greet()).resolves.toBe('hello');
  await expect(functions.greet.bind({ greeting: 'hi' })()).resolves.toBe('hi');
});
