/**
 * Whether a server's certificate is that of the address in the URL.
 *
 * `mysql2` compares certificates with names alone; where the URL has an address it would take one of `localhost` for
 * the right one, and refuse those of the address. So the address is compared here: after the certificate itself was
 * checked, and before the user's password is sent.
 */
import { DatabaseUnavailable } from '../../errors/index.ts';
import { builtin } from '../../runtime.ts';

/** The parts of the package's connection that its types do not show. */
interface Handshake {
  startTLS?: (onSecure: (error?: Error) => void) => void;
  readonly stream: Pick<import('node:tls').TLSSocket, 'getPeerCertificate'>;
}

/** Whether a host is an address, and so nothing that `mysql2` compares certificates with. */
export function isAddress(host: string | null): host is string {
  return host !== null && builtin('node:net')?.isIP(host) !== 0;
}

/**
 * Makes a connection that has just begun compare the certificate with an address.
 *
 * @throws {DatabaseUnavailable} when the package no longer has the place where that is done
 */
export function checkAddress(connection: object, address: string): void {
  const handshake = connection as Handshake;
  const { startTLS } = handshake;
  const check = builtin('node:tls')?.checkServerIdentity;
  if (startTLS === undefined || check === undefined) {
    const advice = 'Use the name of the server in the URL, or ssl_check_hostname=false.';
    throw new DatabaseUnavailable(
      `The certificate of ${address} cannot be compared with an address here. ${advice}`,
      address,
    );
  }
  handshake.startTLS = (onSecure) => {
    startTLS.call(handshake, (error) => onSecure(error ?? check(address, handshake.stream.getPeerCertificate(true))));
  };
}
