import { expect, test } from '@jest/globals';
import { silentLog, type Log } from '@crossfade/service/log';
import { SettingError } from '@crossfade/service/settings';
import { AuditLog } from './audit-log.ts';

function captured() {
  const entries: unknown[] = [];
  const errors: unknown[] = [];
  const log: Log = {
    ...silentLog,
    info: ((_message: string, entry: unknown) => entries.push(entry)) as never,
    error: ((_message: string, entry: unknown) => errors.push(entry)) as never,
  };
  return { entries, errors, log };
}

function audit() {
  const { entries, log } = captured();
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
  log.recorded({ type: 'call-ended', recordId: 'r', at: 0, decisions: [] });
  expect(entries).toEqual([
    { kind: 'audit', action: 'joined', call: 'r', userId: 'ann', participantId: 'p' },
    { kind: 'audit', action: 'left', call: 'r', participantId: 'p', reason: 'connection-lost' },
  ]);
});

test('the same refusal is told once a minute, whoever tries how often', () => {
  const { entries, audit: log } = audit();
  const refusal = { address: '203.0.113.1', userId: undefined, code: 'rate-limited' as const };
  for (let now = 0; now < 60_000; now += 100) log.refused(refusal, now);
  log.refused({ ...refusal, code: 'unauthenticated' }, 0);
  log.refused({ ...refusal, address: '203.0.113.2' }, 0);
  expect(entries).toHaveLength(3);
  log.refused(refusal, 60_000);
  expect(entries).toHaveLength(4);
  expect(entries[0]).toEqual({ kind: 'audit', action: 'refused', ...refusal });
});

test('a file that takes nothing is told in the log, and the log has the lines still', async () => {
  const { entries, errors, log } = captured();
  const full = new AuditLog(log, '/dev/full');
  full.write({ action: 'left', call: 'r', participantId: 'p', reason: 'left' });
  full.write({ action: 'left', call: 'r', participantId: 'q', reason: 'left' });
  await full.close();
  full.write({ action: 'left', call: 'r', participantId: 's', reason: 'left' });
  expect(errors).toEqual([{ setting: 'AUDIT_LOG_FILE', why: 'ENOSPC' }]);
  expect(entries).toHaveLength(3);
});

test('a folder is no file', () => {
  expect(() => new AuditLog(silentLog, '/tmp')).toThrow(
    new SettingError('Setting AUDIT_LOG_FILE cannot be used: /tmp cannot be written (EISDIR).'),
  );
});
