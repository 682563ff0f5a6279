import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Gate } from './gate.ts';

/** Answers in order, each when it is told to; `flows` is how the worker has it. */
class FakeStream {
  flows = true;
  readonly #asked: (() => void)[] = [];

  pause() {
    return this.#ask(false);
  }

  resume() {
    return this.#ask(true);
  }

  answerNext() {
    this.#asked.shift()?.();
  }

  answerAll() {
    while (this.#asked.length > 0) this.answerNext();
  }

  #ask(flows: boolean) {
    return new Promise<void>((resolve) => {
      this.#asked.push(() => {
        this.flows = flows;
        resolve();
      });
    });
  }
}

describe('a gate', () => {
  it('flows only when nobody holds it', async () => {
    const stream = new FakeStream();
    const gate = new Gate<'owner' | 'server'>(stream, []);
    const steps = [gate.hold('owner'), gate.hold('server'), gate.release('owner')];
    stream.answerAll();
    expect(await Promise.all(steps)).toEqual([true, true, true]);
    expect([stream.flows, gate.heldBy('owner'), gate.heldBy('server')]).toEqual([false, false, true]);
    const last = gate.release('server');
    stream.answerAll();
    expect(await last).toBe(true);
    expect(stream.flows).toBe(true);
  });

  it('tells a wish at once, and what holds when the worker has answered', async () => {
    const stream = new FakeStream();
    const gate = new Gate<'owner'>(stream, []);
    const held = gate.hold('owner');
    expect([gate.wantedBy('owner'), gate.heldBy('owner')]).toEqual([true, false]);
    stream.answerAll();
    await held;
    expect(gate.heldBy('owner')).toBe(true);
    const again = gate.hold('owner');
    stream.answerAll();
    expect(await again).toBe(false);
  });

  it('ends as the last wishes were, whoever has them in whatever order', async () => {
    const wish = fc.record({
      holder: fc.constantFrom('owner' as const, 'server' as const),
      hold: fc.boolean(),
      answers: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(wish), async (wishes) => {
        const stream = new FakeStream();
        const gate = new Gate<'owner' | 'server'>(stream, []);
        const held = new Set<string>();
        const changes: Promise<boolean>[] = [];
        for (const { holder, hold, answers } of wishes) {
          changes.push(hold ? gate.hold(holder) : gate.release(holder));
          if (hold) held.add(holder);
          else held.delete(holder);
          for (let count = 0; count < answers; count += 1) stream.answerNext();
        }
        stream.answerAll();
        const changed = await Promise.all(changes);
        expect(stream.flows).toBe(held.size === 0 || wishes.length === 0);
        for (const holder of ['owner', 'server'] as const) {
          expect(gate.heldBy(holder)).toBe(held.has(holder));
          // Told changes alternate: one that is told twice would show in the feed.
          const told = wishes.flatMap((one, index) =>
            one.holder === holder && changed[index] ? [one.hold] : [],
          );
          expect(told).toEqual(told.map((_, index) => index % 2 === 0));
        }
      }),
    );
  });
});
