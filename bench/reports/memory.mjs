// Reads the peak memory of a process.
import { readFileSync } from 'node:fs';

/**
 * Returns the peak memory of a process in MB, or undefined if the system has no `/proc`. Reads `VmHWM`,
 * because `maxRSS` of Node.js includes the memory of the parent process.
 */
export function peakMB(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  } catch {
    return undefined;
  }
}
