/** The secrets that tokens are signed with, for those who have not set any. They are made once and never shown. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { UserError } from '../../tools/user-error.mjs';

const SECRET_BYTES = 48;

/**
 * @param {string} dataDir
 * @returns {{ service: string, user: string }}
 */
export function devSecrets(dataDir) {
  const file = path.join(dataDir, 'dev-secrets.json');

  try {
    makeFolder(dataDir);
    if (!fs.existsSync(file)) create(file);
    return read(file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new UserError(
      `${dataDir}, where data is kept, cannot be used (${code}): set DATA_DIR to another folder.`,
    );
  }
}

/** @param {string} file */
function create(file) {
  const secret = () => randomBytes(SECRET_BYTES).toString('base64url');
  const scratch = `${file}.${process.pid}`;
  fs.writeFileSync(scratch, `${JSON.stringify({ service: secret(), user: secret() }, null, 2)}\n`, {
    mode: 0o600,
  });
  // In one step, so that a second process never reads half of it.
  fs.renameSync(scratch, file);
}

/** @param {string} file */
function read(file) {
  /** @type {unknown} */
  let content;
  try {
    content = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const { service, user } = /** @type {Record<string, unknown>} */ (content ?? {});
  if (typeof service !== 'string' || typeof user !== 'string') {
    throw new UserError(
      `${file} is damaged: delete it, and new secrets are made (everyone has to sign in again).`,
    );
  }
  return { service, user };
}

/**
 * Not `mkdirSync(…, { recursive: true })`: where a folder cannot be made for a strange reason (below /proc), Node 20 tries
 * for ever.
 *
 * @param {string} folder
 */
function makeFolder(folder) {
  if (fs.existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  fs.mkdirSync(folder);
}
