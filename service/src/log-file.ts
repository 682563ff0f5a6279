/**
 * A file that lines are appended to. A disk that is full or hangs costs lines of this file and nothing else: nobody waits
 * for it, and what waits to be written is bounded. SIGHUP opens the file anew, for those who have moved it away.
 */
import { closeSync, openSync, writeFile } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { makeFolder } from './folders.ts';
import { SettingError } from './settings.ts';

/** What waits for a slow disk, bytes: some minutes of a busy log. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export interface LogFileOptions {
  file: string;
  /** What names the file. */
  setting: 'LOG_FILE' | 'AUDIT_LOG_FILE';
  /** Told once when nothing is written any more; again only if it worked in between. */
  onFailed: (why: string) => void;
}

export class LogFile extends Writable {
  readonly #options: LogFileOptions;
  #descriptor: number;
  /** Opened anew while the old one was still being written to. */
  #next: number | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #writing = false;
  #failed = false;
  readonly #reopen = () => {
    this.#openAnew();
  };

  /** @throws SettingError if it cannot be written */
  constructor(options: LogFileOptions) {
    super();
    this.#options = options;
    try {
      makeFolder(path.dirname(path.resolve(options.file)));
      this.#descriptor = openSync(options.file, 'a');
    } catch (error) {
      throw new SettingError(
        `Setting ${options.setting} cannot be used: ${options.file} cannot be written (${codeOf(error)}).`,
      );
    }
    process.on('SIGHUP', this.#reopen);
  }

  /** Never fails, and is done at once: whoever logs does not wait. */
  override _write(line: Buffer, _encoding: unknown, done: () => void): void {
    done();
    if (this.#failed) return;
    if (this.#waitingBytes + line.length > MAX_WAITING_BYTES) {
      this.#fail('it takes no more');
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    this.#flush();
  }

  override _final(done: () => void): void {
    if (this.#writing) this.once('written', done);
    else done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    process.off('SIGHUP', this.#reopen);
    const close = () => {
      this.#useNext();
      closeSync(this.#descriptor);
    };
    if (this.#writing) this.once('written', close);
    else close();
    done(error);
  }

  #flush(): void {
    if (this.#writing) return;
    this.#useNext();
    if (this.#waiting.length === 0) {
      this.emit('written');
      return;
    }
    const lines = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#writing = true;
    writeFile(this.#descriptor, lines, (error) => {
      this.#writing = false;
      if (error) this.#fail(codeOf(error));
      this.#flush();
    });
  }

  #fail(why: string): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailed(why);
  }

  #openAnew(): void {
    try {
      if (this.#next !== undefined) closeSync(this.#next);
      this.#next = openSync(this.#options.file, 'a');
      this.#failed = false;
    } catch (error) {
      this.#next = undefined;
      this.#fail(codeOf(error));
    }
    // One that is being written to is closed after that: its number could be another file's by then.
    if (!this.#writing) this.#useNext();
  }

  #useNext(): void {
    if (this.#next === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = this.#next;
    this.#next = undefined;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
