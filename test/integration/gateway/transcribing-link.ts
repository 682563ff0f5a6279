/**
 * A media server as a gateway sees it, that also transcribes: all goes to a real one and comes back, and what is said is put
 * among the events of its rooms, so that their numbering still has no gap.
 */
import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FEED_NAMESPACE, type FeedEvent } from '@crossfade/shared/media-events';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';

export type Said = Pick<
  Extract<FeedEvent, { type: 'transcription' }>,
  'participantId' | 'text' | 'final' | 'startMs' | 'endMs' | 'language'
>;

type Numbered = Pick<FeedEvent, 'roomId' | 'epoch' | 'bootId' | 'seq' | 'at'>;
interface JoinAnswer {
  ok: boolean;
  seq: number;
  snapshot?: Numbered;
  missed?: Numbered[];
}

export interface TranscribingLink {
  readonly url: string;
  /** Tells every reader of a room that somebody has said something. */
  readonly say: (roomId: string, said: Said) => void;
  readonly close: () => Promise<void>;
}

/** @param target the address of the real media server, which need not be there yet */
export async function startTranscribingLink(target: string): Promise<TranscribingLink> {
  const server = createServer((request, response) => forward(target, request, response));
  const front = new Server(server);
  const feed = front.of(FEED_NAMESPACE);
  /** Of each room: what its newest event said, and how many were put in. */
  const rooms = new Map<string, { last: Numbered; added: number }>();
  const renumbered = <E extends Numbered>(event: E): E => {
    const added = rooms.get(event.roomId)?.added ?? 0;
    const told = { ...event, seq: event.seq + added };
    rooms.set(event.roomId, { last: told, added });
    return told;
  };
  feed.on('connection', (reader) => {
    const upstream = io(`${target}${FEED_NAMESPACE}`, {
      transports: ['websocket'],
      auth: reader.handshake.auth,
      forceNew: true,
      reconnection: false,
    });
    upstream.onAny((name: string, payload: Numbered) => {
      reader.emit(name, name === 'node-load' ? payload : renumbered(payload));
    });
    upstream.on('connect_error', () => reader.disconnect());
    upstream.on('disconnect', () => reader.disconnect());
    reader.on('disconnect', () => upstream.disconnect());
    reader.on('leave-room', (wish: object, answer: (reply: unknown) => void) => {
      upstream.emit('leave-room', wish, answer);
    });
    reader.on(
      'join-room',
      ({ afterSeq, ...wish }: { roomId: string; afterSeq?: number }, answer: (reply: unknown) => void) => {
        const added = rooms.get(wish.roomId)?.added ?? 0;
        const after = afterSeq !== undefined && { afterSeq: Math.max(0, afterSeq - added) };
        upstream.emit('join-room', { ...wish, ...after }, (reply: JoinAnswer) => {
          const snapshot = reply.snapshot && { snapshot: renumbered(reply.snapshot) };
          const missed = reply.missed && { missed: reply.missed.map(renumbered) };
          answer(reply.ok ? { ...reply, seq: reply.seq + added, ...snapshot, ...missed } : reply);
        });
      },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    say: (roomId, said) => {
      const room = rooms.get(roomId);
      if (!room) throw new Error(`Nobody reads the room ${roomId}.`);
      const { bootId, epoch, seq } = room.last;
      const at = new Date().toISOString();
      const event = { type: 'transcription', roomId, epoch, bootId, seq: seq + 1, at, ...said };
      rooms.set(roomId, { last: { ...room.last, seq: seq + 1 }, added: room.added + 1 });
      feed.emit('transcription', event);
    },
    close: async () => {
      await front.close();
    },
  };
}

function forward(target: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url } = request;
  const passed = ask(new URL(url ?? '/', target), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  passed.on('error', () => response.destroy());
  request.pipe(passed);
}
