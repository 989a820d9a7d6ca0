import { KeepingTracker, NOVA } from '../instrument/support';
import { TokenTracker } from 'cdk-token-analytics/runtime';

type Method = (...args: string[]) => Promise<unknown>;
type MethodDecorator = (
  target: object,
  name: string,
  descriptor: TypedPropertyDescriptor<Method>,
) => TypedPropertyDescriptor<Method> | void;

/** Applies decorators to a method. As in TypeScript, the last decorator is applied first. */
function decorate(target: object, name: string, ...decorators: MethodDecorator[]): Method {
  const first = Object.getOwnPropertyDescriptor(target, name) as TypedPropertyDescriptor<Method>;
  const last = decorators.reduceRight(
    (descriptor, one) => one(target, name, descriptor) ?? descriptor,
    first,
  );
  Object.defineProperty(target, name, last);
  return last.value as Method;
}

let tracker: KeepingTracker;
beforeEach(() => {
  tracker = new KeepingTracker();
});

/** Example of a value that a framework's decorator stores on a method, e.g. a route guard. */
class Guard {}
const isAllowed = () => true;
const ROLES = Symbol('roles');
const withProperties: MethodDecorator = (_target, _name, { value }) => {
  Object.assign(value as object, { path: '/ask', guard: Guard, isAllowed, [ROLES]: ['admin'] });
  Object.defineProperty(value, 'hidden', { value: 7, configurable: true });
  Object.defineProperty(value, 'name', { value: 'askRoute', configurable: true });
};

describe('tracked methods', () => {
  function route() {
    class Controller {
      async ask(question: string, _more: string) {
        return Promise.resolve([this.constructor.name, question, tracker.record({ modelId: NOVA }).agentId]);
      }
    }
    const { ask } = Controller.prototype;
    const tracked = decorate(
      Controller.prototype,
      'ask',
      tracker.tracked({ agentId: 'triage' }) as unknown as MethodDecorator,
      withProperties,
    );
    return { ask, tracked, controller: new Controller() };
  }

  test('a tracked method keeps the members that a decorator below it has set, as the same objects', () => {
    const { tracked } = route();

    expect([Object.assign({}, tracked), Reflect.get(tracked, 'hidden')]).toEqual([
      { path: '/ask', guard: Guard, isAllowed, [ROLES]: ['admin'] },
      7,
    ]);
    expect(Reflect.ownKeys(tracked)).toEqual(expect.arrayContaining(['path', 'guard', 'hidden', ROLES]));
    const { guard, isAllowed: same } = tracked as unknown as { guard: unknown; isAllowed: unknown };
    expect([guard === Guard, same === isAllowed]).toEqual([true, true]);
  });

  test('a tracked method keeps its name, length, prototype and this', async () => {
    const { ask, tracked, controller } = route();

    expect([tracked.name, tracked.length]).toEqual(['askRoute', 2]);
    expect(Object.getPrototypeOf(tracked)).toBe(Object.getPrototypeOf(ask));
    expect(await controller.ask('why', '')).toEqual(['Controller', 'why', 'triage']);
  });

  test('a tracked method keeps its name, length, prototype and this with decorators of ECMAScript', () => {
    const method = Object.assign(() => Promise.resolve(), { guard: Guard });
    const tracked = tracker.tracked({})(method, { kind: 'method', name: 'ask' });

    expect(tracked.guard === Guard).toBe(true);
  });

  test('a tracked method shows the members below it to a decorator above, and keeps the members that this adds', () => {
    class Controller {
      async ask() {
        return Promise.resolve();
      }
    }
    const seen: unknown[] = [];
    const tracked = decorate(
      Controller.prototype,
      'ask',
      (_target, _name, { value }) => {
        seen.push((value as unknown as { path: string }).path);
        Object.assign(value as object, { above: true });
      },
      tracker.tracked({ agentId: 'triage' }) as unknown as MethodDecorator,
      withProperties,
    );

    expect(seen).toEqual(['/ask']);
    expect(tracked).toHaveProperty('above', true);
  });
});

describe('tracked handlers', () => {
  const lambda = () => {
    const handle: Record<string, unknown> & (() => Promise<string>) = Object.assign(
      () => Promise.resolve('answer'),
      {} as Record<string, unknown>,
    );
    return handle;
  };

  test('a tracked handler is its own member if the handler is, as in module.exports.handler = module.exports', () => {
    const handle = lambda();
    handle.handler = handle;
    const handler = new TokenTracker({ sink: 'emf' }).handler(handle);

    expect(handler.handler).toBe(handler);
  });

  test('a tracked handler is the result of a method that returns a promise of the handler', async () => {
    const handle = lambda();
    handle.init = () => Promise.resolve(handle);
    const handler = new TokenTracker({ sink: 'emf' }).handler(handle) as unknown as {
      init(): Promise<unknown>;
    };

    expect(await handler.init()).toBe(handler);
  });

  test('a tracked handler is the result of an inherited method that returns the handler', () => {
    const handle = lambda();
    Object.setPrototypeOf(handle, Object.assign(Object.create(Function.prototype), { use: () => handle }));
    const handler = new TokenTracker({ sink: 'emf' }).handler(handle) as unknown as { use(): unknown };

    expect(handler.use()).toBe(handler);
  });
});
