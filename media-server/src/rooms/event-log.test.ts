import { describe, expect, it } from '@jest/globals';
import type { RoomEvent } from '@crossfade/shared/media-events';
import fc from 'fast-check';
import { EventLog } from './event-log.ts';

const event: RoomEvent = { type: 'participant-left', participantId: 'p', reason: 'left' };
const at = new Date('2026-01-02T03:04:05.006Z');

function filled(count: number, capacity: number, after = 0): EventLog {
  const log = new EventLog({ roomId: 'r', bootId: 'b', after, capacity });
  for (let index = 0; index < count; index += 1) log.append(event, 1, at);
  return log;
}

describe('EventLog', () => {
  it('puts the room, its epoch, the boot, a number and the time on an event', () => {
    expect(filled(0, 5).append(event, 7, at)).toEqual({
      ...event,
      roomId: 'r',
      epoch: 7,
      bootId: 'b',
      seq: 1,
      at: '2026-01-02T03:04:05.006Z',
    });
  });

  it('gives exactly the events after a number, in order, or says that it cannot', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(30),
        fc.nat(100),
        (count, capacity, start, asked) => {
          const log = filled(count, capacity, start);
          const last = start + count;
          expect(log.seq).toBe(last);
          const missed = log.after(asked);
          const kept = Math.min(count, capacity);
          if (asked > last || asked < last - kept) expect(missed).toBeUndefined();
          else {
            expect(missed?.map(({ seq }) => seq)).toEqual(
              Array.from({ length: last - asked }, (_, index) => asked + 1 + index),
            );
          }
        },
      ),
    );
  });
});
