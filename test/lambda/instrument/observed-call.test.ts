import { ObservedCall } from '../../../lambda/instrument/observed-call';
import type { Invocation } from '../../../lambda/invocation/invocation';

test('only the call itself sets that it is dropped', () => {
  const listener = { record: () => ({}) as Invocation, withdrawn: jest.fn(), ended: jest.fn() };
  const observed = new ObservedCall({ modelId: 'amazon.nova-lite-v1:0' }, listener);

  expect(() => Object.assign(observed, { isDropped: true })).toThrow(TypeError);
  expect(observed.isDropped).toBe(false);
  observed.drop();
  expect(observed.isDropped).toBe(true);
  expect(listener.ended).toHaveBeenCalledTimes(1);
});
