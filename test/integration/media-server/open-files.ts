/** The open files of a process, and how many it may have. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${String(pid)}/fd`).length;
}

/** Lets the process open so many files and no more. @returns undoes it */
export function limitOpenFiles(pid: number, count: number): () => void {
  const prlimit = (...options: string[]) =>
    execFileSync('prlimit', ['--pid', String(pid), ...options])
      .toString()
      .trim();
  const before = prlimit('--nofile', '--output', 'SOFT', '--noheadings');
  prlimit(`--nofile=${String(count)}:`);
  return () => {
    prlimit(`--nofile=${before}:`);
  };
}

/** Leaves a process the files it has: it can open no other. @returns undoes it */
export function exhaustOpenFiles(pid: number): () => void {
  const taken = new Set(readdirSync(`/proc/${String(pid)}/fd`).map(Number));
  let free = 0;
  while (taken.has(free)) free += 1;
  // The limit is one of numbers, not of how many there are.
  return limitOpenFiles(pid, free);
}
