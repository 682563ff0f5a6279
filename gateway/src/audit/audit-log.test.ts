import { expect, test } from '@jest/globals';
import { silentLog, type Log } from '@crossfade/service/log';
import { AuditLog } from './audit-log.ts';

function audit() {
  const entries: unknown[] = [];
  const log: Log = {
    ...silentLog,
    info: ((_message: string, entry: unknown) => entries.push(entry)) as never,
  };
  return { entries, audit: new AuditLog(log, undefined) };
}

test('tells what moderators did, to whom, and whether it was done; nothing of what else is asked', () => {
  const { entries, audit: log } = audit();
  const actor = { userId: 'ann', participantId: 'p1' };
  log.answered(actor, 'moderate:mute', { callId: 'c', participantId: 'p2', reason: 'rude' }, 'done');
  log.answered(actor, 'moderate:end', { callId: 'c' }, 'forbidden');
  log.answered(actor, 'chat:send', { callId: 'c', text: 'hello' }, 'done');
  log.answered(actor, 'moderate:mute', 'nonsense', 'validation-failed');
  log.answered(actor, 'moderate:mute', { callId: 'x'.repeat(1_000) }, 'validation-failed');
  expect(entries).toEqual([
    {
      kind: 'audit',
      action: 'moderate:mute',
      callId: 'c',
      userId: 'ann',
      participantId: 'p1',
      target: 'p2',
      outcome: 'done',
    },
    {
      kind: 'audit',
      action: 'moderate:end',
      callId: 'c',
      userId: 'ann',
      participantId: 'p1',
      target: undefined,
      outcome: 'forbidden',
    },
  ]);
});

test('tells who came and went, without names', () => {
  const { entries, audit: log } = audit();
  const common = { recordId: 'r', participantId: 'p', at: 0 };
  log.recorded({ type: 'participant-joined', ...common, userId: 'ann', displayName: 'Ann', participants: 1 });
  log.recorded({ type: 'participant-left', ...common, reason: 'connection-lost' });
  log.recorded({ type: 'call-ended', recordId: 'r', at: 0 });
  expect(entries).toEqual([
    { kind: 'audit', action: 'joined', call: 'r', userId: 'ann', participantId: 'p' },
    { kind: 'audit', action: 'left', call: 'r', participantId: 'p', reason: 'connection-lost' },
  ]);
});
