/**
 * Whether this process may open as many files as it will need, checked before anything is: a server that runs out of
 * descriptors refuses people in the middle of a call, and says so nowhere near its cause.
 */
import { readFileSync } from 'node:fs';
import { SettingError } from '@crossfade/service/settings';

/** Node.js itself, the log, the listening sockets. */
const OWN_FILES = 64;
/** Pipes to one worker: its output, its errors, requests, answers; and as many while it is being replaced. */
const FILES_PER_WORKER = 8;
/** Requests and feed readers at the same time: a gateway keeps a handful of connections. */
const CONNECTIONS = 128;
/** A worker, which inherits the limit: its own, and clients on TCP; those on UDP share one socket. */
const FILES_OF_WORKER = 256;

/** The open files that a process may need: this one, or one of its workers. */
export function neededFiles(workers: number): number {
  return Math.max(OWN_FILES + FILES_PER_WORKER * workers + CONNECTIONS, FILES_OF_WORKER);
}

/** The connections this process has files for, however many workers it replaces. */
export function connectionBudget(workers: number, limit = limitOfThisProcess()): number {
  return (limit ?? Infinity) - OWN_FILES - FILES_PER_WORKER * workers;
}

/** The soft limit of open files in the text of /proc/<pid>/limits; undefined if it is not there. */
export function openFilesLimit(limits: string): number | undefined {
  const soft = /^Max open files +(\d+|unlimited) /m.exec(limits)?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Infinity : Number(soft);
}

/** @throws SettingError if so many workers cannot be had within the limit */
export function checkBudget(workers: number, limit = limitOfThisProcess()): void {
  const needed = neededFiles(workers);
  if (limit === undefined || limit >= needed) return;
  throw new SettingError(
    `Setting MEDIASOUP_WORKERS cannot be used: ${workers} of them need up to ${needed} open files in a process, and the limit is ${limit} (ulimit -n).`,
  );
}

/** Node.js has raised it to the hard limit already. */
function limitOfThisProcess(): number | undefined {
  try {
    return openFilesLimit(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    // No Linux: the system says when it is reached.
    return undefined;
  }
}
