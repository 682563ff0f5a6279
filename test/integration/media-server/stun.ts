/** STUN binding requests (RFC 8489), as a peer with ICE sends them, right and wrong. */
import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const MAGIC_COOKIE = 0x2112_a442;
const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const PRIORITY = 0x0024;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;
const ICE_CONTROLLING = 0x802a;

export interface BindingRequest {
  /** The ICE parameters of the other side. */
  usernameFragment: string;
  password: string;
  /** Whether this is the pair that media are to go over. */
  nominate: boolean;
}

export function bindingRequest({ usernameFragment, password, nominate }: BindingRequest): Buffer {
  const body = [
    attribute(USERNAME, Buffer.from(`${usernameFragment}:peer`)),
    attribute(PRIORITY, Buffer.from([0x6e, 0x7f, 0x1e, 0xff])),
    attribute(ICE_CONTROLLING, randomBytes(8)),
    ...(nominate ? [attribute(USE_CANDIDATE, Buffer.alloc(0))] : []),
  ];
  const transaction = randomBytes(12);
  // Either is computed over a header that counts it already.
  const message = (length: number) => Buffer.concat([header(length, transaction), ...body]);
  const size = body.reduce((sum, { length }) => sum + length, 0);
  const integrity = createHmac('sha1', password)
    .update(message(size + 24))
    .digest();
  body.push(attribute(MESSAGE_INTEGRITY, integrity));
  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE((crc32(message(size + 32)) ^ 0x5354_554e) >>> 0);
  body.push(attribute(FINGERPRINT, fingerprint));
  return message(size + 32);
}

/** Whether it is the good answer to a binding request. */
export function isBindingSuccess(packet: Buffer): boolean {
  return packet.length >= 20 && packet.readUInt16BE(0) === 0x0101;
}

function header(length: number, transaction: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x0001, 0);
  head.writeUInt16BE(length, 2);
  head.writeUInt32BE(MAGIC_COOKIE, 4);
  return Buffer.concat([head, transaction]);
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}
