/** What the readers of a URL's options are made of. */
import { InvalidUrl } from '../errors/index.ts';
import type { ServerConfig } from '../rpc/contract.ts';

/** What one option of a URL comes to. Throws an {@link InvalidUrl} without the URL for a value that it cannot take. */
export type OptionReader = (value: string) => Partial<ServerUrl>;
export type OptionReaders = Readonly<Record<string, OptionReader>>;

/** The part of a {@link ServerConfig} that is in the URL. */
export type ServerUrl = Omit<ServerConfig, 'lock_timeout' | 'name'>;

/** The truth of a text as SQLAlchemy reads it. */
export function flag(value: string): boolean {
  if (/^(true|yes|on|y|t|1)$/i.test(value)) return true;
  if (/^(false|no|off|n|f|0)$/i.test(value)) return false;
  throw new InvalidUrl(`is to be true or false, not ${JSON.stringify(value)}`);
}

/** A number of seconds, as milliseconds; 0 is no limit. */
export function seconds(value: string): number {
  if (/^\d{1,6}(\.\d+)?$/.test(value)) return Number(value) * 1000;
  throw new InvalidUrl(`is to be a number of seconds, not ${JSON.stringify(value)}`);
}

export function port(value: string): Partial<ServerUrl> {
  if (/^\d{1,5}$/.test(value)) return { port: Number(value) };
  throw new InvalidUrl(`is to be one number, not ${JSON.stringify(value)}`);
}

/** Options that change nothing here, as long as they have one of these values. */
export function idle(...allowed: readonly string[]): OptionReader {
  return (value) => {
    if (allowed.includes(value.toLowerCase())) return {};
    throw new InvalidUrl(`cannot be ${JSON.stringify(value)} here, but ${allowed.join(' or ')}`);
  };
}

/** A setting of TLS alone. */
export function tls(settings: Partial<ServerConfig['tls']>): Partial<ServerUrl> {
  return { tls: { ...settings } as ServerConfig['tls'] };
}
