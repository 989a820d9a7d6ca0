// Tests `tracked` together with decorators like those of NestJS. These decorators store routes and roles of a
// method with the npm package reflect-metadata.
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { KeepingTracker, NOVA } from '../../lambda/instrument/support';

const REFLECT_METADATA = path.join(__dirname, '..', 'bundles', 'node_modules', 'reflect-metadata');
const isInstalled = existsSync(REFLECT_METADATA);
if (!isInstalled) {
  process.stderr.write(
    'SKIPPED: reflect-metadata is not installed (npm ci --prefix test/system/bundles), so no route is tested\n',
  );
}

type Method = (...args: unknown[]) => unknown;
type Descriptor = TypedPropertyDescriptor<Method>;
type Decorator = (target: object, name: string, descriptor: Descriptor) => Descriptor | void;
interface Metadata {
  defineMetadata(key: unknown, value: unknown, target: object): void;
  getMetadata(key: unknown, target: object): unknown;
  getOwnMetadata(key: unknown, target: object): unknown;
  getOwnMetadataKeys(target: object): unknown[];
}
const metadata = Reflect as unknown as Metadata;

/** Returns a decorator like `SetMetadata` of NestJS, which stores a value as metadata of the method. */
const setMetadata =
  (key: string, value: unknown): Decorator =>
  (_target, _name, descriptor) =>
    metadata.defineMetadata(key, value, descriptor.value as object);
const get = (route: string) => setMetadata('path', route);
const roles = (...names: string[]) => setMetadata('roles', names);

/** Applies decorators to a method. As in TypeScript, the last decorator is applied first. */
function decorate(target: object, name: string, decorators: readonly Decorator[]): void {
  const first = Object.getOwnPropertyDescriptor(target, name) as Descriptor;
  const last = decorators.reduceRight(
    (descriptor, one) => one(target, name, descriptor) ?? descriptor,
    first,
  );
  Object.defineProperty(target, name, last);
}

/** Answers a request as NestJS does. Finds the method with the route, and checks if the role may call it. */
async function answer(
  controller: object,
  route: string,
  role: string,
): Promise<[status: number, body?: unknown]> {
  const prototype = Object.getPrototypeOf(controller) as Record<string, Method>;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const method = prototype[name];
    if (metadata.getMetadata('path', method) !== route) continue;
    const allowed = metadata.getMetadata('roles', method) as string[] | undefined;
    // If the method has no metadata about roles, everyone may call it.
    if (allowed && !allowed.includes(role)) return [403];
    return [200, await method.call(controller, role)];
  }
  return [404];
}

(isInstalled ? describe : describe.skip)('a route whose method is tracked', () => {
  beforeAll(() => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    require(REFLECT_METADATA);
  });

  const tracked = (tracker: KeepingTracker) => tracker.tracked({ agentId: 'triage' }) as unknown as Decorator;

  test.each<[string, (tracker: KeepingTracker) => Decorator[]]>([
    ['above all', one => [tracked(one), get('/ask'), roles('admin')]],
    ['between', one => [get('/ask'), tracked(one), roles('admin')]],
    ['below all', one => [get('/ask'), roles('admin'), tracked(one)]],
    ['twice', one => [tracked(one), get('/ask'), tracked(one), roles('admin')]],
  ])('a route is found, guarded and tracked with the decorator %s', async (_position, decorators) => {
    const tracker = new KeepingTracker();
    class Controller {
      async ask(role: string) {
        tracker.record({ modelId: NOVA });
        return Promise.resolve(`hello ${role}`);
      }
    }
    decorate(Controller.prototype, 'ask', decorators(tracker));
    const controller = new Controller();

    expect(await answer(controller, '/ask', 'guest')).toEqual([403]);
    expect(tracker.invocations).toEqual([]);
    expect(await answer(controller, '/ask', 'admin')).toEqual([200, 'hello admin']);
    expect(tracker.invocations.map(({ agentId }) => agentId)).toEqual(['triage']);
    expect(await answer(controller, '/other', 'admin')).toEqual([404]);
  });

  test('a tracked method has separate metadata, and the metadata of the method does not change', () => {
    const method = () => undefined;
    metadata.defineMetadata('roles', ['admin'], method);
    const tracker = new KeepingTracker();
    const wrapped = [tracker.tracked({})(method), tracker.handler(method)];

    for (const one of wrapped) {
      expect(metadata.getOwnMetadataKeys(one)).toEqual(['roles']);
      metadata.defineMetadata('roles', ['nobody'], one);
    }
    expect(metadata.getOwnMetadata('roles', method)).toEqual(['admin']);
  });
});
