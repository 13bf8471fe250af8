/** TLS as the URL requests it, on servers that require it: whom the client trusts, and how it identifies itself. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';
import { afterAll, describe, expect, test } from 'vitest';
import { newAuthority, signedBy } from '../support/certificates.ts';
import { startProgram } from '../support/program.ts';
import { bun, deno } from '../support/runtimes.ts';
import { serverKinds, useProgram, useServer } from '../support/server-tests.ts';

// Created before the servers start, which is before the first test.
const folder = mkdtempSync(join(tmpdir(), 'tls-'));
chmodSync(folder, 0o755); // The servers have users of their own.
const authority = newAuthority(folder, 'authority');
const stranger = newAuthority(folder, 'stranger');
const certified = signedBy(authority, folder, 'certified');
afterAll(() => rmSync(folder, { recursive: true }));

const program = useProgram(new URL('./programs/open.ts', import.meta.url));

/** The options of the URL for each kind of TLS, in the words of each server. */
const wishes = {
  mysql: {
    plain: '',
    encrypted: 'ssl=true',
    checked: (ca: string) => `ssl_ca=${ca}&ssl_check_hostname=false`,
    named: (ca: string) => `ssl_ca=${ca}`,
    unknown: 'ssl_mode=VERIFY_IDENTITY',
    certified: `ssl_cert=${certified.cert}&ssl_key=${certified.key}`,
  },
  postgresql: {
    plain: 'sslmode=disable',
    encrypted: 'sslmode=require',
    checked: (ca: string) => `sslmode=verify-ca&sslrootcert=${ca}`,
    named: (ca: string) => `sslmode=verify-full&sslrootcert=${ca}`,
    unknown: 'sslmode=verify-full',
    certified: `sslcert=${certified.cert}&sslkey=${certified.key}`,
  },
} as const;

describe.each(serverKinds)('%s', (kind) => {
  const place = join(folder, kind);
  mkdirSync(place);
  const server = useServer(kind, { tls: { authority, own: signedBy(authority, place, 'localhost') } });
  const wish = wishes[kind];
  let database = '';

  /** Opens the one database of these tests, at the given host name. */
  async function open(options: string, host = 'localhost', user?: string): Promise<string | null> {
    if (database === '') database = await server.running.createDatabase();
    const url = new URL(database);
    url.hostname = host;
    if (user !== undefined) url.username = user;
    const cl = await setup({ persistence_config: { storage: 'db', connection: `${url.href}?${options}` } });
    try {
      // Over several connections, the later of which resume the TLS session of the first.
      await Promise.all([1, 2, 3].map(() => cl.persistence.getVolumes()));
      return (await cl.info()).revision;
    } finally {
      await cl.close();
    }
  }

  test('a server with the right authority and name is accepted', async (context) => {
    server.require(context);
    expect(await open(wish.named(authority.cert))).toBe('c92a3e68beed');
  });

  test.for([
    ['another authority', wish.named(stranger.cert), 'localhost'],
    ['another authority, without a check of the name', wish.checked(stranger.cert), 'localhost'],
    ['an unknown authority', wish.unknown, 'localhost'],
    ['another name', wish.named(authority.cert), '127.0.0.1'],
  ] as const)('the certificate of the server is refused: %s', async ([, options, host], context) => {
    server.require(context);
    const failure = open(options, host);
    await expect(failure).rejects.toMatchObject({ name: 'DatabaseUnavailable' });
    await expect(failure).rejects.toThrow(/certificate|altnames/i);
    await expect(failure).rejects.toThrow('Look at the options of the URL for TLS');
  });

  test('the name does not matter if only the authority is verified', async (context) => {
    server.require(context);
    expect(await open(wish.checked(authority.cert), '127.0.0.1')).toBe('c92a3e68beed');
  });

  test('an unverified server is accepted if the URL asks for encryption alone', async (context) => {
    server.require(context);
    expect(await open(wish.encrypted, '127.0.0.1')).toBe('c92a3e68beed');
  });

  test('a missing certificate file is refused by name', async (context) => {
    server.require(context);
    const failure = open(wish.named(join(folder, 'nowhere.pem')));
    await expect(failure).rejects.toMatchObject({ name: 'InvalidUrl' });
    await expect(failure).rejects.toThrow('nowhere.pem');
  });

  test('a certificate file without a certificate is refused', async (context) => {
    server.require(context);
    const failure = open(wish.named(authority.key));
    await expect(failure).rejects.toMatchObject({ name: 'DatabaseUnavailable' });
    await expect(failure).rejects.toThrow('Look at the options of the URL for TLS');
  });

  test('a connection without TLS is refused by the server', async (context) => {
    server.require(context);
    const failure = open(wish.plain);
    await expect(failure).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(failure).rejects.toThrow(/TLS/);
  });

  test('a server that requires client certificates accepts a user only with one', async (context) => {
    server.require(context);
    await open(wish.encrypted);
    server.running.sql(
      kind === 'mysql'
        ? `CREATE USER certified@'%' REQUIRE X509; GRANT ALL ON *.* TO certified@'%'`
        : 'CREATE ROLE certified LOGIN SUPERUSER',
    );
    const trusted = `${wish.named(authority.cert)}&`;
    expect(await open(trusted + wish.certified, 'localhost', 'certified')).toBe('c92a3e68beed');
    await expect(open(trusted, 'localhost', 'certified')).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test.for([deno, bun])(
    'on $name, trusted servers are accepted and others refused',
    async ({ command, missing }, context) => {
      server.require(context);
      if (command === null) return context.skip(missing);
      await open(wish.encrypted);
      const ways = [
        ['localhost', wish.named(authority.cert), null],
        ['localhost', wish.named(stranger.cert), 'self.signed certificate'],
        ['127.0.0.1', wish.named(authority.cert), 'altnames'],
      ] as const;
      for (const [host, options, refusal] of ways) {
        const url = new URL(`${database}?${options}`);
        url.hostname = host;
        const { errors } = await startProgram([...command, program.path, url.href]).ended;
        expect(errors).toMatch(refusal === null ? /^$/ : new RegExp(`DatabaseUnavailable.*${refusal}`));
      }
    },
  );

  test('a certificate for the IP address is accepted for that address, and not for the name', async (context) => {
    server.require(context);
    signedBy(authority, place, 'localhost', 'IP:127.0.0.1');
    server.running.sql(kind === 'mysql' ? 'FLUSH SSL' : 'SELECT pg_reload_conf()');
    await expect.poll(() => open(wish.named(authority.cert), '127.0.0.1').catch(String)).toBe('c92a3e68beed');
    await expect(open(wish.named(authority.cert))).rejects.toThrow(/certificate|altnames/i);
    signedBy(authority, place, 'localhost');
    server.running.sql(kind === 'mysql' ? 'FLUSH SSL' : 'SELECT pg_reload_conf()');
    await expect.poll(() => open(wish.named(authority.cert)).catch(String)).toBe('c92a3e68beed');
  });

  if (kind === 'postgresql') {
    test.for(['', 'sslmode=prefer', 'sslmode=allow'])(
      'a server with TLS is reached with the options %j',
      async (options, context) => {
        server.require(context);
        expect(await open(options)).toBe('c92a3e68beed');
      },
    );
  }
});
