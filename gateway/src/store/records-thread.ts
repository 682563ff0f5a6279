/** The embedded database in a thread of its own, see `threaded-records.ts`: carries out what it is asked. */
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { CodedError } from '@crossfade/shared/errors';
import { openFolder } from './embedded.ts';
import { isRefused, withoutValues } from './database-errors.ts';
import type {
  RecordsAnswer,
  RecordsFailure,
  RecordsQuestion,
  RecordsThreadData,
} from './threaded-records.ts';

const { dataDir, callsRun } = workerData as RecordsThreadData;
// A gateway that starts waits for it: on a busy machine that would take more than twice as long.
if (callsRun) comeAfterCalls();
const records = await openFolder(dataDir);
comeAfterCalls();

parentPort?.on('message', (question: RecordsQuestion) => void answer(question));
parentPort?.postMessage({ id: 0, ok: true, value: undefined } satisfies RecordsAnswer);

/** History waits for what is live. On Linux this is about this thread only; elsewhere about the whole process. */
function comeAfterCalls(): void {
  if (process.platform !== 'linux') return;
  const { PRIORITY_BELOW_NORMAL } = constants.priority;
  // Of a gateway that comes after everything else anyway: nobody but root may raise it.
  if (getPriority() < PRIORITY_BELOW_NORMAL) setPriority(PRIORITY_BELOW_NORMAL);
}

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
