/**
 * Clients of another door, in the rooms of Socket.IO: what is sent to a call or to a participant reaches them as it reaches
 * Socket.IO's own sockets, from whichever gateway it was sent. So there is one way for messages, not one a door.
 *
 * Socket.IO's adapter delivers to what is in the namespace's list of sockets: it tells each of the packet
 * (`notifyOutgoingListeners`), and then writes it to the connection. A guest takes the packet, and writes nothing.
 */
import type { Server, Socket } from 'socket.io';
import type { Message } from '../calls/events.ts';
import type { Door } from './door.ts';

export interface Guest {
  /** `attach` and `detach` of it are to go through what `admit` returns. */
  readonly door: Door;
  deliver(message: Message): void;
}

/** A guest's place. */
export interface Seat {
  enter(rooms: readonly string[]): void;
  leave(rooms: readonly string[]): void;
  /** The guest is gone. */
  vacate(): void;
}

/** What the adapter uses of a socket. */
interface Addressee {
  readonly id: string;
  notifyOutgoingListeners(packet: { data: [name: string, payload: unknown] }): void;
  readonly client: { writeToEngine(): void };
}

export class Guests {
  readonly #io: Server;
  readonly #guests = new Map<string, Guest>();

  constructor(io: Server) {
    this.#io = io;
  }

  get(socketId: string): Guest | undefined {
    return this.#guests.get(socketId);
  }

  admit(guest: Guest): Seat {
    const { socketId } = guest.door;
    const namespace = this.#io.of('/');
    const addressee: Addressee = {
      id: socketId,
      notifyOutgoingListeners: ({ data: [name, payload] }) => {
        guest.deliver({ name, payload } as Message);
      },
      client: { writeToEngine: () => undefined },
    };
    this.#guests.set(socketId, guest);
    namespace.sockets.set(socketId, addressee as unknown as Socket);
    return {
      enter: (rooms) => void namespace.adapter.addAll(socketId, new Set(rooms)),
      leave: (rooms) => {
        for (const room of rooms) void namespace.adapter.del(socketId, room);
      },
      vacate: () => {
        this.#guests.delete(socketId);
        namespace.adapter.delAll(socketId);
        namespace.sockets.delete(socketId);
      },
    };
  }
}
