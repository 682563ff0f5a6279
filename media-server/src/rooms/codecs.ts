/** What a room's router speaks, by profile. The order is the preference of clients that take the first they know. */
import type { RoomSnapshot } from '@crossfade/shared/media-api';
import type { RouterRtpCodecCapability } from 'mediasoup/types';

export type RoomProfile = RoomSnapshot['profile'];

/** Kilobits per second a browser's encoder starts with instead of 300: the first seconds are not a blur. */
const START_BITRATE = { 'x-google-start-bitrate': 1_000 };

function opus(parameters: Record<string, number>): RouterRtpCodecCapability {
  return { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2, parameters };
}

function video(mimeType: string, parameters: Record<string, string | number> = {}): RouterRtpCodecCapability {
  return { kind: 'video', mimeType, clockRate: 90_000, parameters: { ...parameters, ...START_BITRATE } };
}

function h264(profileLevelId: string): RouterRtpCodecCapability {
  return video('video/H264', {
    'packetization-mode': 1,
    'profile-level-id': profileLevelId,
    'level-asymmetry-allowed': 1,
  });
}

const CODECS: Record<RoomProfile, readonly RouterRtpCodecCapability[]> = {
  conference: [
    opus({ useinbandfec: 1 }),
    video('video/VP8'),
    video('video/VP9', { 'profile-id': 0 }),
    video('video/VP9', { 'profile-id': 2 }),
    h264('4d0032'),
    h264('42e01f'),
    video('video/AV1'),
  ],
  // Speech in mono, 20 ms a packet; without DTX the first syllable after a press is not swallowed.
  'push-to-talk': [
    opus({ useinbandfec: 1, usedtx: 0, stereo: 0, 'sprop-stereo': 0, minptime: 20, ptime: 20 }),
  ],
};

/** A copy, for mediasoup normalises what it is given. */
export function codecsOf(profile: RoomProfile): RouterRtpCodecCapability[] {
  return structuredClone([...CODECS[profile]]);
}
