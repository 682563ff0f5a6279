/** Somebody in a call of push-to-talk who speaks, as a process of its own: to be killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** Each joins, asks for the floor, and says when it has it. */
const SPEAKERS = {
  'Socket.IO': `
    const { io } = await import('socket.io-client');
    const [url, token, callId] = process.argv.slice(1);
    const socket = io(url, { transports: ['websocket'], auth: { token } });
    await new Promise((resolve) => socket.once('connect', resolve));
    const media = { audio: true, video: false, screen: false };
    await socket.emitWithAck('call:join', { callId, media });
    const { granted } = await socket.emitWithAck('floor:request', { callId });
    console.log(granted ? 'speaks' : 'waits');`,
  '/ws': `
    const { WebSocket } = await import('ws');
    const [url, token, channelId] = process.argv.slice(1);
    const web = new WebSocket(url.replace('http', 'ws') + '/ws?token=' + token);
    const say = (type) => web.send(JSON.stringify({ type, id: type, data: { channelId } }));
    web.on('open', () => say('join_channel'));
    web.on('message', (bytes) => {
      const { type, id, data } = JSON.parse(bytes);
      if (id === 'join_channel') say('ptt_start');
      if (id === 'ptt_start') console.log(data.granted ? 'speaks' : 'waits');
    });`,
} as const;

export type SpeakersDoor = keyof typeof SPEAKERS;
export const speakersDoors = Object.keys(SPEAKERS) as SpeakersDoor[];

/** Resolves once it has the floor. @returns what kills it */
export async function startSpeaker(
  door: SpeakersDoor,
  url: string,
  token: string,
  callId: string,
): Promise<() => void> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SPEAKERS[door], url, token, callId], {
    cwd: ROOT,
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => void child.kill('SIGKILL');
  const [said] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [unknown];
  if (String(said).trim() === 'speaks') return kill;
  kill();
  throw new Error(`it ${String(said).trim()}`);
}
