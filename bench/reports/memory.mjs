// Reads the peak memory of a process.
import { readFileSync } from 'node:fs';

/**
 * Returns the peak memory of a process in MB. Returns undefined if the system has no `/proc`. The function
 * reads `VmHWM`, because the value of `maxRSS` in Node.js includes the memory of the parent process on Linux.
 */
export function peakMB(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  } catch {
    return undefined;
  }
}
