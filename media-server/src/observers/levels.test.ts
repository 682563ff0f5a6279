import { describe, expect, it } from '@jest/globals';
import { byParticipant, levelsWorthTelling, speakerAmong } from './levels.ts';

describe('levels of participants', () => {
  it('are those of their loudest track, loudest first, of known owners', () => {
    const owners: Record<string, string> = { a1: 'ann', a2: 'ann', b: 'ben' };
    const levels = [
      { producerId: 'gone', dbov: -5 },
      { producerId: 'a1', dbov: -50 },
      { producerId: 'b', dbov: -40 },
      { producerId: 'a2', dbov: -30 },
    ];
    expect(byParticipant(levels, (id) => owners[id])).toEqual([
      { participantId: 'ann', dbov: -30 },
      { participantId: 'ben', dbov: -40 },
    ]);
  });

  it('are told when others are heard, or somebody by 3 dB', () => {
    const ann = (dbov: number) => ({ participantId: 'ann', dbov });
    expect(levelsWorthTelling([], [])).toBe(false);
    expect(levelsWorthTelling([], [ann(-40)])).toBe(true);
    expect(levelsWorthTelling([ann(-40)], [])).toBe(true);
    expect(levelsWorthTelling([ann(-40)], [ann(-42)])).toBe(false);
    expect(levelsWorthTelling([ann(-40)], [ann(-43)])).toBe(true);
    expect(levelsWorthTelling([ann(-40)], [{ participantId: 'ben', dbov: -40 }])).toBe(true);
  });
});

describe('the speaker', () => {
  const levels = [
    { producerId: 'a', dbov: -20 },
    { producerId: 'b', dbov: -30 },
    { producerId: 'c', dbov: -40 },
  ];

  it('is whom the observers chose, the loudest if there are several', () => {
    expect(speakerAmong(levels, new Set(['c']), 'a')).toBe('c');
    expect(speakerAmong(levels, new Set(['c', 'b']), 'a')).toBe('b');
  });

  it('stays while the chosen one is silent, else is the loudest', () => {
    expect(speakerAmong(levels, new Set(['silent']), 'c')).toBe('c');
    expect(speakerAmong(levels, new Set(['silent']), null)).toBe('a');
    expect(speakerAmong([], new Set(['a']), 'a')).toBeNull();
  });
});
