/**
 * How many connections this server takes: no more than it has descriptors for. Without a limit the system would be
 * reached first, and then whoever comes finds the door shut without a word, and no worker that dies can be replaced.
 * Those just above the limit are answered `503`, those far above it are closed at once.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { refuse } from '@crossfade/service/problems';
import { CodedError } from '@crossfade/shared/errors';
import type { RequestHandler } from 'express';

/** Connections above the limit that are told so. */
export const TOLD_CONNECTIONS = 16;

export class Connections {
  readonly #most: number;
  readonly #refused = new WeakSet<Socket>();
  #open = 0;

  /** @param most how many there may be at a time */
  constructor(most: number) {
    this.#most = most;
  }

  /** Counts those of the server, and refuses upgrades of those above the limit. To be called before others listen. */
  watch(server: Server): void {
    if (this.#most === Infinity) return;
    server.maxConnections = this.#most + TOLD_CONNECTIONS;
    server.on('connection', (socket) => {
      this.#open += 1;
      if (this.#open > this.#most) this.#refused.add(socket);
      socket.once('close', () => (this.#open -= 1));
    });
    server.on('upgrade', (request, socket) => {
      // The feed finds it ended, and lets go of it.
      if (this.#refused.has(request.socket)) refuse(socket, tooMany(), request);
    });
  }

  /** Answers what comes over connections above the limit. */
  readonly refuse: RequestHandler = (request, response, next) => {
    if (!this.#refused.has(request.socket)) {
      next();
      return;
    }
    response.set('Connection', 'close');
    throw tooMany();
  };
}

function tooMany(): CodedError {
  return new CodedError('no-capacity', 'There are too many connections.');
}
