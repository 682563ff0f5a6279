import type { Call } from '@crossfade/client/call';
import { openLocalMedia, type LocalMedia, type LocalMediaOptions } from '@crossfade/client/local-media';
import type { MediaState } from '@crossfade/shared/signalling';
import type { Ending } from './ending-text.ts';

/** A visit to a call that is over: enough to come back as one left. */
export interface PastVisit {
  readonly callId: string;
  readonly displayName: string;
  readonly ending: Ending;
  readonly devices: LocalMediaOptions;
  /** Who was muted comes back muted. */
  readonly sent: MediaState;
}

export function pastVisit(call: Call, media: LocalMedia, ending: Ending): PastVisit {
  const { callId, local } = call.snapshot;
  return {
    callId,
    displayName: local.displayName,
    ending,
    devices: { audio: deviceOf(media, 'audio'), video: deviceOf(media, 'video') },
    sent: media.state,
  };
}

/** The camera and microphone of a past visit, as they were then. */
export async function reopenMedia({ devices, sent }: PastVisit): Promise<LocalMedia> {
  const media = await openLocalMedia(devices);
  media.setMicrophone(sent.audio);
  media.setCamera(sent.video);
  return media;
}

function deviceOf(media: LocalMedia, kind: 'audio' | 'video'): boolean | { deviceId: string } {
  const track = media.track(kind);
  const deviceId = track?.getSettings().deviceId;
  return deviceId === undefined ? track !== null : { deviceId };
}
