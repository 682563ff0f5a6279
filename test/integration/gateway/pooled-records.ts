/** Records in memory for gateways under test: a database takes two seconds to start, so it is emptied and used again. */
import { afterAll } from '@jest/globals';
import { openEmbedded } from '../../../gateway/src/store/database.ts';
import type { Records } from '../../../gateway/src/store/records.ts';

const idle: Records[] = [];
/** The file is over, or nearly: its gateways may be closed after this. */
let over = false;

// Each takes some hundred megabytes, which the next file would not get back.
afterAll(async () => {
  over = true;
  await Promise.all(idle.splice(0).map((records) => records.close()));
});

/** Closed, it is empty, and the next one's; there is none that two have at a time. */
export async function pooledRecords(): Promise<Records> {
  const records = idle.pop() ?? (await openEmbedded(undefined));
  let closed = false;
  return new Proxy(records, {
    get(target, name) {
      if (name === 'close') {
        return async () => {
          if (closed) return;
          closed = true;
          if (over) {
            await target.close();
            return;
          }
          await empty(target);
          idle.push(target);
        };
      }
      const value: unknown = Reflect.get(target, name);
      // What is private to it is not the proxy's.
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

async function empty(records: Records): Promise<void> {
  const later = Date.now() + 3_600_000;
  await records.closeUnfinished(later, []);
  const everything = { callsBefore: later + 1, chatBefore: later + 1, limit: 1_000_000 };
  while ((await records.prune(everything)) > 0);
}
