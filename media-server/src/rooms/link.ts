/**
 * The wire between two routers of a room that are in different workers: a pipe transport on either, connected to each
 * other over loopback on ports the system chooses, for both directions. The pipes over it are counted; it is closed
 * with the last of them.
 *
 * mediasoup's own `pipeToRouter` keeps such a pair for as long as the routers live, and when it could not be made once
 * (there was no port left), that failure too.
 */
import type { DataProducer, PipeTransport, PipeTransportOptions, Producer, Router } from 'mediasoup/types';
import { consumableOnce } from '../producers/consumable-once.ts';

const LISTEN_IP = '127.0.0.1';

interface Wire {
  readonly near: PipeTransport;
  readonly far: PipeTransport;
}

/** What is piped: its mediasoup id, and whether over RTP or SCTP. */
export interface PipeSource {
  readonly kind: 'media' | 'data';
  readonly id: string;
}

/** What a pipe ends in, in the other router. */
export interface PipeEnd {
  /** The id there: another one, for ids are unique in a worker and both routers may be in the same one. */
  readonly id: string;
  close(): void;
}

export class Link {
  readonly #wire: Promise<Wire>;
  readonly #near: Router;
  #users = 0;

  /** @param kind only a link for data has SCTP */
  constructor(near: Router, far: Router, kind: PipeSource['kind']) {
    this.#near = near;
    this.#wire = connect(near, far, {
      listenInfo: { protocol: 'udp', ip: LISTEN_IP },
      enableSctp: kind === 'data',
    });
    // Whoever waits for it hears of it.
    this.#wire.catch(() => undefined);
  }

  /** One more pipe goes over it. */
  hold(): void {
    this.#users += 1;
  }

  /** @returns whether that was the last pipe, and the link is closed */
  release(): boolean {
    this.#users -= 1;
    if (this.#users > 0) return false;
    void this.#wire.then(close, () => undefined);
    return true;
  }

  /** Brings what is in the router `from`, one of the two, to the other. */
  async pipe(source: PipeSource, from: Router): Promise<PipeEnd> {
    const { near, far } = await this.#wire;
    const [out, into] = from === this.#near ? [near, far] : [far, near];
    return source.kind === 'media' ? pipeMedia(source.id, out, into) : pipeData(source.id, out, into);
  }
}

async function connect(nearRouter: Router, farRouter: Router, options: PipeTransportOptions): Promise<Wire> {
  const made = await Promise.allSettled([
    nearRouter.createPipeTransport(options),
    farRouter.createPipeTransport(options),
  ]);
  try {
    const [near, far] = made.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    }) as [PipeTransport, PipeTransport];
    await Promise.all([near.connect(addressOf(far)), far.connect(addressOf(near))]);
    return { near, far };
  } catch (error) {
    for (const result of made) if (result.status === 'fulfilled') result.value.close();
    throw error;
  }
}

function addressOf({ tuple }: PipeTransport): { ip: string; port: number } {
  return { ip: tuple.localAddress, port: tuple.localPort };
}

function close({ near, far }: Wire): void {
  near.close();
  far.close();
}

async function pipeMedia(producerId: string, out: PipeTransport, into: PipeTransport): Promise<PipeEnd> {
  const consumer = await out.consume({ producerId });
  let producer: Producer;
  try {
    const { kind, rtpParameters, producerPaused } = consumer;
    producer = await into.produce({ kind, rtpParameters, paused: producerPaused });
    consumableOnce(producer);
  } catch (error) {
    consumer.close();
    throw error;
  }
  const follow = () => {
    // A worker that has gone takes the room with it.
    void (consumer.producerPaused ? producer.pause() : producer.resume()).catch(() => undefined);
  };
  consumer.on('producerpause', follow);
  consumer.on('producerresume', follow);
  if (consumer.producerPaused !== producer.paused) follow();
  return endsTogether(consumer, producer);
}

async function pipeData(dataProducerId: string, out: PipeTransport, into: PipeTransport): Promise<PipeEnd> {
  const consumer = await out.consumeData({ dataProducerId });
  let producer: DataProducer;
  try {
    const { sctpStreamParameters, label, protocol } = consumer;
    producer = await into.produceData({
      ...(sctpStreamParameters && { sctpStreamParameters }),
      label,
      protocol,
    });
  } catch (error) {
    consumer.close();
    throw error;
  }
  return endsTogether(consumer, producer);
}

/** Both ends of one pipe: closing the one closes the other, and the producer they follow closes both. */
function endsTogether(
  out: {
    readonly closed: boolean;
    close(): void;
    observer: { on(event: 'close', run: () => void): unknown };
  },
  into: { readonly id: string; close(): void },
): PipeEnd {
  const end = () => {
    out.close();
    into.close();
  };
  out.observer.on('close', end);
  if (out.closed) end();
  return { id: into.id, close: end };
}
