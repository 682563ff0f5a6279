/** Guests in a real Socket.IO server, without a connection. */
import { beforeEach, expect, test } from '@jest/globals';
import { Server } from 'socket.io';
import type { Message } from '../calls/events.ts';
import type { Door } from './door.ts';
import { Guests, type Guest } from './guests.ts';

let io: Server;
beforeEach(() => {
  io = new Server();
});

function arrive(guests: Guests, socketId: string) {
  const heard: Message[] = [];
  const guest: Guest = { door: { socketId } as Door, deliver: (message) => void heard.push(message) };
  return { guest, heard, seat: guests.admit(guest) };
}

const send = (room: string, payload: unknown) => io.to(room).emit('call:updated', payload);

test('hear what is sent to the rooms they are in, once, and nothing after they left', () => {
  const guests = new Guests(io);
  const [ann, ben] = [arrive(guests, 'a'), arrive(guests, 'b')];
  ann.seat.enter(['call:c', 'participant:x']);
  ben.seat.enter(['call:c']);
  expect([guests.get('a'), guests.get('b'), guests.get('none')]).toEqual([ann.guest, ben.guest, undefined]);
  send('call:c', 1);
  send('participant:x', 2);
  io.to(['call:c', 'participant:x']).emit('call:updated', 3);
  send('call:other', 4);
  const payloads = ({ heard }: typeof ann) => heard.map(({ name, payload }) => [name, payload]);
  expect(payloads(ann)).toEqual([
    ['call:updated', 1],
    ['call:updated', 2],
    ['call:updated', 3],
  ]);
  expect(payloads(ben)).toEqual([
    ['call:updated', 1],
    ['call:updated', 3],
  ]);
  ann.seat.leave(['call:c']);
  send('call:c', 5);
  io.to('call:c').except('call:c').emit('call:updated', 6);
  expect([ann.heard.length, ben.heard.length]).toEqual([3, 3]);
});

test('are left out where everybody but them is meant', () => {
  const guests = new Guests(io);
  const [ann, ben] = [arrive(guests, 'a'), arrive(guests, 'b')];
  for (const each of [ann, ben]) each.seat.enter(['call:c']);
  ann.seat.enter(['participant:x']);
  io.to('call:c').except('participant:x').emit('call:updated', 1);
  expect([ann.heard.length, ben.heard.length]).toEqual([0, 1]);
});

test('who is gone leaves nothing behind', () => {
  const guests = new Guests(io);
  const { heard, seat } = arrive(guests, 'a');
  seat.enter(['call:c']);
  seat.vacate();
  send('call:c', 1);
  expect(heard).toEqual([]);
  expect(guests.get('a')).toBeUndefined();
  const { sockets, adapter } = io.of('/');
  expect([sockets.size, adapter.rooms.size, adapter.sids.size]).toEqual([0, 0, 0]);
  // Once more does no harm, nor does a place that is given up twice.
  seat.vacate();
  seat.leave(['call:c']);
});
