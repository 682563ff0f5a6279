/** A log whose lines are kept, as they would have been written. */
import { loggable, type Log } from '@crossfade/service/log';

export function capturedLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const write = (level: string) => (message: string, details?: object) => {
    lines.push(JSON.stringify({ level, message, ...details }, loggable));
  };
  const levels = ['error', 'warn', 'info', 'debug'];
  const log = Object.fromEntries(levels.map((level) => [level, write(level)])) as unknown as Log;
  return { log, lines };
}
