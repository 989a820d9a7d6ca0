/**
 * Runs something for each, so many at once. After a failure none is
 * begun; what is under way is waited for, and then it is thrown.
 */
export async function forEachConcurrent<Item>(
  items: Iterable<Item>,
  atOnce: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]();
  const failures: unknown[] = [];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = left.next(); !next.done && failures.length === 0; next = left.next()) {
        await run(next.value).catch((error: unknown) => failures.push(error));
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}
