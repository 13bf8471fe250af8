/** The errors for what servers and networks report, for cases that no other test can provoke. */
import { describe, expect, test } from 'vitest';
import { mysqlFault } from '../../../src/sql/engines/servers/mysql-errors.ts';
import { howToInstall, optionalPackage } from '../../../src/sql/engines/servers/optional-package.ts';
import { postgresFault } from '../../../src/sql/engines/servers/postgres-errors.ts';
import { serverOf } from '../../../src/urls/server-url.ts';

const config = { ...serverOf('mysql://u:secret@h/d'), lock_timeout: 100 };

interface Said {
  readonly code?: string;
  readonly errno?: number;
  readonly message?: string;
}

const say = (said: Said): Error => Object.assign(new Error(said.message ?? 'said'), said);

/** The numbers are from the references of MariaDB and MySQL. */
describe('mysqlFault()', () => {
  const faultOf = (said: Said, sql: string | null = 'INSERT') => mysqlFault(say(said), sql, config, 300);

  test.each([
    [{ errno: 1213 }, 'conflict', 'DatabaseLocked'],
    [{ errno: 1205 }, 'refused', 'DatabaseLocked'],
    [{ errno: 1969 }, 'timeout', 'DatabaseError'],
    [{ errno: 3024 }, 'timeout', 'DatabaseError'],
    [{ errno: 1062 }, 'duplicate', 'DuplicateEntry'],
    [{ errno: 1452 }, 'refused', 'MissingReference'],
    [{ errno: 1406 }, 'refused', 'ValueError'],
    [{ errno: 1142 }, 'refused', 'AccessDenied'],
    [{ errno: 1290 }, 'refused', 'ReadOnly'],
    [{ errno: 1021 }, 'refused', 'StorageFailure'],
    [{ errno: 1114 }, 'refused', 'StorageFailure'],
    [{ errno: 1030, message: 'Got error 28 from storage engine' }, 'refused', 'StorageFailure'],
    [{ errno: 1030, message: 'Got error 168 from storage engine' }, 'refused', 'DatabaseError'],
    [{ errno: 1040 }, 'lost', 'DatabaseUnavailable'],
    [{ errno: 1047 }, 'lost', 'DatabaseUnavailable'],
    [{ errno: 1927 }, 'lost', 'DatabaseUnavailable'],
    [{ errno: 4031 }, 'lost', 'DatabaseUnavailable'],
    [{ errno: 1045 }, 'refused', 'AccessDenied'],
    [{ errno: 3159 }, 'refused', 'AccessDenied'],
    [{ code: 'PROTOCOL_CONNECTION_LOST' }, 'lost', 'DatabaseUnavailable'],
    [{ code: 'ECONNRESET' }, 'lost', 'DatabaseUnavailable'],
    [{ code: 'ENOTFOUND' }, 'lost', 'DatabaseUnavailable'],
    [{ errno: 1064 }, 'refused', 'DatabaseError'],
  ])('%j is %s, %s', (said, kind, name) => {
    expect(faultOf(said)).toMatchObject({ kind, error: { name } });
  });

  test('a full disk has the errno ENOSPC', () => {
    expect(faultOf({ errno: 1021 }).error).toMatchObject({ errno: 'ENOSPC', path: 'mysql://u@h/d' });
  });
});

/** The codes are from appendix A of PostgreSQL's documentation. */
describe('postgresFault()', () => {
  const faultOf = (said: Said, sql: string | null = 'INSERT') => postgresFault(say(said), sql, config, 300);

  test.each([
    [{ code: '40001' }, 'conflict', 'DatabaseLocked'],
    [{ code: '40P01' }, 'conflict', 'DatabaseLocked'],
    [{ code: '55P03' }, 'refused', 'DatabaseLocked'],
    [{ code: '57014' }, 'timeout', 'DatabaseError'],
    [{ code: '57014', message: 'canceling statement due to user request' }, 'refused', 'DatabaseError'],
    [{ code: '23505' }, 'duplicate', 'DuplicateEntry'],
    [{ code: '23503' }, 'refused', 'MissingReference'],
    [{ code: '22001' }, 'refused', 'ValueError'],
    [{ code: '42501' }, 'refused', 'AccessDenied'],
    [{ code: '25006' }, 'refused', 'ReadOnly'],
    [{ code: '53100' }, 'refused', 'StorageFailure'],
    [{ code: '53300' }, 'lost', 'DatabaseUnavailable'],
    [{ code: '57P01' }, 'lost', 'DatabaseUnavailable'],
    [{ code: '25P03' }, 'lost', 'DatabaseUnavailable'],
    [{ code: '25P04' }, 'lost', 'DatabaseUnavailable'],
    [{ code: '28000' }, 'refused', 'AccessDenied'],
    [{ code: '57P03' }, 'lost', 'DatabaseUnavailable'],
    [{ code: '08006' }, 'lost', 'DatabaseUnavailable'],
    [{ message: 'Connection terminated unexpectedly' }, 'lost', 'DatabaseUnavailable'],
    [{ code: 'ECONNREFUSED' }, 'lost', 'DatabaseUnavailable'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'lost', 'DatabaseUnavailable'],
    [{ code: 'XX000' }, 'refused', 'DatabaseError'],
    [{ code: '42601' }, 'refused', 'DatabaseError'],
  ])('%j is %s, %s', (said, kind, name) => {
    expect(faultOf(said)).toMatchObject({ kind, error: { name } });
  });

  test('a name that Deno may not resolve is named, with the flag that allows it', () => {
    // Deno's own words, for a host other than the one that --allow-net names.
    const { error } = faultOf({ code: 'EPERM', message: 'getaddrinfo EPERM db.example' }, null);
    expect(error).toMatchObject({ name: 'DatabaseUnavailable' });
    expect(error?.message).toMatch(
      /getaddrinfo EPERM db\.example\. On Deno, allow its name: --allow-net=db\.example\.$/,
    );
  });

  test("details of the package's error are dropped, since they may contain a whole row", () => {
    const { error } = faultOf({ code: '23514', ...{ detail: 'Failing row contains (secret)' } });
    expect(JSON.stringify([error.message, error.cause, { ...(error.cause as object) }])).not.toContain('secret');
  });
});

test('the error for a missing package gives the command that installs it', async () => {
  const failure = optionalPackage('no-such-driver', '3');
  await expect(failure).rejects.toMatchObject({ name: 'PackageMissing', package_name: 'no-such-driver' });
  await expect(failure).rejects.toThrow('npm install no-such-driver@3');
});

test.each([
  ['file:///home/me/project/node_modules/cinderlib-wasm/dist/core-node.js', ': npm install pg@8'],
  ['file:///home/ann/.npm/_npx/87b0d3dc34a62211/node_modules/cinderlib-wasm/dist/core-node.js', 'cinderlib-wasm pg@8'],
  ['file:///tmp/bunx-0-cinderlib-wasm@latest/node_modules/cinderlib-wasm/dist/core-node.js', 'cinderlib-wasm pg@8'],
  ['file:///home/ann/.cache/pnpm/dlx/ab12/19-1/node_modules/cinderlib-wasm/dist/core-node.js', 'cinderlib-wasm pg@8'],
  ['file:///home/ann/.cache/deno/npm/registry.example/cinderlib-wasm/0.1.0/dist/core-node.js', ': deno add npm:pg@8'],
])('the suggested command installs the package where the library finds it: %s', (address, command) => {
  expect(howToInstall('pg@8', address)).toContain(command);
});
