import { describe, expect, it, jest } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { Emitter } from './emitter.ts';

class Bell extends Emitter<{ rung: [times: number] }> {
  ring(times: number) {
    this.emit('rung', times);
  }
}

describe('Emitter', () => {
  it('tells every listener, in the order they were added', () => {
    const heard: string[] = [];
    const bell = new Bell(silentLog);
    bell
      .on('rung', (times) => heard.push(`first ${times}`))
      .on('rung', (times) => heard.push(`second ${times}`));
    bell.ring(3);
    expect(heard).toEqual(['first 3', 'second 3']);
  });

  it('goes on after a listener that throws, and logs its error', () => {
    const error = jest.fn<(message: string, details: unknown) => void>();
    const bell = new Bell({ ...silentLog, error: error as never });
    const second = jest.fn();
    const failure = new Error('deaf');
    bell
      .on('rung', () => {
        throw failure;
      })
      .on('rung', second);
    bell.ring(1);
    expect(second).toHaveBeenCalledWith(1);
    expect(error).toHaveBeenCalledWith('a listener failed', { event: 'rung', error: failure });
  });
});
