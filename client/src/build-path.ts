/** Builds a path for a mode: the only place that knows both kinds. */
import type { IceServer, JoinAnswer, Mode } from '@crossfade/shared/signalling';
import { P2pPath } from './p2p.ts';
import type { LocalTracks, PathEvents } from './path.ts';
import type { SfuDevice } from './sfu-device.ts';
import { SfuPath } from './sfu.ts';
import type { Request } from './signalling.ts';
import type { ExpectedTrack } from './switch.ts';
import type { Views } from './views.ts';

export interface PathPlace {
  mode: Mode;
  epoch: number;
  /** What the media server supports; mode `sfu` needs it. */
  rtpCapabilities?: object | undefined;
  /** That are there already. */
  transports?: NonNullable<JoinAnswer['sfu']>['transports'];
  iceServers: readonly IceServer[];
}

export interface PathMaterial {
  callId: string;
  selfId: string;
  local: LocalTracks;
  /** Whether the camera is sent to a media server in several sizes. */
  simulcast: boolean;
  /** What is shown of whom. */
  views: Pick<Views, 'wishFor' | 'relief'>;
  /** Whether people are seen on another path while this one is built. */
  besideAnother: boolean;
  /** Whether nothing is to flow yet: see `SfuPath.activate`. */
  standby: boolean;
  /** What the others say they send. */
  expected: () => readonly ExpectedTrack[];
  device: SfuDevice;
  request: Request;
  events: PathEvents;
}

export function buildPath(
  { mode, epoch, rtpCapabilities, transports, iceServers }: PathPlace,
  {
    callId,
    selfId,
    local,
    simulcast,
    views,
    besideAnother,
    standby,
    expected,
    device,
    request,
    events,
  }: PathMaterial,
): P2pPath | SfuPath {
  if (mode === 'sfu') {
    return new SfuPath({
      callId,
      epoch,
      selfId,
      device: device.load(rtpCapabilities ?? {}),
      transports,
      iceServers: [...iceServers],
      local,
      simulcast,
      views,
      besideAnother,
      standby,
      expected,
      request,
      events,
    });
  }
  return new P2pPath({
    epoch,
    selfId,
    iceServers: [...iceServers],
    local,
    events,
    send: (to, signal) => request('call:signal', { callId, to, ...signal }),
    report: (participantId, report) => {
      request('call:path', { callId, with: participantId, ...report }).catch(() => {
        // The participant is gone meanwhile, or the signalling: then what it sees next is told.
      });
    },
  });
}
