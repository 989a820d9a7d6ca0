// How much memory a process has had.
import { readFileSync } from 'node:fs';

/**
 * The most memory that a process has had, in MB; undefined where the system does not
 * tell. Not `maxRSS`, which on Linux begins with what the parent had when it forked.
 */
export function peakMB(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  } catch {
    return undefined;
  }
}
