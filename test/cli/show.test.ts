/** `show` by an abbreviated id or key or by a name, and names that resemble escaped characters. */
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { cli } from '../support/cli.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { nativeRows, nativeSql } from '../support/tables.ts';

// These tests run processes one after the other, on machines that are busy with other work.
vi.setConfig({ testTimeout: 180_000 });

async function withOne(use: (path: string, id: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('one.sqlite', join(folder, 'one.sqlite'));
    const [{ id } = {}] = nativeRows(path, 'SELECT id FROM volumes');
    await use(path, String(id));
  });
}

test('show accepts the beginning of an id, a name, or the beginning of a key', async () => {
  await withOne(async (path, id) => {
    nativeSql(
      path,
      "UPDATE volumes SET display_name = 'by name'; INSERT INTO cinderlib_persistence_key_value VALUES ('a key', 'v')",
    );
    const whole = await cli(['show', path, id]);
    expect(whole).toMatchObject({ code: 0 });
    expect(await cli(['show', path, id.slice(0, 6)])).toEqual(whole);
    expect(await cli(['show', path, 'by name'])).toEqual(whole);
    expect(await cli(['show', path, 'a k'])).toMatchObject({ code: 0, out: 'class\tKeyValue\nkey\ta key\nvalue\tv\n' });
    expect(await cli(['show', path, 'by nam'])).toMatchObject({ code: 4, out: '' });
  });
});

test('show lists the candidates for an ambiguous key, and prefers an exact match', async () => {
  await withOne(async (path) => {
    nativeSql(
      path,
      "INSERT INTO cinderlib_persistence_key_value VALUES ('twin', '0'), ('twin 1', '1'), ('twin 2', '2')",
    );
    const ran = await cli(['show', path, 'twi', '--json']);
    expect(ran).toMatchObject({ code: 4, out: '' });
    expect(JSON.parse(ran.err)).toEqual({
      error: {
        name: 'Ambiguous',
        code: 'AMBIGUOUS',
        message: '"twi" matches 3 objects:\n  key-value twin\n  key-value twin 1\n  key-value twin 2',
      },
    });
    expect(await cli(['show', path, 'twin'])).toMatchObject({ code: 0, out: 'class\tKeyValue\nkey\ttwin\nvalue\t0\n' });
  });
});

test('show reports what it does not find as other errors are reported', async () => {
  await withOne(async (path) => {
    nativeSql(path, "INSERT INTO cinderlib_persistence_key_value VALUES ('twin 1', '1'), ('twin 2', '2')");
    const missing = 'error: No volume, snapshot, connection or key-value matches "nobody".\n';
    expect(await cli(['show', path, 'nobody'])).toEqual({ code: 4, out: '', err: missing });
    const { err } = await cli(['show', path, 'twin'], { env: { FORCE_COLOR: '1' } });
    expect(err).toBe('\u001b[31merror:\u001b[39m "twin" matches 2 objects:\n  key-value twin 1\n  key-value twin 2\n');
  });
});

test('a backslash in a name is printed differently from an escaped character', async () => {
  await withOne(async (path, id) => {
    nativeSql(path, "UPDATE volumes SET display_name = 'back\\slash' || char(10)");
    const { out } = await cli(['ls', path]);
    expect(out.split('\n')[1]?.split('\t').slice(0, 2)).toEqual([id, 'back\\\\slash\\n']);
    expect((await cli(['show', path, id])).out).toContain('\ndisplay_name\tback\\\\slash\\n\n');
  });
});

test.each([
  ['missing', "DELETE FROM volumes WHERE id = 'gone'"],
  ['marked as deleted', "UPDATE volumes SET deleted = 1 WHERE id = 'gone'"],
])('ls and show find a connection whose volume is %s, without its backend', async (_what, sql) => {
  await withOne(async (path, id) => {
    const connector = '{"host": "node-1"}';
    nativeSql(
      path,
      `UPDATE volumes SET id = 'gone' WHERE id = '${id}'; ${sql};
      INSERT INTO volume_attachment (deleted, id, volume_id, connector) VALUES (0, 'lost', 'gone', '${connector}')`,
    );
    const { out: listed } = await cli(['ls', path, 'connections', '--volume', 'gone']);
    expect(listed.split('\n').slice(1)).toEqual(['lost\tgone\t\tnode-1\tfalse', '']);
    const { code, out } = await cli(['show', path, 'lost']);
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual(expect.arrayContaining(['class\tConnection', 'volume_id\tgone']));
    expect(out).not.toContain('backend');
    expect(await cli(['show', path, 'los'])).toEqual({ code, out, err: '' });
    const shown: unknown = JSON.parse((await cli(['show', path, 'lost', '--json'])).out);
    const data = { id: 'lost', volume_id: 'gone', connector: { host: 'node-1' } };
    const ovo = { 'versioned_object.data': data };
    expect(shown).toMatchObject({ class: 'Connection', backend: null, ovo });
  });
});
