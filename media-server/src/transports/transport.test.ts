/** What a transport does when its peer has trouble; the rest is proved with real workers. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { extras } from 'mediasoup';
import type { DtlsState, IceState, WebRtcServer, WebRtcTransport } from 'mediasoup/types';
import { transportOptions } from './options.ts';
import { Transport } from './transport.ts';

/** As much of a mediasoup transport as is needed: states come from outside. */
class FakeTransport extends extras.EnhancedEventEmitter {
  readonly id = 't1';
  iceState: IceState = 'new';
  dtlsState: DtlsState = 'new';
  readonly connected: unknown[] = [];
  closed = false;

  connect(parameters: unknown) {
    this.connected.push(parameters);
    return Promise.resolve();
  }

  readonly limits: string[] = [];

  setMaxIncomingBitrate(bitrate: number) {
    this.limits.push(`at most ${bitrate} in`);
    return Promise.resolve();
  }

  setMinOutgoingBitrate(bitrate: number) {
    this.limits.push(`at least ${bitrate} out`);
    return Promise.resolve();
  }

  ice(state: IceState) {
    this.iceState = state;
    this.emit('icestatechange', state);
  }

  dtls(state: DtlsState) {
    this.dtlsState = state;
    this.emit('dtlsstatechange', state);
  }

  close() {
    this.closed = true;
  }
}

function setUp() {
  const media = new FakeTransport();
  const transport = new Transport(media as unknown as WebRtcTransport, {
    participantId: 'ann',
    direction: 'send',
    log: silentLog,
    bitrates: { maxIncoming: 0, initialOutgoing: 1_000_000, minOutgoing: 0 },
    unwatchedPauseMs: 0,
    unwantedLayersMs: 0,
  });
  const closed: string[] = [];
  transport.on('closed', (reason) => closed.push(reason));
  return { media, transport, closed };
}

describe('the bitrates of a transport', () => {
  const limitsOf = (direction: 'send' | 'recv', maxIncoming: number, minOutgoing: number) => {
    const media = new FakeTransport();
    new Transport(media as unknown as WebRtcTransport, {
      participantId: 'ann',
      direction,
      log: silentLog,
      bitrates: { maxIncoming, initialOutgoing: 1_000_000, minOutgoing },
      unwatchedPauseMs: 0,
      unwantedLayersMs: 0,
    });
    return media.limits;
  };

  it('are limited the way the media go, and cost no request where there is no limit', () => {
    expect(limitsOf('send', 2_000_000, 100_000)).toEqual(['at most 2000000 in']);
    expect(limitsOf('recv', 2_000_000, 100_000)).toEqual(['at least 100000 out']);
    expect(limitsOf('send', 0, 0)).toEqual([]);
    expect(limitsOf('recv', 0, 0)).toEqual([]);
  });

  it('start where they are set to, and never below the least', () => {
    const start = (minOutgoing: number) =>
      transportOptions({
        webRtcServer: {} as WebRtcServer,
        forceTcp: false,
        sctp: false,
        bitrates: { maxIncoming: 0, initialOutgoing: 500_000, minOutgoing },
      }).initialAvailableOutgoingBitrate;
    expect([start(0), start(700_000)]).toEqual([500_000, 700_000]);
  });
});

describe('a transport', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('tells its states', () => {
    const { media, transport } = setUp();
    const states: string[] = [];
    transport.on('state', () => states.push(`${transport.ice} ${transport.dtls}`));
    media.ice('connected');
    media.dtls('connecting');
    media.dtls('connected');
    media.ice('completed');
    expect(states).toEqual([
      'connected new',
      'connected connecting',
      'connected connected',
      'completed connected',
    ]);
  });

  it('waits for an ICE restart when the peer is disconnected', () => {
    const { media, closed } = setUp();
    media.ice('connected');
    media.ice('disconnected');
    jest.advanceTimersByTime(29_000);
    media.ice('connected');
    jest.advanceTimersByTime(600_000);
    expect(closed).toEqual([]);
  });

  it('closes when the peer stays disconnected', () => {
    const { media, closed } = setUp();
    media.ice('disconnected');
    jest.advanceTimersByTime(30_000);
    expect(closed).toEqual(['peer-lost']);
    expect(media.closed).toBe(true);
  });

  it.each(['failed', 'closed'] as const)('closes when DTLS has %s', (state) => {
    const { media, closed } = setUp();
    media.dtls(state);
    expect(closed).toEqual(['peer-lost']);
    expect(media.closed).toBe(true);
  });

  it('closes once, through whichever door', () => {
    const { media, transport, closed } = setUp();
    media.ice('disconnected');
    transport.close();
    transport.roomClosed();
    transport.close('participant-left');
    media.dtls('closed');
    jest.advanceTimersByTime(60_000);
    expect(closed).toEqual(['closed']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('compares fingerprints in upper case, as the worker does', async () => {
    const { media, transport } = setUp();
    await transport.connect({ role: 'client', fingerprints: [{ algorithm: 'sha-256', value: 'ab:cd' }] });
    expect(media.connected).toEqual([
      { dtlsParameters: { role: 'client', fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }] } },
    ]);
  });
});
