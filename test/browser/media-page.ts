/**
 * A page that speaks with a media server directly, without gateway and web app: Ann sends and Ben receives, both in it.
 * Its requests to the API are made outside the page.
 */
import type { Browser, Page } from 'playwright-core';
import type * as mediasoupClient from 'mediasoup-client';
import type { RtpCapabilities } from '@crossfade/shared/rtp';

type Api = (method: 'get' | 'post' | 'patch', path: string, body?: object) => Promise<unknown>;

export interface VideoRequest {
  mimeType: string;
  encodings: {
    rid?: string;
    scalabilityMode?: string;
    scaleResolutionDownBy?: number;
    maxBitrate?: number;
  }[];
}

export interface Decoded {
  /** Of any kind of media. */
  packets: number;
  frames: number;
  width: number;
}

/** What the page offers to those who test with it. */
interface MediaEnds {
  sendVideo(request: VideoRequest): Promise<string>;
  /** @param muted whether it sends silence */
  sendAudio(muted: boolean): Promise<string>;
  /** Ben's consumer of it, resumed. */
  receive(producerId: string): Promise<string>;
  decoded(consumerId: string): Promise<Decoded>;
  /** What Ben received of what Ann sent over a data channel. */
  echo(text: string): Promise<string>;
}

declare global {
  interface Window {
    mediasoupClient: typeof mediasoupClient;
    mediaApi: Api;
    mediaEnds: MediaEnds;
  }
}

/** An address that browsers trust with a camera; nothing listens there, the page is made up. */
const ADDRESS = 'http://localhost:9/';

export async function openMediaPage(browser: Browser, script: string, api: Api): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 320, height: 240 } });
  await page.route(ADDRESS, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<title>media</title>' }),
  );
  await page.exposeFunction('mediaApi', api);
  await page.goto(ADDRESS);
  await page.addScriptTag({ content: script });
  return page;
}

/** Runs in the page. */
export async function startMediaEnds({
  roomId,
  rtpCapabilities,
}: {
  roomId: string;
  rtpCapabilities: RtpCapabilities;
}): Promise<void> {
  const api = async <T>(method: 'get' | 'post' | 'patch', path: string, body?: object) =>
    (await window.mediaApi(method, `/rooms/${roomId}${path}`, body)) as T;
  type Answer = mediasoupClient.types.TransportOptions & { id: string };
  const device = new window.mediasoupClient.Device();
  await device.load({ routerRtpCapabilities: rtpCapabilities as mediasoupClient.types.RtpCapabilities });

  const connectable = (transport: mediasoupClient.types.Transport) =>
    transport.on('connect', ({ dtlsParameters }, done, failed) => {
      api('post', `/transports/${transport.id}/connect`, { dtlsParameters }).then(done, failed);
    });
  const create = (participantId: string, direction: 'send' | 'recv') =>
    api<Answer>('post', '/transports', { participantId, direction, sctp: true });
  const sending = device.createSendTransport(await create('ann', 'send'));
  const receiving = device.createRecvTransport(await create('ben', 'recv'));
  connectable(sending);
  connectable(receiving);
  sending.on('produce', ({ kind, rtpParameters }, done, failed) => {
    const source = kind === 'audio' ? 'microphone' : 'camera';
    api<{ id: string }>('post', `/transports/${sending.id}/produce`, { kind, source, rtpParameters }).then(
      done,
      failed,
    );
  });
  sending.on('producedata', ({ sctpStreamParameters, label, protocol }, done, failed) => {
    const { streamId, ordered } = sctpStreamParameters;
    api<{ id: string }>('post', `/transports/${sending.id}/produce-data`, {
      sctpStreamParameters: { streamId, ordered },
      label,
      protocol,
    }).then(done, failed);
  });
  const consumers = new Map<string, mediasoupClient.types.Consumer>();

  window.mediaEnds = {
    sendVideo: async ({ mimeType, encodings }) => {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 960, height: 540 } });
      const codec = device.sendRtpCapabilities.codecs?.find(
        (one) => one.mimeType.toLowerCase() === mimeType.toLowerCase(),
      );
      if (!codec) throw new Error(`This browser does not send ${mimeType}.`);
      const track = stream.getVideoTracks()[0];
      const producer = await sending.produce({ ...(track && { track }), codec, encodings });
      return producer.id;
    },
    sendAudio: async (muted) => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const track = stream.getAudioTracks()[0];
      if (track) track.enabled = !muted;
      return (await sending.produce({ ...(track && { track }) })).id;
    },
    receive: async (producerId) => {
      const answer = await api<mediasoupClient.types.ConsumerOptions & { id: string }>('post', '/consume', {
        transportId: receiving.id,
        producerId,
        rtpCapabilities: device.recvRtpCapabilities,
      });
      const consumer = await receiving.consume(answer);
      consumers.set(consumer.id, consumer);
      const element = document.createElement(consumer.kind);
      element.srcObject = new MediaStream([consumer.track]);
      element.muted = true;
      document.body.append(element);
      void element.play();
      await api('post', `/consumers/${consumer.id}/resume`);
      return consumer.id;
    },
    decoded: async (consumerId) => {
      const stats = await consumers.get(consumerId)?.getStats();
      const inbound = [...(stats?.values() ?? [])].find(
        (one: { type: string }) => one.type === 'inbound-rtp',
      ) as { packetsReceived?: number; framesDecoded?: number; frameWidth?: number } | undefined;
      return {
        packets: inbound?.packetsReceived ?? 0,
        frames: inbound?.framesDecoded ?? 0,
        width: inbound?.frameWidth ?? 0,
      };
    },
    echo: async (text) => {
      const producer = await sending.produceData({ label: 'chat' });
      const answer = await api<mediasoupClient.types.DataConsumerOptions>('post', '/consume-data', {
        transportId: receiving.id,
        dataProducerId: producer.id,
      });
      const consumer = await receiving.consumeData(answer);
      return new Promise((resolve) => {
        consumer.on('message', (message: unknown) => resolve(`${consumer.label}: ${String(message)}`));
        const send = () => producer.send(text);
        // What is sent before the other end listens is lost: said until it is heard.
        setInterval(() => producer.readyState === 'open' && send(), 200);
      });
    },
  };
}
