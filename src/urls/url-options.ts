/** Building blocks for the readers of URL options. */
import { InvalidUrl } from '../errors/index.ts';
import type { ServerConfig } from '../rpc/contract.ts';

/** Reads one option of a URL. Throws an {@link InvalidUrl} without the URL for a value that it cannot take. */
export type OptionReader = (value: string) => Partial<ServerUrl>;
export type OptionReaders = Readonly<Record<string, OptionReader>>;

/** The part of a {@link ServerConfig} that is in the URL. */
export type ServerUrl = Omit<ServerConfig, 'lock_timeout' | 'name'>;

/** A boolean as SQLAlchemy reads it. */
export function flag(value: string): boolean {
  if (/^(true|yes|on|y|t|1)$/i.test(value)) return true;
  if (/^(false|no|off|n|f|0)$/i.test(value)) return false;
  throw new InvalidUrl(`must be true or false, not ${JSON.stringify(value)}`);
}

/** A number of seconds, as milliseconds; 0 is no limit. */
export function seconds(value: string): number {
  if (/^\d{1,6}(\.\d+)?$/.test(value)) return Number(value) * 1000;
  throw new InvalidUrl(`must be a number of seconds, not ${JSON.stringify(value)}`);
}

export function port(value: string): Partial<ServerUrl> {
  if (/^\d{1,5}$/.test(value)) return { port: Number(value) };
  throw new InvalidUrl(`must be one number, not ${JSON.stringify(value)}`);
}

/** An option that has no effect here, allowed with these values only. */
export function idle(...allowed: readonly string[]): OptionReader {
  return (value) => {
    if (allowed.includes(value.toLowerCase())) return {};
    throw new InvalidUrl(`must be ${allowed.join(' or ')} here, not ${JSON.stringify(value)}`);
  };
}

/** TLS settings only. */
export function tls(settings: Partial<ServerConfig['tls']>): Partial<ServerUrl> {
  return { tls: { ...settings } as ServerConfig['tls'] };
}
