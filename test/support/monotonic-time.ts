/** Sets the clock that measures latencies, in milliseconds. The test restores it. */
export function setMonotonicTime(ms: number): void {
  jest.spyOn(process, 'hrtime').mockReturnValue([Math.floor(ms / 1e3), (ms % 1e3) * 1e6]);
}
