import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';

import { PROJECT_ROOT } from '../project-root.mjs';
import { parseTokenArguments } from './arguments.mjs';
import { serviceSecret } from './secret.mjs';

const secret = 's'.repeat(32);

/**
 * @param {readonly string[]} args
 * @param {Record<string, string>} env
 */
const run = (args, env) =>
  spawnSync(process.execPath, [path.join(PROJECT_ROOT, 'scripts', 'token.mjs'), ...args], {
    encoding: 'utf8',
    env,
  });

describe('npm run token', () => {
  test('prints a token and nothing else', () => {
    const { stdout } = run(['--service', '--sub=me', '--lifetime=60'], {
      SERVICE_JWT_SECRET: secret,
      JWT_ISSUER: 'here',
    });
    const claims = jwt.verify(stdout.trim(), secret, {
      algorithms: ['HS256'],
      audience: 'media-server',
      issuer: 'here',
    });
    expect(claims).toMatchObject({ typ: 'service', sub: 'me' });
    expect(claims).not.toHaveProperty('scope');
    const { exp = 0, iat = 0 } = /** @type {jwt.JwtPayload} */ (claims);
    expect(exp - iat).toBe(60);
  });

  test('--read is good for looking only', () => {
    const { stdout } = run(['--service', '--read'], { SERVICE_JWT_SECRET: secret });
    expect(jwt.verify(stdout.trim(), secret)).toMatchObject({ typ: 'service', scope: 'read' });
  });

  test('the secret is that of the settings, or of npm start; none is made', () => {
    const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'crossfade-token-'));
    expect(() => serviceSecret({}, dataDir)).toThrow(/^There is no secret to sign with/);
    expect(fs.readdirSync(dataDir)).toEqual([]);

    const secrets = { service: secret, user: 'u'.repeat(32) };
    fs.writeFileSync(path.join(dataDir, 'dev-secrets.json'), JSON.stringify(secrets));
    expect(serviceSecret({}, dataDir)).toBe(secret);
    expect(serviceSecret({ SERVICE_JWT_SECRET: 'mine' }, dataDir)).toBe('mine');
    fs.rmSync(dataDir, { recursive: true });
  });
});

test.each([
  [[], 'Say which kind of token'],
  [['--service', '--lifetime=0'], '--lifetime is a number'],
  [['--service', '--lifetime=99999'], '--lifetime is a number'],
  [['--service', '--scope=read'], 'Unknown argument --scope=read'],
])('%j is refused', (args, message) => {
  expect(() => parseTokenArguments(args)).toThrow(message);
});
