import { expect, test } from '@jest/globals';
import { callIdSchema, participantIdSchema, roomIdSchema } from './ids.ts';

const isRoom = (id: string) => roomIdSchema.safeParse(id).success;

test('names are 1 to 128 of the characters of the contract', () => {
  for (const id of ['a', '...', '.a', 'a.', ':', '-', 'A_b.c:d-9', 'x'.repeat(128)]) {
    expect([id, isRoom(id)]).toEqual([id, true]);
  }
  for (const id of ['', 'a b', 'ä', '%2e', 'x'.repeat(129)]) expect([id, isRoom(id)]).toEqual([id, false]);
});

test.each(['.', '..'])('%s is no name: clients take it out of addresses', (id) => {
  for (const schema of [callIdSchema, roomIdSchema, participantIdSchema]) {
    expect(schema.safeParse(id).success).toBe(false);
  }
});
