/**
 * Checks that a server's certificate is for the IP address in the URL.
 *
 * `mysql2` compares certificates only with names: for an address it would accept a certificate of `localhost` and
 * refuse one of the address. So the address is compared here, after the certificate itself was verified and before
 * the user's password is sent.
 */
import { DatabaseUnavailable } from '../../../errors/index.ts';
import { builtin } from '../../../runtime.ts';

/** The parts of the package's connection that its types do not declare. */
interface Handshake {
  startTLS?: (onSecure: (error?: Error) => void) => void;
  readonly stream: Pick<import('node:tls').TLSSocket, 'getPeerCertificate'>;
}

/** Whether a host is an IP address, which `mysql2` cannot compare certificates with. */
export function isAddress(host: string | null): host is string {
  return host !== null && builtin('node:net')?.isIP(host) !== 0;
}

/**
 * Makes a connection that has only just begun compare the certificate with an address.
 *
 * @throws {DatabaseUnavailable} when the package no longer has the method that this hooks into
 */
export function checkAddress(connection: object, address: string): void {
  const handshake = connection as Handshake;
  const { startTLS } = handshake;
  const check = builtin('node:tls')?.checkServerIdentity;
  if (startTLS === undefined || check === undefined) {
    const advice = "Use the server's name in the URL, or ssl_check_hostname=false.";
    throw new DatabaseUnavailable(
      `The certificate of ${address} cannot be checked against an IP address here. ${advice}`,
      address,
    );
  }
  handshake.startTLS = (onSecure) => {
    startTLS.call(handshake, (error) => onSecure(error ?? check(address, handshake.stream.getPeerCertificate(true))));
  };
}
