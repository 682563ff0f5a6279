/**
 * Checks that a mediasoup-worker binary works:
 *
 *     node smoke-test.mjs MEDIASOUP_DIR WORKER_BINARY
 *
 * Starts it through mediasoup's own Node.js library, creates one of each thing,
 * lets a WebRTC transport begin its DTLS handshake in both roles, and sends RTP
 * packets through two routers that are connected by an encrypted pipe, so that
 * both sides of SRTP get tested, with each crypto suite.
 */
import { createHmac, randomBytes } from 'node:crypto';
import * as dgram from 'node:dgram';
import * as path from 'node:path';
import * as process from 'node:process';
import { pathToFileURL } from 'node:url';
import { crc32 } from 'node:zlib';

const [packageDir, workerBin] = process.argv.slice(2).map((arg) => path.resolve(arg));

setTimeout(() => {
  console.error('smoke test: no answer within 30 s');
  process.exit(1);
}, 30_000).unref();

const mediasoup = await import(pathToFileURL(path.join(packageDir, 'node', 'lib', 'index.js')).href);
const worker = await mediasoup.createWorker({ workerBin, logLevel: 'warn' });

worker.on('died', (error) => {
  console.error(`smoke test: ${error}`);
  process.exit(1);
});

const mediaCodecs = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
];
const router1 = await worker.createRouter({ mediaCodecs });
const router2 = await worker.createRouter({ mediaCodecs });

// WebRTC: OpenSSL (certificate), libuv (UDP and TCP sockets).
const webRtcServer = await worker.createWebRtcServer({
  listenInfos: [
    { protocol: 'udp', ip: '127.0.0.1' },
    { protocol: 'tcp', ip: '127.0.0.1' },
  ],
});
const webRtcTransport = await router1.createWebRtcTransport({ webRtcServer, enableSctp: true });

if (webRtcTransport.iceCandidates.length !== 2) {
  throw new Error('WebRtcTransport without ICE candidates');
}

webRtcTransport.close();

// DTLS: its first flight, in both roles, over ICE. (The I/O callback of mediasoup's
// DTLS depends on how OpenSSL was configured; see "DTLS" in README.md.)
for (const remoteRole of ['server', 'client']) {
  await dtlsFirstFlight(remoteRole);
}

/** A STUN binding request (RFC 8489) that nominates, as a browser sends it. */
function bindingRequest({ usernameFragment, password }) {
  const attribute = (type, value) => {
    const buffer = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);

    buffer.writeUInt16BE(type, 0);
    buffer.writeUInt16BE(value.length, 2);
    value.copy(buffer, 4);

    return buffer;
  };
  const header = Buffer.alloc(20);

  header.writeUInt16BE(0x0001, 0);
  header.writeUInt32BE(0x2112a442, 4);
  randomBytes(12).copy(header, 8);

  const attributes = Buffer.concat([
    attribute(0x0006, Buffer.from(`${usernameFragment}:smoke`)), // USERNAME
    attribute(0x0025, Buffer.alloc(0)), // USE-CANDIDATE
    attribute(0x0024, Buffer.from([0x7e, 0, 0, 255])), // PRIORITY
    attribute(0x802a, randomBytes(8)), // ICE-CONTROLLING
  ]);

  header.writeUInt16BE(attributes.length + 24, 2);

  const integrity = createHmac('sha1', password).update(header).update(attributes).digest();

  header.writeUInt16BE(attributes.length + 24 + 8, 2);

  const message = Buffer.concat([header, attributes, attribute(0x0008, integrity)]);
  const fingerprint = Buffer.alloc(4);

  fingerprint.writeUInt32BE((crc32(message) ^ 0x5354554e) >>> 0);

  return Buffer.concat([message, attribute(0x8028, fingerprint)]);
}

/** A DTLS 1.2 ClientHello (RFC 6347) with what WebRTC needs. */
function clientHello() {
  const extension = (type, ...bytes) => Buffer.from([type >> 8, type & 255, 0, bytes.length, ...bytes]);
  const extensions = Buffer.concat([
    extension(10, 0, 4, 0, 29, 0, 23), // groups: x25519, P-256
    extension(11, 1, 0), // points: uncompressed
    extension(13, 0, 4, 4, 3, 8, 4), // signatures: ECDSA P-256, RSA-PSS
    extension(14, 0, 2, 0, 7, 0), // use_srtp: AEAD_AES_128_GCM
    extension(23), // extended master secret
  ]);
  const body = Buffer.concat([
    Buffer.from([0xfe, 0xfd]),
    randomBytes(32),
    Buffer.from([0, 0, 0, 4, 0xc0, 0x2b, 0xc0, 0x2f, 1, 0]),
    Buffer.from([0, extensions.length]),
    extensions,
  ]);
  const handshake = Buffer.concat([
    Buffer.from([1, 0, 0, body.length, 0, 0, 0, 0, 0, 0, 0, body.length]),
    body,
  ]);

  return Buffer.concat([
    Buffer.from([22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, handshake.length]),
    handshake,
  ]);
}

async function dtlsFirstFlight(remoteRole) {
  const transport = await router1.createWebRtcTransport({ webRtcServer });
  const socket = dgram.createSocket('udp4');
  const { port, ip } = transport.iceCandidates.find(({ protocol }) => protocol === 'udp');

  await transport.connect({
    dtlsParameters: {
      role: remoteRole,
      fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('AB').join(':') }],
    },
  });

  const messages = []; // handshake types that mediasoup sent
  const answered = new Promise((resolve) => {
    socket.on('message', (packet) => {
      if (packet[0] === 22) {
        messages.push(packet[13]);
        resolve();
      } else if (packet[0] === 1 && remoteRole === 'client') {
        socket.send(clientHello(), port, ip); // ICE is up
      }
    });
  });

  socket.send(bindingRequest(transport.iceParameters), port, ip);

  const timer = setTimeout(() => {
    console.error(
      `smoke test: no DTLS handshake from the worker (as DTLS ${remoteRole === 'server' ? 'client' : 'server'})`,
    );
    process.exit(1);
  }, 5000);

  await answered;
  clearTimeout(timer);
  socket.close();
  transport.close();
}

// SRTP with each crypto suite: PlainTransport (keys of the right lengths).
for (const srtpCryptoSuite of [
  'AEAD_AES_256_GCM',
  'AEAD_AES_128_GCM',
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
]) {
  const [a, b] = await Promise.all(
    [router1, router2].map((router) =>
      router.createPlainTransport({
        listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
        rtcpMux: true,
        enableSrtp: true,
        srtpCryptoSuite,
      }),
    ),
  );

  await a.connect({
    ip: '127.0.0.1',
    port: b.tuple.localPort,
    srtpParameters: b.srtpParameters,
  });
  await b.connect({
    ip: '127.0.0.1',
    port: a.tuple.localPort,
    srtpParameters: a.srtpParameters,
  });

  // In -> router1 -> a -> SRTP -> b -> router2 -> out
  const ssrc = 1234;
  const rtpParameters = (theSsrc) => ({
    codecs: [{ mimeType: 'audio/opus', payloadType: 100, clockRate: 48000, channels: 2 }],
    encodings: [{ ssrc: theSsrc }],
  });
  const source = await router1.createDirectTransport();
  const sink = await router2.createDirectTransport();
  const producer1 = await source.produce({ kind: 'audio', rtpParameters: rtpParameters(ssrc) });
  const consumer1 = await a.consume({
    producerId: producer1.id,
    rtpCapabilities: router1.rtpCapabilities,
  });
  const producer2 = await b.produce({ kind: 'audio', rtpParameters: consumer1.rtpParameters });
  const consumer2 = await sink.consume({
    producerId: producer2.id,
    rtpCapabilities: router2.rtpCapabilities,
  });

  const numPackets = 20;
  const received = new Set();
  const done = new Promise((resolve) => {
    consumer2.on('rtp', (packet) => {
      received.add(packet.subarray(-8).toString());
      if (received.size === numPackets) {
        resolve();
      }
    });
  });

  for (let i = 0; i < numPackets; ++i) {
    const packet = Buffer.alloc(12 + 160);

    packet.set([0x80, 100, 0, i]);
    packet.writeUInt32BE(i * 960, 4);
    packet.writeUInt32BE(ssrc, 8);
    packet.write(String(i).padStart(8, '0'), packet.length - 8);
    producer1.send(packet);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }

  const timer = setTimeout(() => {
    console.error(`smoke test: ${srtpCryptoSuite}: ${received.size} of ${numPackets} packets arrived`);
    process.exit(1);
  }, 5000);

  await done;
  clearTimeout(timer);

  a.close();
  b.close();
  source.close();
  sink.close();
}

worker.removeAllListeners('died');
worker.close();

console.log(
  `smoke test: mediasoup ${mediasoup.version} on Node.js ${process.versions.node} works with this binary (WebRTC with DTLS, and SRTP with 4 crypto suites)`,
);
