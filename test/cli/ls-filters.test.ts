/** `ls` with filters, which match what it shows in a column. */
import { expect, test, vi } from 'vitest';
import { cli, parsed } from '../support/cli.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { nativeRows, nativeSql } from '../support/tables.ts';

// These tests run processes one after the other, on machines that are busy with other work.
vi.setConfig({ testTimeout: 180_000 });

const [ties, rich] = ['test/golden/ties.sqlite', 'test/golden/rich.sqlite'];
const listed = async (...parameters: readonly string[]): Promise<unknown> =>
  (parsed(await cli(['ls', ...parameters, '--json'])) as { id: string }[]).map(({ id }) => ({ id })).sort(byId);
const byId = (one: { id: unknown }, other: { id: unknown }): number => (String(one.id) < String(other.id) ? -1 : 1);

test('ls --backend lists the volumes of exactly that backend, with and without pools', async () => {
  // To the getters of databases, b_1 is a pattern that bx1 matches too, and a host without a pool has no backend.
  const hosts = "host GLOB '*@b_1' OR host GLOB '*@b_1#*'";
  const rows = nativeRows(ties, `SELECT id FROM volumes WHERE NOT deleted AND (${hosts}) ORDER BY id`);
  expect(rows.length).toBe(14);
  expect(await listed(ties, '--backend', 'b_1')).toEqual(rows);
  const [{ display_name: name } = {}] = nativeRows(ties, `SELECT display_name FROM volumes WHERE ${hosts} LIMIT 1`);
  const both = `SELECT id FROM volumes WHERE NOT deleted AND (${hosts}) AND display_name = '${name}' ORDER BY id`;
  expect(await listed(ties, 'volumes', '--name', String(name), '--backend', 'b_1')).toEqual(nativeRows(ties, both));
});

test('ls --name and --volume apply to snapshots, and --volume to connections', async () => {
  const named = nativeRows(
    rich,
    "SELECT id FROM snapshots WHERE NOT deleted AND display_name = 'bad snap' ORDER BY id",
  );
  expect(named.length).toBe(2);
  expect(await listed(rich, 'snapshots', '--name', 'bad snap')).toEqual(named);
  for (const [kind, table] of [
    ['snapshots', 'snapshots'],
    ['connections', 'volume_attachment'],
  ] as const) {
    const most = `SELECT volume_id FROM ${table} WHERE NOT deleted GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`;
    const rows = nativeRows(rich, `SELECT id FROM ${table} WHERE NOT deleted AND volume_id = (${most}) ORDER BY id`);
    expect(rows.length).toBeGreaterThan(1);
    const [{ volume_id } = {}] = nativeRows(rich, most);
    expect(await listed(rich, kind, '--volume', String(volume_id))).toEqual(rows);
  }
  const [volume] = nativeRows(rich, 'SELECT id FROM volumes LIMIT 1');
  expect(await listed(rich, '--volume', String(volume?.['id']))).toEqual([volume]);
});

test('ls refuses a filter that does not apply, and lists nothing if nothing matches', async () => {
  expect(await cli(['ls', rich, 'snapshots', '--backend', 'nfs-01'])).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('error: --backend does not apply to snapshots'),
  });
  const nothing = await cli(['ls', rich, '--name', 'nobody']);
  expect(nothing).toEqual({ code: 0, out: 'id\tname\tsize\tstatus\tbackend\ttype\n', err: '' });
});

test('ls says on stderr that a filter names no volume or backend, which an empty list does not tell', async () => {
  const [volume] = nativeRows(rich, 'SELECT id FROM volumes LIMIT 1');
  const id = String(volume?.['id']);
  for (const [given, note] of [
    [
      ['snapshots', '--volume', id.slice(0, 8)],
      `note: no volume has the id ${id.slice(0, 8)}; --volume takes a whole id.\n`,
    ],
    [['--volume', 'nobody', '--name', 'x'], 'note: no volume has the id nobody; --volume takes a whole id.\n'],
    [['--backend', 'nfs'], 'note: no volume is on a backend nfs; cinderlib ls URL backends lists them.\n'],
    [['--backend', 'nfs-01', '--name', 'nobody'], ''],
    [['--volume', id, '--name', 'nobody'], ''],
    [['snapshots', '--volume', ''], 'note: no volume has the id ; --volume takes a whole id.\n'],
  ] as const) {
    const listed = await cli(['ls', rich, ...given]);
    expect.soft(listed, given.join(' ')).toMatchObject({ code: 0, err: note });
    expect.soft(listed.out.split('\n')).toHaveLength(2);
  }
  expect(await cli(['ls', rich, '--backend', 'nfs', '--json'])).toEqual({ code: 0, out: '[]\n', err: '' });
});

test('ls lists nothing, without a note, where the volume of a filter cannot be read', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('rich.sqlite', `${folder}/cl.sqlite`);
    const live = 'NOT deleted AND volume_id NOT IN (SELECT volume_id FROM snapshots WHERE NOT deleted)';
    const [connection] = nativeRows(path, `SELECT id, volume_id FROM volume_attachment WHERE ${live} LIMIT 1`);
    expect(connection).toBeDefined();
    nativeSql(path, `UPDATE volume_attachment SET connection_info = '{' WHERE id = '${connection?.['id']}'`);
    const nothing = await cli(['ls', path, 'snapshots', '--volume', String(connection?.['volume_id'])]);
    expect(nothing).toMatchObject({ code: 0, err: '' });
  });
});
