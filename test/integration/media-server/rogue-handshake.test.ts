/** Somebody else begins a DTLS handshake while a participant's is under way: it completes all the same. */
import { spawnSync } from 'node:child_process';
import type { Socket } from 'node:dgram';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import type { FeedReader, Harness } from './harness.ts';
import { clientHello, DtlsPeer, udpPortOf, udpSocket } from './dtls-peer.ts';
import { bindingRequest, isBindingSuccess } from './stun.ts';
import { unharmed } from './unharmed.ts';

// Without OpenSSL's command there is no peer (sudo apt-get install openssl).
const it = spawnSync('openssl', ['version']).status === 0 ? test : test.skip;

/** ClientHellos at each point where there is something to interfere with. */
const HELLOS = 20;

let harness: Harness;
let feed: FeedReader;
let hello: Buffer | undefined;
const opened: { close: () => void }[] = [];

unharmed(async (started) => {
  harness = started;
  await harness.createRoom('room');
  feed = await harness.feed();
  await feed.join({ roomId: 'room' });
});
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

/** A stranger at an address of its own, with what it sent and got, in bytes. */
async function stranger(address: string, port: number) {
  const socket: Socket = await udpSocket(address);
  opened.push(socket);
  const seen = { sent: 0, got: 0, admitted: false };
  socket.on('message', (packet) => {
    seen.got += packet.length;
    seen.admitted ||= isBindingSuccess(packet);
  });
  return {
    seen,
    send: (packet: Buffer) => {
      seen.sent += packet.length;
      socket.send(packet, port, '127.0.0.1');
    },
  };
}

/** A participant's transport, its peer, and a stranger who sends ClientHellos to it. */
async function meet(address: string, iceCredentials: 'none' | 'wrong' | 'right') {
  const transport = await harness.createTransport('room', 'ann', 'send');
  const peer = await DtlsPeer.create(transport);
  opened.push({
    close: () => {
      peer.stop();
    },
  });
  const { send, seen } = await stranger(address, udpPortOf(transport));
  const { usernameFragment, password } = transport.iceParameters;
  const connected = await harness.post(`/rooms/room/transports/${transport.id}/connect`, {
    dtlsParameters: peer.dtlsParameters,
  });
  expect(connected.status).toBe(200);
  hello ??= await clientHello();
  const sent = hello;
  const interfere = async () => {
    if (iceCredentials !== 'none') {
      const used = iceCredentials === 'right' ? password : 'x'.repeat(32);
      send(bindingRequest({ usernameFragment, password: used, nominate: false }));
    }
    for (let count = 0; count < HELLOS; count += 1) send(sent);
    // Until the worker has read them.
    await setTimeout(30);
  };
  const reached = (dtls: 'connected' | 'failed') =>
    feed.event('transport-state', (event) => event.transportId === transport.id && event.dtls === dtls);
  return { transport, peer, seen, interfere, reached };
}

it.each([
  ['at another port', '127.0.0.1', 'none'],
  ['at another address', '127.0.0.2', 'none'],
  ['with a wrong password for ICE', '127.0.0.2', 'wrong'],
] as const)('ClientHellos of a stranger %s do nothing', async (_who, address, iceCredentials) => {
  const { transport, peer, seen, interfere, reached } = await meet(address, iceCredentials);
  let datagrams = 0;
  await peer.connect(async () => {
    datagrams += 1;
    await interfere();
  });
  // Its own ClientHello, and its keys: there was a handshake to interfere with.
  expect(datagrams).toBeGreaterThanOrEqual(2);
  expect(await reached('connected')).toMatchObject({ participantId: 'ann' });
  await interfere();
  const last = feed.events.filter(({ type }) => type === 'transport-state').at(-1);
  expect(last).toMatchObject({ transportId: transport.id, dtls: 'connected' });
  expect(seen.admitted).toBe(false);
  expect(seen.got).toBeLessThanOrEqual(seen.sent);
  if (iceCredentials === 'none') expect(seen.got).toBe(0);
});

// Whoever knows a transport's secrets is its peer to the worker. It costs that transport and nothing else.
it('with the right password for ICE they end that handshake, and the participant can try again', async () => {
  const { peer, seen, interfere, reached } = await meet('127.0.0.2', 'right');
  await peer.begin(interfere);
  await reached('failed');
  expect(seen.admitted).toBe(true);
  expect(seen.got).toBeLessThanOrEqual(seen.sent);
  const again = await meet('127.0.0.2', 'none');
  await again.peer.connect(again.interfere);
  await again.reached('connected');
});
