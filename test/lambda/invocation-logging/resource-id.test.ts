import { FAILED_ID, resourceId, stateOf } from '../../../lambda/invocation-logging/resource-id';
import { INVOCATION_LOGGING_DATA } from '../../../src/contract';

/** CloudFormation User Guide, "Custom resource response objects". */
const MAX_ID_BYTES = 1024;

test.each([{}, { before: [] }, { before: ['text', 'audio'] as const }, { before: INVOCATION_LOGGING_DATA }])(
  'an id gives back its state %j',
  state => {
    const id = resourceId(state);

    expect(stateOf(id)).toEqual(state);
    expect(Buffer.byteLength(id)).toBeLessThan(MAX_ID_BYTES);
  },
);

test.each([FAILED_ID, 'shop-Logging-1ABCDEFGHIJKL', ''])('the id %j has no state', id => {
  expect(stateOf(id)).toBeUndefined();
});

test('an id with unknown kinds of data gives the known ones', () => {
  expect(stateOf('bedrock-model-invocation-logging/bucket:text+__proto__+smell')).toEqual({
    before: ['text'],
  });
});
