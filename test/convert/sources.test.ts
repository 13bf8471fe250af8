/** What is read from files: golden SQL dumps, JSON dumps, resources of ember-csi, and unsuitable files. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { decodeText, unpack } from '../../src/convert/decode.ts';
import { fileSource } from '../../src/convert/file-source.ts';
import type { Item } from '../../src/migrate/item.ts';
import type { Source } from '../../src/migrate/source.ts';
import { isSqlite } from '../../src/sqlite-header.ts';
import { goldenBytes } from '../support/golden.ts';
import { partialDump } from '../support/partial-dump.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const json = (value: unknown): Uint8Array => bytes(JSON.stringify(value));

async function itemsOf(source: Source): Promise<Item[]> {
  const all: Item[] = [];
  for await (const items of source.items()) all.push(...items);
  return all;
}
const named = async (source: Source): Promise<string[]> =>
  (await itemsOf(source)).map(({ kind, id }) => `${kind} ${id}`);

function envelope(name: string, data: Record<string, unknown>, version: string): Record<string, unknown> {
  return {
    'versioned_object.name': name,
    'versioned_object.namespace': 'cinder',
    'versioned_object.version': version,
    'versioned_object.data': data,
  };
}
const list = (name: string, objects: unknown[]): unknown => envelope(`${name}List`, { objects }, '1.0');
const backend = { volume_backend_name: 'lvm' };
const volume = (id: string, fields: Record<string, unknown> = {}): unknown => ({
  class: 'Volume',
  backend,
  ovo: envelope('Volume', { id, ...fields }, '1.9'),
});
const snapshot = (id: string, volume_id: string): Record<string, unknown> =>
  envelope('Snapshot', { id, volume_id, progress: 'lvm', metadata: {} }, '1.6');
const attachment = (id: string, volume_id: string): Record<string, unknown> =>
  envelope('VolumeAttachment', { id, volume_id }, '1.3');

describe('a JSON dump', () => {
  test('yields volumes first, then the objects nested in them', async () => {
    const family = volume('v', {
      snapshots: list('Snapshot', [snapshot('s', 'v')]),
      volume_attachment: envelope('VolumeAttachmentList', { objects: [attachment('c', 'v')] }, '1.1'),
    });
    const source = fileSource(json([family, { class: 'KeyValue', key: 'k', value: null }, volume('w')]));
    expect(await named(source)).toEqual(['volume v', 'volume w', 'connection c', 'snapshot s']);
    expect(await source.keyValues()).toEqual([{ key: 'k', value: null }]);
  });

  test('may be a single object', async () => {
    expect(await named(fileSource(json(volume('v'))))).toEqual(['volume v']);
  });

  test('prefers a top-level object to the same one nested in another', async () => {
    const inside = envelope('Volume', { id: 'v', display_name: 'inside' }, '1.9');
    const connection = { class: 'Connection', backend, ovo: attachment('c', 'v') };
    connection.ovo['versioned_object.data'] = { id: 'c', volume_id: 'v', volume: inside };
    for (const dump of [
      [connection, volume('v', { display_name: 'itself' })],
      [volume('v', { display_name: 'itself' }), connection],
    ]) {
      const items = await itemsOf(fileSource(json(dump)));
      expect(items.map(({ kind, ovo }) => [kind, ovo.get('display_name')])).toEqual([
        ['volume', 'itself'],
        ['connection', undefined],
      ]);
    }
  });

  test('may repeat an object, but not with a different content', async () => {
    const pair = (value: string | null) => ({ class: 'KeyValue', key: 'k', value });
    const same = fileSource(json([volume('v'), pair('1'), volume('w'), pair('1'), volume('v')]));
    expect(await named(same)).toEqual(['volume v', 'volume w']);
    expect(await same.keyValues()).toEqual([{ key: 'k', value: '1' }]);
    const message = /two different versions of/;
    expect(() => fileSource(json([volume('v', { size: 1 }), volume('v', { size: 2 })]))).toThrow(message);
    expect(() => fileSource(json([pair('1'), pair(null)]))).toThrow(message);
    const families = [volume('v'), volume('v', { snapshots: list('Snapshot', [snapshot('s', 'v')]) })];
    expect(await named(fileSource(json(families)))).toEqual(['volume v', 'snapshot s']);
  });

  test('is refused if an object has no id', () => {
    const unset = volume('');
    expect(() => fileSource(json([unset, unset]))).toThrow('A Volume in the dump has no id');
    const nameless = { class: 'Volume', backend, ovo: envelope('Volume', { size: 1 }, '1.9') };
    expect(() => fileSource(json(nameless))).toThrow('A Volume in the dump has no id');
  });

  test('is refused if its secrets are masked', () => {
    const masked = { masked: true, ...(volume('v') as object) };
    expect(() => fileSource(json([masked]))).toThrow(/masked in this dump of a 'Volume'.* --show-secrets/);
    const family = { class: 'Backend', backend, volumes: [masked] };
    expect(() => fileSource(json(family))).toThrow(/masked/);
    const pair = { masked: true, class: 'KeyValue', key: 'k', value: '***' };
    expect(() => fileSource(json([volume('v'), pair]))).toThrow(/masked/);
  });

  test('may hold asterisks as a real value', async () => {
    const stars = { masked: false, ...(volume('v', { provider_auth: '***' }) as object) };
    const [item] = await itemsOf(fileSource(json([stars])));
    expect(item?.ovo.get('provider_auth')).toBe('***');
  });

  test.each<[unknown, RegExp]>([
    [[{ class: 'Else', backend }], /no class 'Else'/],
    [{}, /neither a cinderlib dump/],
    [[1], /neither a cinderlib dump/],
    [[{ class: 'KeyValue', key: 1 }], /A KeyValue in a dump/],
    [[volume('v', { size: 'many' })], /invalid literal/],
  ])('is refused if it is %j', (value, message) => {
    expect(() => fileSource(json(value))).toThrow(message);
  });
});

describe('the output of kubectl', () => {
  const resource = (kind: string, name: string, annotations: unknown, apiVersion = 'ember-csi.io/v1'): unknown => ({
    apiVersion,
    kind,
    metadata: { name, annotations, labels: { volume_id: name } },
  });
  const text = (value: unknown): { json: string } => ({ json: JSON.stringify(value) });

  test('yields the objects in the annotations', async () => {
    const items = [
      resource('Snapshot', 's', text({ class: 'Snapshot', backend, ovo: snapshot('s', 'v') })),
      resource('Volume', 'v', text(volume('v'))),
      resource('Connection', 'c', text({ class: 'Connection', backend, ovo: attachment('c', 'v') })),
      resource('KeyValue', 'node-1', { value: '{"initiator": "iqn"}' }),
      resource('Pod', 'other', {}, 'v1'),
    ];
    const source = fileSource(json({ apiVersion: 'v1', kind: 'List', items }));
    expect(await named(source)).toEqual(['volume v', 'connection c', 'snapshot s']);
    expect(await source.keyValues()).toEqual([{ key: 'node-1', value: '{"initiator": "iqn"}' }]);
    expect(await source.leftOut()).toEqual([
      {
        kind: 'Pod',
        field: null,
        count: 1,
        ids: ['other'],
        why: 'a resource that ember-csi does not keep its data in',
      },
    ]);
  });

  test("may be of ember-csi's first version, which was called cinderlib-csi and had another API group", async () => {
    const old = 'cinderlib.gorka.eguileor.com/v1';
    const items = [
      resource('Volume', 'v', text(volume('v')), old),
      resource('KeyValue', 'node-1', { value: '{}' }, old),
    ];
    const source = fileSource(json({ apiVersion: 'v1', kind: 'List', items }));
    expect(await named(source)).toEqual(['volume v']);
    expect(await source.keyValues()).toEqual([{ key: 'node-1', value: '{}' }]);
  });

  test('may be a single resource', async () => {
    expect(await named(fileSource(json(resource('Volume', 'v', text(volume('v'))))))).toEqual(['volume v']);
  });

  test.each<[unknown, RegExp]>([
    [resource('Volume', 'v', {}), /The Volume "v" has no annotation 'json'/],
    [resource('KeyValue', 'k', undefined), /The KeyValue "k" has no annotation 'value'/],
    [resource('Volume', 'v', { json: 'no json' }), /Expecting value/],
    [
      { apiVersion: 'v1', kind: 'List', items: [resource('Pod', 'p', {}, 'v1'), resource('Volume', 'v', {}, 'v1')] },
      /No resource in kubectl's output is ember-csi's: .* are expected, not 'v1 Pod', 'v1 Volume'\./,
    ],
    [{ apiVersion: 'v1', kind: 'List', items: [1] }, /lacks 'apiVersion' or 'kind'/],
  ])('is refused if it is %j', (value, message) => {
    expect(() => fileSource(json(value))).toThrow(message);
  });
});

describe('an SQL dump', () => {
  test('is refused without tables of Cinder', () => {
    const text = '-- MySQL dump\nCREATE TABLE `users` (`id` int);\nINSERT INTO `users` VALUES (1);';
    expect(() => fileSource(bytes(text))).toThrow(/no table volumes.* Its tables: users/);
  });

  test.each(['rich-mysql', 'rich-postgres'])('%s is refused without any row', (name) => {
    const only = (part: string): Uint8Array =>
      bytes(
        goldenBytes(`${name}.sql`)
          .toString('utf8')
          .replace(/^INSERT INTO .*?;$/gms, (statement) => (statement.includes(part) ? statement : '')),
      );
    expect(() => fileSource(only('nothing like it'))).toThrow(/no rows.*with data/);
    // Every database has a row of this table.
    expect(() => fileSource(only('alembic_version'))).not.toThrow();
  });

  test.each(['rich-mysql', 'rich-postgres'])('%s yields the newest volumes first', async (name) => {
    const source = fileSource(goldenBytes(`${name}.sql`));
    const times = (await itemsOf(source))
      .filter(({ kind }) => kind === 'volume')
      .map(({ ovo }) => String(ovo.get('created_at')));
    expect(times.length).toBe(55);
    expect(times).toEqual([...times].sort().reverse());
  });

  test.each([0.1, 0.4, 0.7, 0.95])('is refused if it ends after %d of its length', async (part) => {
    const whole = goldenBytes('rich-mysql.sql').toString('utf8');
    const end = whole.indexOf(',', Math.floor(whole.length * part));
    expect(() => fileSource(bytes(whole.slice(0, end)))).toThrow(/cannot be read|no table volumes/);
  });
});

describe('an SQL dump that was cut off between two statements', () => {
  const statementEnds = (text: string): number[] => [...text.matchAll(/;\n/g)].map(({ index }) => index + 2);
  const withComments = (text: string): string =>
    `-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)\n${text}\n-- Dump completed\n`;

  test.each([
    ['rich-postgres', (text: string) => text],
    ['rich-mysql', (text: string) => text],
    ['rich-mysql', withComments],
  ])('of %s is refused, wherever it was cut off', (name, form) => {
    const whole = form(goldenBytes(`${name}.sql`).toString('utf8'));
    expect(() => fileSource(bytes(whole))).not.toThrow();
    const ends = statementEnds(whole);
    // The last few statements belong to the end of the dump, or come after it.
    const cuts = ends.filter((end, place) => place % 10 === 0 && whole.slice(end).includes(';\n'));
    expect(cuts.length).toBeGreaterThan(20);
    for (const end of cuts)
      expect(() => fileSource(bytes(whole.slice(0, end)))).toThrow(/truncated|looks like neither|no table volumes/);
  });

  test('is not confused with a whole dump that has Windows line ends', () => {
    for (const name of ['rich-postgres', 'rich-mysql']) {
      const whole = goldenBytes(`${name}.sql`).toString('utf8').replaceAll('\n', '\r\n');
      expect(() => fileSource(bytes(whole))).not.toThrow();
    }
  });
});

describe.each(['rich-postgres', 'rich-mysql'])('the tables that a dump like %s lacks', (name) => {
  const revision = 'alembic_version';
  const keyValues = 'cinderlib_persistence_key_value';
  const read = [
    ...['volumes', 'volume_metadata', 'volume_admin_metadata', 'volume_types', 'volume_type_extra_specs'],
    ...['quality_of_service_specs', 'volume_attachment', 'snapshots', 'snapshot_metadata'],
  ];
  const lackedBy = async (text: string): Promise<unknown> => {
    const tables = (await fileSource(bytes(text)).leftOut()).filter(({ kind }) => kind === 'missing table');
    expect(tables.length).toBeLessThan(2);
    expect(tables.every(({ count, ids, field }) => count === ids.length && field === null)).toBe(true);
    return [...(tables[0]?.ids ?? [])].sort();
  };
  const only = (...tables: readonly string[]): string => partialDump(name, (table) => tables.includes(table));

  test('are reported if it is one of single tables', async () => {
    const others = (...tables: readonly string[]) => read.filter((table) => !tables.includes(table));
    for (const text of [only('volumes'), only('volumes', revision)])
      expect(await lackedBy(text)).toEqual([keyValues, ...others('volumes')].sort());
    expect(await lackedBy(only('volumes', 'snapshots', keyValues))).toEqual(others('volumes', 'snapshots').sort());
    for (const table of others('volumes'))
      expect(await lackedBy(partialDump(name, (each) => each !== table))).toEqual([table]);
  });

  test('are none if it is whole', async () => {
    expect(await lackedBy(goldenBytes(`${name}.sql`).toString('utf8'))).toEqual([]);
    // Tables that nothing is read from are not missed.
    expect(await lackedBy(only(...read, keyValues))).toEqual([]);
  });

  test('do not include that of key-values if cinderlib has never opened the database', async () => {
    const whole = only(...read, revision);
    expect(await lackedBy(whole)).toEqual([]);
    expect(await lackedBy(whole.replaceAll(revision, 'migrate_version'))).toEqual([]);
    expect(await lackedBy(only(...read))).toEqual([keyValues]);
  });
});

test('other kinds of files are refused with an explanation', () => {
  expect(() => fileSource(bytes('PGDMP\u0001'))).toThrow(/custom format.*pg_restore/);
  expect(() => fileSource(new Uint8Array([0x68, 0xff, 0xc3]))).toThrow(/not UTF-8 text/);
  expect(() => fileSource(bytes('{"class": '))).toThrow(/Expecting value/);
});

test('a damaged gzip file is reported as such, not as invalid text', () => {
  const packed = gzipSync(goldenBytes('rich-postgres.sql'));
  expect(goldenBytes('rich-postgres.sql').equals(unpack(packed))).toBe(true);
  const error = expect.objectContaining({
    name: 'InvalidDump',
    message: expect.stringMatching(/gzip.*Is it complete/),
  });
  for (const length of [3, 10, 1000, packed.length - 1])
    expect(() => unpack(packed.subarray(0, length))).toThrow(error);
  expect(() => unpack(packed.fill(0, 1000, 1100))).toThrow(error);
});

test('a text too long for a string is refused with its size', () => {
  // The error of a runtime that cannot create a string that long; half a gigabyte of text would take too long here.
  const decode = vi.spyOn(TextDecoder.prototype, 'decode').mockImplementation(() => {
    throw new TypeError('The encoded data was not valid for encoding utf-8');
  });
  try {
    const many = Object.defineProperty(Uint8Array.of(45, 45), 'length', { value: 600_000_000 });
    expect(() => decodeText(many)).toThrow(/holds 600000000 bytes of text.*give the URL/);
    expect(() => decodeText(Uint8Array.of(45, 45))).toThrow(/not UTF-8 text/);
    expect(() => decodeText(new Uint8Array(4))).toThrow(/begins with a zero byte/);
  } finally {
    decode.mockRestore();
  }
});

test('tar archives and other compressed formats are refused with the remedy', () => {
  const archive = new Uint8Array(1024);
  archive.set(bytes('toc.dat'));
  archive.set(bytes('ustar'), 257);
  expect(() => fileSource(archive)).toThrow(/tar archive.*pg_restore/);
  for (const [start, by] of [
    [[0x42, 0x5a, 0x68, 0x39], 'bzip2'],
    [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'xz'],
    [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
    [[0x50, 0x4b, 3, 4], 'zip'],
  ] as const) {
    expect(() => fileSource(Uint8Array.from([...start, 0, 1]))).toThrow(`compressed with ${by}. Decompress it first`);
  }
});

test('UTF-16, as written by redirecting output in the Windows shell, is read', async () => {
  const text = `\ufeff${JSON.stringify([volume('é')])}`;
  const utf16 = Uint8Array.from(
    [...text].flatMap((character) => [character.charCodeAt(0) & 255, character.charCodeAt(0) >> 8]),
  );
  expect(await named(fileSource(utf16))).toEqual(['volume é']);
});

test('a SQLite database is recognised by its first bytes', () => {
  expect(isSqlite(goldenBytes('one.sqlite'))).toBe(true);
  expect(isSqlite(new Uint8Array())).toBe(true);
  expect(isSqlite(bytes('{}'))).toBe(false);
  expect(isSqlite(gzipSync('x'))).toBe(false);
});
