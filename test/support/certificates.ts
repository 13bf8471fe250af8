/** Certificates for tests: an authority of our own, and what it signs. Made by `openssl`, which a fresh machine has. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The paths of a certificate and of its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority that nobody has heard of. */
export function newAuthority(folder: string, name: string): Certificate {
  return newCertificate(folder, name, name, []);
}

/**
 * A certificate of that authority, of a machine or a user: another one of the same key where there is one already.
 *
 * @param names whose it is, in the words of OpenSSL
 */
export function signedBy(authority: Certificate, folder: string, name: string, names?: string): Certificate {
  const signed = ['-CA', authority.cert, '-CAkey', authority.key, '-addext', 'basicConstraints=critical,CA:FALSE'];
  // Where no other name is listed the common one counts too.
  return newCertificate(folder, name, names === undefined ? name : 'a machine', [
    ...signed,
    '-addext',
    `subjectAltName=${names ?? `DNS:${name}`}`,
  ]);
}

function newCertificate(folder: string, name: string, commonName: string, options: readonly string[]): Certificate {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const withKey = existsSync(key) ? ['-key', key] : [...newKey, '-keyout', key];
  const parameters = ['req', '-x509', '-days', '2', ...withKey, '-subj', `/CN=${commonName}`, ...options, '-out', cert];
  execFileSync('openssl', parameters, { stdio: 'pipe' });
  return { cert, key };
}
