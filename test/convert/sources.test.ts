/** What is read out of files: the goldens of both servers, JSON dumps, resources of ember-csi, and what is none of them. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { decodeText, unpack } from '../../src/convert/decode.ts';
import { fileSource, isSqlite } from '../../src/convert/file-source.ts';
import type { Item } from '../../src/migrate/item.ts';
import type { Source } from '../../src/migrate/source.ts';
import { goldenBytes } from '../support/golden.ts';

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
  test('gives volumes first, then what came inside them', async () => {
    const family = volume('v', {
      snapshots: list('Snapshot', [snapshot('s', 'v')]),
      volume_attachment: envelope('VolumeAttachmentList', { objects: [attachment('c', 'v')] }, '1.1'),
    });
    const source = fileSource(json([family, { class: 'KeyValue', key: 'k', value: null }, volume('w')]));
    expect(await named(source)).toEqual(['volume v', 'volume w', 'connection c', 'snapshot s']);
    expect(await source.keyValues()).toEqual([{ key: 'k', value: null }]);
  });

  test('of one object is one object', async () => {
    expect(await named(fileSource(json(volume('v'))))).toEqual(['volume v']);
  });

  test('takes an object by itself before the same inside another', async () => {
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

  test('may have the same twice, and nothing else under the same id', async () => {
    const pair = (value: string | null) => ({ class: 'KeyValue', key: 'k', value });
    const same = fileSource(json([volume('v'), pair('1'), volume('w'), pair('1'), volume('v')]));
    expect(await named(same)).toEqual(['volume v', 'volume w']);
    expect(await same.keyValues()).toEqual([{ key: 'k', value: '1' }]);
    const message = /twice, and not the same both times/;
    expect(() => fileSource(json([volume('v', { size: 1 }), volume('v', { size: 2 })]))).toThrow(message);
    expect(() => fileSource(json([pair('1'), pair(null)]))).toThrow(message);
    const families = [volume('v'), volume('v', { snapshots: list('Snapshot', [snapshot('s', 'v')]) })];
    expect(await named(fileSource(json(families)))).toEqual(['volume v', 'snapshot s']);
  });

  test('has an id for each object', () => {
    const unset = volume('');
    expect(() => fileSource(json([unset, unset]))).toThrow('A Volume in the dump has no id');
    const nameless = { class: 'Volume', backend, ovo: envelope('Volume', { size: 1 }, '1.9') };
    expect(() => fileSource(json(nameless))).toThrow('A Volume in the dump has no id');
  });

  test('that says that its secrets are masked is refused', () => {
    const masked = { masked: true, ...(volume('v') as object) };
    expect(() => fileSource(json([masked]))).toThrow(/masked in this dump of a 'Volume'.* --show-secrets/);
    const family = { class: 'Backend', backend, volumes: [masked] };
    expect(() => fileSource(json(family))).toThrow(/masked/);
    const pair = { masked: true, class: 'KeyValue', key: 'k', value: '***' };
    expect(() => fileSource(json([volume('v'), pair]))).toThrow(/masked/);
  });

  test('may hold stars that are what is stored', async () => {
    const stars = { masked: false, ...(volume('v', { provider_auth: '***' }) as object) };
    const [item] = await itemsOf(fileSource(json([stars])));
    expect(item?.ovo.get('provider_auth')).toBe('***');
  });

  test.each<[unknown, RegExp]>([
    [[{ class: 'Else', backend }], /no class 'Else'/],
    [{}, /no dump of cinderlib/],
    [[1], /no dump of cinderlib/],
    [[{ class: 'KeyValue', key: 1 }], /A KeyValue in a dump/],
    [[volume('v', { size: 'many' })], /invalid literal/],
  ])('%j is refused', (value, message) => {
    expect(() => fileSource(json(value))).toThrow(message);
  });
});

describe('what kubectl prints', () => {
  const resource = (kind: string, name: string, annotations: unknown, apiVersion = 'ember-csi.io/v1'): unknown => ({
    apiVersion,
    kind,
    metadata: { name, annotations, labels: { volume_id: name } },
  });
  const text = (value: unknown): { json: string } => ({ json: JSON.stringify(value) });

  test('gives the objects in the annotations', async () => {
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

  test('may be one resource', async () => {
    expect(await named(fileSource(json(resource('Volume', 'v', text(volume('v'))))))).toEqual(['volume v']);
  });

  test.each<[unknown, RegExp]>([
    [resource('Volume', 'v', {}), /The Volume "v" has no annotation 'json'/],
    [resource('KeyValue', 'k', undefined), /The KeyValue "k" has no annotation 'value'/],
    [resource('Volume', 'v', { json: 'no json' }), /Expecting value/],
    [{ apiVersion: 'v1', kind: 'List', items: [1] }, /has no 'apiVersion' and 'kind'/],
  ])('%j is refused', (value, message) => {
    expect(() => fileSource(json(value))).toThrow(message);
  });
});

describe('an SQL dump', () => {
  test('without tables of Cinder is refused', () => {
    const text = '-- MySQL dump\nCREATE TABLE `users` (`id` int);\nINSERT INTO `users` VALUES (1);';
    expect(() => fileSource(bytes(text))).toThrow(/no table volumes.* Its tables: users/);
  });

  test.each(['rich-mysql', 'rich-postgres'])('%s gives the newest volumes first', async (name) => {
    const source = fileSource(goldenBytes(`${name}.sql`));
    const times = (await itemsOf(source))
      .filter(({ kind }) => kind === 'volume')
      .map(({ ovo }) => String(ovo.get('created_at')));
    expect(times.length).toBe(55);
    expect(times).toEqual([...times].sort().reverse());
  });

  test.each([0.1, 0.4, 0.7, 0.95])('that ends after %d of it is refused or whole so far', async (part) => {
    const whole = goldenBytes('rich-mysql.sql').toString('utf8');
    const end = whole.indexOf(',', Math.floor(whole.length * part));
    expect(() => fileSource(bytes(whole.slice(0, end)))).toThrow(/cannot be read|no table volumes/);
  });
});

describe('a dump that was cut off between two statements', () => {
  const statementEnds = (text: string): number[] => [...text.matchAll(/;\n/g)].map(({ index }) => index + 2);
  const withComments = (text: string): string =>
    `-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)\n${text}\n-- Dump completed\n`;

  test.each([
    ['rich-postgres', (text: string) => text],
    ['rich-mysql', (text: string) => text],
    ['rich-mysql', withComments],
  ])('%s is refused, wherever that was', (name, form) => {
    const whole = form(goldenBytes(`${name}.sql`).toString('utf8'));
    expect(() => fileSource(bytes(whole))).not.toThrow();
    const ends = statementEnds(whole);
    // The last few statements are of the end itself, or behind it.
    const cuts = ends.filter((end, place) => place % 10 === 0 && whole.slice(end).includes(';\n'));
    expect(cuts.length).toBeGreaterThan(20);
    for (const end of cuts)
      expect(() => fileSource(bytes(whole.slice(0, end)))).toThrow(/cut off|looks neither|no table volumes/);
  });

  test('is told from a whole one with the line ends of Windows', () => {
    for (const name of ['rich-postgres', 'rich-mysql']) {
      const whole = goldenBytes(`${name}.sql`).toString('utf8').replaceAll('\n', '\r\n');
      expect(() => fileSource(bytes(whole))).not.toThrow();
    }
  });
});

test('other files are refused by name', () => {
  expect(() => fileSource(bytes('PGDMP\u0001'))).toThrow(/custom format.*pg_restore/);
  expect(() => fileSource(new Uint8Array([0x68, 0xff, 0xc3]))).toThrow(/no text in UTF-8/);
  expect(() => fileSource(bytes('{"class": '))).toThrow(/Expecting value/);
});

test('what is packed and not whole is told from what is no text', () => {
  const packed = gzipSync(goldenBytes('rich-postgres.sql'));
  expect(goldenBytes('rich-postgres.sql').equals(unpack(packed))).toBe(true);
  const error = expect.objectContaining({ name: 'InvalidDump', message: expect.stringMatching(/gzip.*Is it whole/) });
  for (const length of [3, 10, 1000, packed.length - 1])
    expect(() => unpack(packed.subarray(0, length))).toThrow(error);
  expect(() => unpack(packed.fill(0, 1000, 1100))).toThrow(error);
});

test('more text than fits into one is told by its size', () => {
  // As a runtime answers that cannot make the text; making half a gigabyte of it takes too long here.
  const decode = vi.spyOn(TextDecoder.prototype, 'decode').mockImplementation(() => {
    throw new TypeError('The encoded data was not valid for encoding utf-8');
  });
  try {
    const many = Object.defineProperty(new Uint8Array(4), 'length', { value: 600_000_000 });
    expect(() => decodeText(many)).toThrow(/holds 600000000 bytes of text.*by its URL/);
    expect(() => decodeText(new Uint8Array(4))).toThrow(/no text in UTF-8/);
  } finally {
    decode.mockRestore();
  }
});

test('archives and what is packed in other ways are told what to do with', () => {
  const archive = new Uint8Array(1024);
  archive.set(bytes('toc.dat'));
  archive.set(bytes('ustar'), 257);
  expect(() => fileSource(archive)).toThrow(/archive of tar.*pg_restore/);
  for (const [start, by] of [
    [[0x42, 0x5a, 0x68, 0x39], 'bzip2'],
    [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'xz'],
    [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
    [[0x50, 0x4b, 3, 4], 'zip'],
  ] as const) {
    expect(() => fileSource(Uint8Array.from([...start, 0, 1]))).toThrow(`packed by ${by}. Unpack it first`);
  }
});

test('UTF-16, as the shell of Windows redirects it, is read', async () => {
  const text = `\ufeff${JSON.stringify([volume('é')])}`;
  const utf16 = Uint8Array.from(
    [...text].flatMap((character) => [character.charCodeAt(0) & 255, character.charCodeAt(0) >> 8]),
  );
  expect(await named(fileSource(utf16))).toEqual(['volume é']);
});

test('a SQLite database is known by its first bytes', () => {
  expect(isSqlite(goldenBytes('one.sqlite'))).toBe(true);
  expect(isSqlite(new Uint8Array())).toBe(true);
  expect(isSqlite(bytes('{}'))).toBe(false);
  expect(isSqlite(gzipSync('x'))).toBe(false);
});
