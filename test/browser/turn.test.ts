/** Media between two peers that may use nothing but a relay: real Chromium, real coturn, the gateway's credentials. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { IceServer } from '@crossfade/shared/signalling';
import type { Browser } from 'playwright-core';
import { iceServersFor } from '../../gateway/src/ice-servers.ts';
import { startTurnServer, type TurnServer } from '../integration/gateway/turn-server.ts';
import { launchChromium } from './chromium.ts';

const secret = 'only for this test: the secret of coturn';
let browser: Browser;
let turn: TurnServer;

beforeAll(async () => {
  turn = await startTurnServer(secret);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await turn.stop();
});

/** As a participant gets them who joined at that time. */
const serversOf = (name: string, atMs: number): IceServer[] => {
  const urls = [`turn:127.0.0.1:${String(turn.port)}?transport=udp`];
  return iceServersFor({ urls, secret, ttlS: 600 }, name, atMs);
};

test('media flow relayed; with expired credentials there is no relay', async () => {
  const page = await browser.newPage();
  const relayed = await page.evaluate(
    async ([mine, theirs]) => {
      const sender = new RTCPeerConnection({ iceServers: mine ?? [], iceTransportPolicy: 'relay' });
      const receiver = new RTCPeerConnection({ iceServers: theirs ?? [], iceTransportPolicy: 'relay' });
      sender.onicecandidate = ({ candidate }) => void receiver.addIceCandidate(candidate ?? undefined);
      receiver.onicecandidate = ({ candidate }) => void sender.addIceCandidate(candidate ?? undefined);
      const canvas = document.createElement('canvas');
      const drawing = canvas.getContext('2d');
      const painting = setInterval(() => {
        if (!drawing) return;
        drawing.fillStyle = `hsl(${String(performance.now() % 360)} 80% 50%)`;
        drawing.fillRect(0, 0, canvas.width, canvas.height);
      }, 50);
      const [track] = canvas.captureStream(20).getVideoTracks();
      if (track) sender.addTrack(track);
      const described = ({ localDescription }: RTCPeerConnection): RTCSessionDescription => {
        if (!localDescription) throw new Error('There is no description.');
        return localDescription;
      };
      await sender.setLocalDescription();
      await receiver.setRemoteDescription(described(sender));
      await receiver.setLocalDescription();
      await sender.setRemoteDescription(described(receiver));

      const limit = performance.now() + 15_000;
      let frames = 0;
      let types: (string | undefined)[] = [];
      while (frames < 10 && performance.now() < limit) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        const stats = [
          ...((await receiver.getStats()) as unknown as Map<string, Record<string, unknown>>).values(),
        ];
        frames = Number(stats.find(({ type }) => type === 'inbound-rtp')?.['framesDecoded'] ?? 0);
        const pair = stats.find(
          ({ type, nominated, state }) =>
            type === 'candidate-pair' && nominated === true && state === 'succeeded',
        );
        types = [pair?.['localCandidateId'], pair?.['remoteCandidateId']].map(
          (id) => stats.find((each) => each['id'] === id)?.['candidateType'] as string | undefined,
        );
      }
      clearInterval(painting);
      sender.close();
      receiver.close();
      return { frames, local: types[0] };
    },
    [serversOf('ann', Date.now()), serversOf('ben', Date.now())],
  );
  expect(relayed.frames).toBeGreaterThanOrEqual(10);
  expect(relayed.local).toBe('relay');

  const refused = await page.evaluate(
    async (iceServers) => {
      const connection = new RTCPeerConnection({ iceServers, iceTransportPolicy: 'relay' });
      const candidates: string[] = [];
      const errors: number[] = [];
      connection.onicecandidateerror = ({ errorCode }) => errors.push(errorCode);
      const gathered = new Promise<void>((resolve) => {
        connection.onicecandidate = ({ candidate }) => {
          if (candidate) candidates.push(candidate.candidate);
          else resolve();
        };
      });
      connection.createDataChannel('x');
      await connection.setLocalDescription();
      await Promise.race([gathered, new Promise((resolve) => setTimeout(resolve, 10_000))]);
      connection.close();
      return { candidates, errors };
    },
    serversOf('ann', Date.now() - 3_600_000),
  );
  expect(refused.candidates).toEqual([]);
  expect(refused.errors).toContain(401);
  await page.close();
});
