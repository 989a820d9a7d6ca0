/** Minimum number of remembered ids. At most, twice as many are remembered. */
const REMEMBERED = 10_000;

/** Remembers the last ids, so that a repeated id is counted once. */
export class RecentIds {
  private recent = new Set<string>();
  private older = new Set<string>();

  /** Adds an id. @returns false if it is among the last 10,000 */
  add(id: string): boolean {
    if (this.recent.has(id) || this.older.has(id)) return false;
    this.recent.add(id);
    if (this.recent.size >= REMEMBERED) {
      this.older = this.recent;
      this.recent = new Set();
    }
    return true;
  }
}
