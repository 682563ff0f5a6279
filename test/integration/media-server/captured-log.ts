/** A log whose lines are kept, as they would have been written. */
import { Writable } from 'node:stream';
import { createLog, type Log } from '@crossfade/service/log';
import { transports, type Logger } from 'winston';

export function capturedLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const stream = new Writable({
    write: (line: Buffer, _encoding, done) => {
      lines.push(line.toString());
      done();
    },
  });
  const log = createLog({ service: 'test', level: 'debug', format: 'json' }) as Logger;
  log.clear().add(new transports.Stream({ stream }));
  return { log, lines };
}
