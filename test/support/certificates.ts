/** Creates test certificates and a certificate authority with `openssl`; without it, only tells their paths. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { missingProgram } from './native-programs.ts';

/** The paths of a certificate and its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Creates a certificate authority that nobody trusts by default. */
export function newAuthority(folder: string, name: string): Certificate {
  return newCertificate(folder, name, name, []);
}

/**
 * Creates a certificate for a server or user, signed by that authority. An existing key is reused for a new
 * certificate.
 *
 * @param names the subject alternative names, in OpenSSL's syntax
 */
export function signedBy(authority: Certificate, folder: string, name: string, names?: string): Certificate {
  const signed = ['-CA', authority.cert, '-CAkey', authority.key, '-addext', 'basicConstraints=critical,CA:FALSE'];
  // Without alternative names, the common name is matched as well.
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
  if (missingProgram('openssl') === null) execFileSync('openssl', parameters, { stdio: 'pipe' });
  return { cert, key };
}
