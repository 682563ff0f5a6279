import { describe, expect, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import type { types } from 'mediasoup-client';
import { SfuSender } from './sfu-sender.ts';
import type { Request } from './signalling.ts';
import { FakeTrack } from './testing/fake-stream.ts';
import type { TrackKind } from './track-kinds.ts';

type Kind = 'audio' | 'video';
type ProduceListener = (data: object, done: (answer: { id: string }) => void) => void;

class FakeRtpSender {
  encodings = [{ active: true }, { active: true }];

  getParameters() {
    return { encodings: this.encodings.map((encoding) => ({ ...encoding })) };
  }

  setParameters({ encodings }: { encodings: { active: boolean }[] }): Promise<void> {
    this.encodings = encodings;
    return Promise.resolve();
  }
}

/** As mediasoup-client's: produces one after the other, and asks its listener for each. */
class FakeTransport {
  readonly id = 'transport';
  connectionState = 'connected';
  readonly producers: { track: FakeTrack; closed: boolean; rtpSender: FakeRtpSender }[] = [];
  #listener: ProduceListener = () => undefined;
  #queue: Promise<unknown> = Promise.resolve();

  on(_event: 'produce', listener: ProduceListener): void {
    this.#listener = listener;
  }

  produce({ track, appData }: { track: FakeTrack; appData: object }): Promise<object> {
    const made = this.#queue.then(async () => {
      await new Promise<unknown>((resolve) =>
        this.#listener({ kind: track.kind, rtpParameters: {}, appData }, resolve),
      );
      const producer = {
        track,
        closed: false,
        rtpSender: new FakeRtpSender(),
        replaceTrack: (next: { track: FakeTrack }) => {
          producer.track = next.track;
          return Promise.resolve();
        },
        close: () => (producer.closed = true),
      };
      this.producers.push(producer);
      return producer;
    });
    this.#queue = made;
    return made;
  }

  close(): void {
    this.connectionState = 'closed';
  }
}

interface Sent {
  name: string;
  payload: {
    kind?: Kind;
    source?: string;
    paused?: boolean;
    producerId?: string;
    idempotencyKey?: string;
  };
  answer: (result: object | CodedError) => void;
}

function setUp(standby = false) {
  const tracks: Record<TrackKind, FakeTrack | null> = {
    audio: new FakeTrack('audio', 'mic'),
    video: new FakeTrack('video', 'cam'),
    screen: null,
    'screen-audio': null,
  };
  const state = { audio: true, video: true };
  const requests: Sent[] = [];
  const failures: string[] = [];
  const told = { barred: false };
  const transport = new FakeTransport();
  const sender = new SfuSender({
    callId: 'call',
    epoch: 4,
    local: {
      track: (kind) => tracks[kind] as unknown as MediaStreamTrack | null,
      state,
      stream: {} as MediaStream,
      screen: null,
    },
    simulcast: true,
    standby,
    request: ((name: string, payload: Sent['payload']) =>
      new Promise((resolve, reject) => {
        requests.push({
          name,
          payload,
          answer: (result) => (result instanceof CodedError ? reject(result) : resolve(result)),
        });
      })) as unknown as Request,
    events: {
      changed: () => undefined,
      barred: () => (told.barred = true),
      failed: (reason) => failures.push(reason),
    },
    transport: Promise.resolve(transport as unknown as types.Transport),
    device: Promise.resolve({ sendRtpCapabilities: { codecs: [] } } as unknown as types.Device),
  });
  const settle = async () => {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  };
  const take = (name: string, kind?: Kind): Sent => {
    const index = requests.findIndex(
      (each) => each.name === name && (kind === undefined || each.payload.kind === kind),
    );
    const [found] = index < 0 ? [] : requests.splice(index, 1);
    if (!found) throw new Error(`${name} was not asked for.`);
    return found;
  };
  return { sender, transport, requests, failures, told, tracks, state, settle, take };
}

/** Both tracks are sent. */
async function sending(standby = false) {
  const set = setUp(standby);
  set.sender.sync();
  await set.settle();
  set.take('media:produce', 'audio').answer({ id: 'A' });
  set.take('media:produce', 'video').answer({ id: 'V' });
  await set.settle();
  return set;
}

describe('what is sent to the media server', () => {
  test('both tracks are asked for before either is answered', async () => {
    const { sender, requests, settle } = setUp();
    sender.sync();
    await settle();
    expect(requests.map(({ name }) => name)).toEqual(['media:produce', 'media:produce']);
    expect(sender.ready).toBe(false);
  });

  test('an application sees who holds it back, and in which sizes it is wanted', async () => {
    const { sender, state, settle, take } = await sending();
    expect(sender.direction).toEqual({ connection: 'connected', used: true });
    const seen = (id: string) => sender.producers.find((producer) => producer.id === id);
    expect(seen('V')).toEqual({
      id: 'V',
      kind: 'video',
      source: 'camera',
      pausedBy: null,
      wantedLayer: null,
    });
    sender.follow('V', { wantedSpatialLayer: 1, pausedByServer: true });
    expect(seen('V')).toMatchObject({ pausedBy: 'server', wantedLayer: 1 });
    state.video = false;
    sender.sync();
    await settle();
    take('media:pause-producer').answer({});
    await settle();
    expect(seen('V')).toMatchObject({ pausedBy: 'owner' });
    expect(seen('A')).toMatchObject({ source: 'microphone', pausedBy: null });
  });

  test('it is ready when all of it is acknowledged and the transport is connected', async () => {
    const { sender, transport } = await sending();
    expect(sender.ready).toBe(true);
    expect(sender.producerIds).toEqual(expect.arrayContaining(['A', 'V']));
    transport.connectionState = 'connecting';
    expect(sender.ready).toBe(false);
  });

  test('it is ready without anything to send', async () => {
    const { sender, tracks, settle } = setUp();
    tracks.audio = null;
    tracks.video = null;
    sender.sync();
    await settle();
    expect(sender.ready).toBe(true);
  });

  test('what is muted from the start begins paused', async () => {
    const { sender, state, settle, take } = setUp();
    state.audio = false;
    sender.sync();
    await settle();
    expect(take('media:produce', 'audio').payload.paused).toBe(true);
    expect(take('media:produce', 'video').payload.paused).toBe(false);
  });

  test('muting while the track is being set up holds', async () => {
    const { sender, state, settle, take, requests } = setUp();
    sender.sync();
    await settle();
    state.audio = false;
    sender.sync();
    take('media:produce', 'audio').answer({ id: 'A' });
    await settle();
    const pause = take('media:pause-producer');
    expect(pause.payload.producerId).toBe('A');
    // Changed once more before the answer.
    state.audio = true;
    sender.sync();
    pause.answer({});
    await settle();
    take('media:resume-producer').answer({});
    await settle();
    expect(requests.map(({ payload }) => payload.kind)).toEqual(['video']);
  });

  test('another device replaces the track without another producer', async () => {
    const { sender, tracks, transport, settle, requests } = await sending();
    tracks.video = new FakeTrack('video', 'other camera');
    sender.sync();
    await settle();
    expect(transport.producers.map(({ track }) => track.id)).toContain('other camera');
    expect(transport.producers).toHaveLength(2);
    expect(requests).toEqual([]);
  });

  test('a screen is sent beside the camera in one size, and closed when it is not shared any more', async () => {
    const { sender, tracks, transport, settle, take, requests } = await sending();
    tracks.screen = new FakeTrack('video', 'screen');
    sender.sync();
    await settle();
    expect(sender.ready).toBe(false);
    const asked = take('media:produce', 'video');
    expect(asked.payload).toMatchObject({ source: 'screen', paused: false });
    // Stopped before the answer.
    tracks.screen = null;
    sender.sync();
    asked.answer({ id: 'S' });
    await settle();
    const closed = take('media:close-producer');
    expect(closed.payload.producerId).toBe('S');
    expect(transport.producers.map(({ track, closed }) => [track.id, closed])).toContainEqual([
      'screen',
      true,
    ]);
    // And shared again before that is answered; a moderator's word had closed it.
    tracks.screen = new FakeTrack('video', 'another screen');
    sender.sync();
    closed.answer(new CodedError('producer-not-found'));
    await settle();
    take('media:produce', 'video').answer({ id: 'S2' });
    await settle();
    expect(sender.producerIds).toEqual(expect.arrayContaining(['A', 'V', 'S2']));
    expect([sender.ready, requests]).toEqual([true, []]);
  });

  test('a screen that cannot be sent for the moment is tried again, and its end told before the next one', async () => {
    const { sender, tracks, failures, settle, take, requests } = await sending();
    tracks.screen = new FakeTrack('video', 'screen');
    sender.sync();
    await settle();
    take('media:produce', 'video').answer(new CodedError('timeout'));
    await new Promise((resolve) => setTimeout(resolve, 520));
    await settle();
    take('media:produce', 'video').answer({ id: 'S' });
    await settle();
    tracks.screen = null;
    sender.sync();
    await settle();
    take('media:close-producer').answer(new CodedError('timeout'));
    tracks.screen = new FakeTrack('video', 'another screen');
    await new Promise((resolve) => setTimeout(resolve, 520));
    await settle();
    const closed = take('media:close-producer');
    expect(closed.payload.producerId).toBe('S');
    closed.answer({});
    await settle();
    take('media:produce', 'video').answer({ id: 'S2' });
    await settle();
    expect(sender.producerIds).toEqual(expect.arrayContaining(['A', 'V', 'S2']));
    expect([failures, requests]).toEqual([[], []]);
  });

  test('what became of a request is found out before anything else is sent in its place', async () => {
    const { sender, transport, failures, settle, take, requests } = setUp();
    sender.sync();
    await settle();
    take('media:produce', 'audio').answer({ id: 'A' });
    const first = take('media:produce', 'video');
    // Nobody knows whether the camera is sent now.
    first.answer(new CodedError('timeout'));
    await new Promise((resolve) => setTimeout(resolve, 520));
    await settle();
    const second = take('media:produce', 'video');
    expect(second.payload).toEqual(first.payload);
    second.answer(new CodedError('media-server-unavailable'));
    await new Promise((resolve) => setTimeout(resolve, 520));
    await settle();
    take('media:produce', 'video').answer({ id: 'V' });
    await settle();
    expect(sender.producerIds).toEqual(expect.arrayContaining(['A', 'V']));
    expect(transport.producers.map(({ closed }) => closed)).toEqual([false, false]);
    expect([failures, requests]).toEqual([[], []]);
  });

  test('the media server is reached with the first track', async () => {
    const { sender, transport, settle, take } = setUp();
    sender.sync();
    await settle();
    expect(sender.begun).toBe(false);
    take('media:produce', 'video').answer({ id: 'V' });
    await settle();
    expect([sender.begun, sender.ready]).toEqual([true, false]);
    transport.connectionState = 'connecting';
    expect(sender.begun).toBe(false);
  });

  test('every request to produce has a key of its own, and none is repeated once the path is closed', async () => {
    const { sender, settle, take, requests } = setUp();
    sender.sync();
    await settle();
    const keys = ['audio', 'video'].map((kind) => take('media:produce', kind as Kind));
    expect(keys[0]?.payload.idempotencyKey).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[0]?.payload.idempotencyKey).not.toBe(keys[1]?.payload.idempotencyKey);
    for (const each of keys) each.answer(new CodedError('timeout'));
    await settle();
    sender.close();
    await new Promise((resolve) => setTimeout(resolve, 520));
    await settle();
    expect(requests).toEqual([]);
  });

  test('a camera that is found later is sent then', async () => {
    const { sender, tracks, settle, take } = setUp();
    const camera = tracks.video;
    tracks.video = null;
    sender.sync();
    await settle();
    take('media:produce', 'audio').answer({ id: 'A' });
    await settle();
    expect(sender.ready).toBe(true);
    tracks.video = camera;
    sender.sync();
    await settle();
    take('media:produce', 'video').answer({ id: 'V' });
    await settle();
    expect(sender.producerIds).toEqual(expect.arrayContaining(['A', 'V']));
  });

  test('who may not send takes part by listening', async () => {
    const { sender, settle, take, failures, transport, told } = setUp();
    sender.sync();
    await settle();
    take('media:produce', 'audio').answer(new CodedError('forbidden'));
    take('media:produce', 'video').answer(new CodedError('forbidden'));
    await settle();
    expect(failures).toEqual([]);
    expect(told.barred).toBe(true);
    expect(sender.ready).toBe(true);
    expect(transport.producers.every(({ closed }) => closed)).toBe(true);
  });

  test('any other refusal makes the path fail', async () => {
    const { sender, settle, take, failures } = setUp();
    sender.sync();
    await settle();
    take('media:produce', 'audio').answer(new CodedError('invalid-media-parameters'));
    await settle();
    expect(failures).toEqual(['sending: invalid-media-parameters']);
    expect(sender.ready).toBe(false);
  });

  const active = (set: ReturnType<typeof setUp>, kind: Kind) =>
    set.transport.producers
      .find(({ track }) => track.kind === kind)
      ?.rtpSender.encodings.map((encoding) => encoding.active);

  test('what nobody receives is not sent, and muting is not touched by it', async () => {
    const set = await sending();
    set.sender.follow('V', { wantedSpatialLayer: 0 });
    set.sender.follow('A', { pausedByServer: true });
    await set.settle();
    expect([active(set, 'video'), active(set, 'audio')]).toEqual([
      [true, false],
      [false, false],
    ]);
    set.state.audio = false;
    set.sender.sync();
    await set.settle();
    const pause = set.take('media:pause-producer');
    // Somebody begins to receive before the gateway has answered.
    set.sender.follow('A', { pausedByServer: false });
    await set.settle();
    expect(active(set, 'audio')).toEqual([true, true]);
    pause.answer({});
    await set.settle();
    expect([set.requests, set.tracks.audio?.enabled]).toEqual([[], true]);

    set.sender.follow('V', { pausedByServer: true });
    set.sender.sendEverything();
    await set.settle();
    expect(active(set, 'video')).toEqual([true, true]);
  });

  test('while it only stands by nothing is sent, whatever is wanted; from then on everything, until it is told otherwise', async () => {
    const set = await sending(true);
    expect([active(set, 'video'), active(set, 'audio')]).toEqual([
      [false, false],
      [false, false],
    ]);
    set.sender.follow('V', { pausedByServer: false });
    set.sender.follow('A', { pausedByServer: true });
    set.sender.sendEverything();
    await set.settle();
    expect(active(set, 'video')).toEqual([false, false]);
    set.sender.activate();
    await set.settle();
    expect([active(set, 'video'), active(set, 'audio')]).toEqual([
      [true, true],
      [true, true],
    ]);
    set.sender.follow('V', { wantedSpatialLayer: 0 });
    await set.settle();
    expect(active(set, 'video')).toEqual([true, false]);
  });

  test('switched on without the floor, it waits for the gateway to let it through', async () => {
    const set = await sending();
    set.state.audio = false;
    set.sender.sync();
    await set.settle();
    set.take('media:pause-producer').answer({});
    await set.settle();
    set.state.audio = true;
    set.sender.sync();
    await set.settle();
    set.take('media:resume-producer').answer(new CodedError('not-floor-holder'));
    await set.settle();
    set.sender.sync();
    await set.settle();
    expect(set.requests).toEqual([]);
  });

  test('what is said of a producer before its id is known holds', async () => {
    const set = setUp();
    set.sender.sync();
    await set.settle();
    set.sender.follow('V', { wantedSpatialLayer: 0 });
    set.take('media:produce', 'video').answer({ id: 'V' });
    await set.settle();
    expect(active(set, 'video')).toEqual([true, false]);
  });
});
