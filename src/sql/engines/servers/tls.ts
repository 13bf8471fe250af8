/** The TLS settings of a URL as Node's `tls` module takes them. */
import { InvalidUrl } from '../../../errors/index.ts';
import type { ServerConfig, TlsMode } from '../../../rpc/contract.ts';
import { builtin } from '../../../runtime.ts';

export interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity?: () => undefined;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly ciphers?: string;
  readonly minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
}

/** Connects with TLS, without it, or with whichever works; what worked once is tried first from then on. */
export class TlsAttempts {
  #order: readonly boolean[];

  constructor(mode: TlsMode | null) {
    if (mode === 'prefer') this.#order = [true, false];
    else if (mode === 'allow') this.#order = [false, true];
    else this.#order = [mode !== 'disable' && mode !== null];
  }

  /** @param wantsOther whether the error says that the other way may work */
  async connect<S>(attempt: (withTls: boolean) => Promise<S>, wantsOther: (error: unknown) => boolean): Promise<S> {
    const [first = false, second] = this.#order;
    try {
      return await attempt(first);
    } catch (error) {
      if (second === undefined || !wantsOther(error)) throw error;
      const session = await attempt(second);
      this.#order = [second, first];
      return session;
    }
  }
}

/** @throws {InvalidUrl} when a file cannot be read, or a TLS version is unknown */
export function tlsOptions({ mode, ca, cert, key, passphrase, ciphers, ...versions }: ServerConfig['tls']): TlsOptions {
  const [minVersion, maxVersion] = [versionOf(versions.min_version), versionOf(versions.max_version)];
  return {
    rejectUnauthorized: mode === 'verify-ca' || mode === 'verify-full',
    // Only `verify-full` compares the certificate with the host's name.
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    // `system`: the certificates that the runtime trusts anyway.
    ...(ca === null || ca === 'system' ? {} : { ca: content(ca) }),
    ...(cert === null ? {} : { cert: content(cert) }),
    ...(key === null ? {} : { key: content(key) }),
    ...(passphrase === null ? {} : { passphrase }),
    ...(ciphers === null ? {} : { ciphers }),
    ...(minVersion === null ? {} : { minVersion }),
    ...(maxVersion === null ? {} : { maxVersion }),
  };
}

function content(path: string): string {
  try {
    return builtin('node:fs')?.readFileSync(path, 'utf8') ?? '';
  } catch (cause) {
    throw new InvalidUrl(`The file ${path}, which the URL names for TLS, cannot be read.`, { cause });
  }
}

function versionOf(text: string | null): NonNullable<TlsOptions['minVersion']> | null {
  if (text === null) return null;
  switch (text.toLowerCase()) {
    case 'tlsv1':
      return 'TLSv1';
    case 'tlsv1.1':
      return 'TLSv1.1';
    case 'tlsv1.2':
      return 'TLSv1.2';
    case 'tlsv1.3':
      return 'TLSv1.3';
    default:
      throw new InvalidUrl(`${JSON.stringify(text)} is not a TLS version: use TLSv1.2 or TLSv1.3.`);
  }
}
