/** The embedded database in a thread of its own, see `threaded-records.ts`: carries out what it is asked. */
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { CodedError } from '@crossfade/shared/errors';
import { openFolder } from './embedded.ts';
import { isRefused, withoutValues } from './database-errors.ts';
import type { RecordsAnswer, RecordsFailure, RecordsQuestion } from './threaded-records.ts';

// History waits for what is live. On Linux this is about this thread only; elsewhere about the whole process.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const { dataDir } = workerData as { dataDir: string };
const records = await openFolder(dataDir);

parentPort?.on('message', (question: RecordsQuestion) => void answer(question));
parentPort?.postMessage({ id: 0, ok: true, value: undefined } satisfies RecordsAnswer);

async function answer({ id, method, args }: RecordsQuestion): Promise<void> {
  try {
    const act = records[method].bind(records) as (...given: unknown[]) => Promise<unknown>;
    tell({ id, ok: true, value: await act(...args) });
  } catch (error) {
    tell({ id, ok: false, failure: failureOf(error) });
  }
}

function tell(message: RecordsAnswer): void {
  parentPort?.postMessage(message);
}

/** What of an error gets to the other side: never the values, and with them what people wrote. */
function failureOf(error: unknown): RecordsFailure {
  if (error instanceof CodedError) return { kind: 'coded', code: error.code, message: error.message };
  const told = withoutValues(error);
  return {
    kind: 'database',
    message: told instanceof Error ? told.message : String(told),
    refused: isRefused(error),
  };
}
