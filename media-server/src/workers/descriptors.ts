/** Whether there are descriptors for another worker process. */
import { closeSync, openSync } from 'node:fs';

/** Both ends of four pipes while it is started, and a few for the system's own. */
const NEEDED = 12;

/**
 * To be asked right before a process is started: without descriptors Node.js makes no pipes, mediasoup stumbles over
 * their absence, and the error of the process that never was is then nobody's, which would end this one.
 * @throws Error (`EMFILE`, `ENFILE`)
 */
export function mustHaveDescriptors(): void {
  const opened: number[] = [];
  try {
    while (opened.length < NEEDED) opened.push(openSync('/dev/null', 'r'));
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
