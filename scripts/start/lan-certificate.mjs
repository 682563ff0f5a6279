/**
 * A certificate for phones on the local network. Browsers give camera and microphone only to pages that came over
 * HTTPS, and nobody signs a certificate for 192.168.1.5, so this machine does it itself.
 */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** iOS refuses certificates that are valid for longer than 825 days. */
const VALID_DAYS = 365;
const RENEW_BEFORE_MS = 7 * 24 * 3600 * 1000;

/**
 * @param {object} options
 * @param {string} options.folder
 * @param {readonly string[]} options.addresses The one that is announced first.
 * @param {Date} [options.now]
 * @returns {Promise<{ certFile: string, keyFile: string }>}
 */
export async function lanCertificate({ folder, addresses, now = new Date() }) {
  const certFile = path.join(folder, 'certificate.pem');
  const keyFile = path.join(folder, 'key.pem');
  if (isUsable(certFile, keyFile, addresses, now)) return { certFile, keyFile };

  // From the npm registry, so only there after the packages were installed.
  const { generate } = (await import('selfsigned')).default;
  const notAfterDate = new Date(now);
  notAfterDate.setDate(notAfterDate.getDate() + VALID_DAYS);
  const made = await generate([{ name: 'commonName', value: 'Crossfade on this network' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: now,
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          ...['127.0.0.1', ...addresses].map((ip) => ({ type: /** @type {const} */ (7), ip })),
        ],
      },
    ],
  });

  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Removed first: a mode is only given to a file that is new.
  fs.rmSync(keyFile, { force: true });
  fs.writeFileSync(keyFile, made.private, { mode: 0o600 });
  fs.writeFileSync(certFile, made.cert);

  return { certFile, keyFile };
}

/**
 * @param {string} certFile
 * @param {string} keyFile
 * @param {readonly string[]} addresses
 * @param {Date} now
 */
function isUsable(certFile, keyFile, addresses, now) {
  try {
    const certificate = new X509Certificate(fs.readFileSync(certFile));
    const key = createPrivateKey(fs.readFileSync(keyFile));

    return (
      certificate.checkPrivateKey(key) &&
      addresses.every((address) => certificate.checkIP(address) !== undefined) &&
      Date.parse(certificate.validFrom) <= now.getTime() &&
      Date.parse(certificate.validTo) - RENEW_BEFORE_MS > now.getTime()
    );
  } catch {
    // Not there, or damaged.
    return false;
  }
}
