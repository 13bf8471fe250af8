/** Reading dumps: their content, their errors, and what malicious ones cannot do. */
import { describe, expect, it, test } from 'vitest';
import { InvalidDump, JSONDecodeError } from '../../../src/errors/index.ts';
import { parseJson } from '../../../src/serialization/json-parser.ts';
import { dumpedObject, readDump } from '../../../src/serialization/load.ts';
import { nestedDicts, nestedLists } from './nested.ts';
import { errorOf } from './python-json.ts';
import { envelope } from './sample.ts';

const backend = { volume_backend_name: 'lvm' };
const volume = { class: 'Volume', backend, ovo: envelope('Volume', '1.9', { id: 'v' }) };
const snapshot = { class: 'Snapshot', backend, ovo: envelope('Snapshot', '1.6', { id: 's' }) };
const connection = { class: 'Connection', backend, ovo: envelope('VolumeAttachment', '1.3', { id: 'a' }) };

describe('readDump()', () => {
  it('reads a single object as a list of one, and reports that it was no list', () => {
    expect(readDump(volume)).toEqual({ isList: false, items: [volume] });
    expect(readDump([volume])).toEqual({ isList: true, items: [volume] });
    expect(readDump([])).toEqual({ isList: true, items: [] });
  });

  it('reads a text like the value it encodes', () => {
    const all = [volume, snapshot, connection, { class: 'Backend', backend, volumes: [volume] }];
    expect(readDump(JSON.stringify(all))).toEqual(readDump(all));
    expect(readDump(JSON.stringify(all)).items).toEqual(all);
  });

  it.each([[undefined], [null], [[]]])('reads a backend with the volumes %j as one without volumes', (volumes) => {
    expect(readDump({ class: 'Backend', backend, volumes }).items).toEqual([
      { class: 'Backend', backend, volumes: [] },
    ]);
  });

  it('ignores unknown keys', () => {
    expect(readDump({ ...volume, more: [1] }).items).toEqual([volume]);
  });

  it.each([
    [null, 'NoneType'],
    [5, 'int'],
    [true, 'bool'],
    [new Map(), 'Map'],
  ])('refuses %o, which is no dump', (value, type) => {
    expect(() => readDump(value)).toThrow(
      new InvalidDump(`A dump is a dict with 'class' and 'backend', or a list of them, not a ${type}.`),
    );
    expect(() => readDump([volume, value])).toThrow(InvalidDump);
  });

  it.each(['', 'x', '{', "{'class': 'Volume'}"])('refuses the text %j, which is no JSON', (text) => {
    expect(() => readDump(text)).toThrow(JSONDecodeError);
  });

  it.each(['cl.json', '/backups/cl.json', 'C:\\cl', './cl'])('takes the text %j for a path', (text) => {
    const isPath = /line 1 column \d \(char \d\)\. The text itself is expected, not the path of a file\.$/;
    expect(() => readDump(text)).toThrow(isPath);
  });

  it('names undefined as it is called', () => {
    expect(() => readDump(undefined)).toThrow('or a list of them, not undefined.');
  });

  it.each(['"Volume"', '5', 'null', '[[]]'])('refuses the text %j, which is no dump', (text) => {
    expect(() => readDump(text)).toThrow(InvalidDump);
  });

  it.each(['class', 'backend', 'ovo'])('reports that the key %s is missing', (key) => {
    const { [key]: _, ...rest }: Record<string, unknown> = volume;
    const message = new InvalidDump(
      `The key '${key}' is missing in the dump: it is not what jsons() or dumps() write.`,
    );
    expect(() => readDump(rest)).toThrow(message);
    // Inherited keys do not count.
    const prototype = Object.assign(Object.create(null), volume);
    expect(() => readDump(Object.assign(Object.create(prototype), rest))).toThrow(message);
  });

  it.each([
    ['Foo', "'Foo'"],
    ['volume', "'volume'"],
    ['toString', "'toString'"],
    ['__proto__', "'__proto__'"],
    ['', "''"],
    [null, "'None'"],
    [5, "'5'"],
    [2n ** 70n, "'1180591620717411303424'"],
    [['Volume'], "'['Volume']'"],
    [{ toString: 1, toJSON: 2 }, "'{'toString': 1, 'toJSON': 2}'"],
  ])('refuses the unknown class %o', (className, shown) => {
    expect(() => readDump({ ...volume, class: className })).toThrow(
      new InvalidDump(
        `There is no class ${shown} in a dump: Volume, Snapshot, Connection, Backend or KeyValue is expected.`,
      ),
    );
  });

  it('reports which element of a list is wrong', () => {
    const outcome = (value: unknown): unknown => errorOf(() => readDump([volume, snapshot, value]));
    expect(outcome({ class: 'Foo', backend })).toMatchObject({
      name: 'InvalidDump',
      item: 'element 3 of the dump',
      message: expect.stringMatching(/^Element 3 of the dump: There is no class 'Foo'/),
    });
    expect(outcome(5)).toMatchObject({ message: expect.stringMatching(/^Element 3 of the dump: .*not a int/) });
  });

  it('refuses a number beyond 2^53 as the class, in a text too', () => {
    expect(() => readDump('{"class": 99999999999999999999, "backend": {}}')).toThrow(InvalidDump);
  });

  it.each([
    ['lvm', 'str'],
    [null, 'NoneType'],
    [[], 'list'],
  ])('refuses %o in place of a backend', (value, type) => {
    expect(() => readDump({ ...volume, backend: value })).toThrow(
      new InvalidDump(`The 'backend' of a dump is a dict, not a ${type}.`),
    );
  });

  it.each([
    ['x', 'str'],
    [{}, 'dict'],
    [5, 'int'],
  ])('refuses %o in place of the volumes of a backend', (volumes, type) => {
    expect(() => readDump({ class: 'Backend', backend, volumes })).toThrow(
      new InvalidDump(`The 'volumes' of a backend are a list, not a ${type}.`),
    );
  });

  it.each([snapshot, connection, { class: 'Backend', backend }])(
    'refuses a %s among the volumes of a backend',
    (other) => {
      expect(() => readDump({ class: 'Backend', backend, volumes: [volume, other] })).toThrow(
        new InvalidDump(`The 'volumes' of a backend hold volumes only, not a ${other.class}.`),
      );
    },
  );

  it.each([() => 1, Symbol('s')])('refuses a dump that holds %o', (value) => {
    for (const dump of [value, [value], { ...volume, backend: { deep: [value] } }]) {
      expect(() => readDump(dump)).toThrow(InvalidDump);
    }
  });
});

describe('dumpedObject()', () => {
  it('returns the object under ovo', () => {
    for (const dump of [volume, snapshot, connection])
      expect(objectIn(dump).model.name).toBe(dump.ovo['versioned_object.name']);
  });

  it.each([
    [{ ...volume, class: 'Snapshot' }, "A Snapshot must hold a Snapshot under 'ovo', not a Volume."],
    [{ ...snapshot, class: 'Connection' }, "A Connection must hold a VolumeAttachment under 'ovo', not a Snapshot."],
    [
      { ...volume, ovo: envelope('VolumeList', '1.1', { objects: [] }) },
      "A Volume must hold a Volume under 'ovo', not a VolumeList.",
    ],
  ])('refuses an object of another class', (dump, message) => {
    expect(() => objectIn(dump)).toThrow(new InvalidDump(message));
  });

  it.each([null, 5, 'x', []])('refuses %o in place of an object', (ovo) => {
    expect(() => objectIn({ ...volume, ovo })).toThrow(InvalidDump);
  });
});

describe('a dump that is too deeply nested', () => {
  const message = 'JSON nested deeper than 1000 levels.';
  const depth = 100_000;

  test.each([
    ['as the dump itself', (deep: unknown) => deep],
    ['in a list of dumps', (deep: unknown) => [volume, deep]],
    ['in the backend', (deep: unknown) => ({ ...volume, backend: { deep } })],
    ['in place of the object', (deep: unknown) => ({ ...volume, ovo: deep })],
    ['in an unknown key', (deep: unknown) => ({ ...volume, deep })],
    ['in an unknown field', (deep: unknown) => ({ ...volume, ovo: envelope('Volume', '1.9', { deep }) })],
    ['in metadata', (deep: unknown) => ({ ...volume, ovo: envelope('Volume', '1.9', { metadata: { deep } }) })],
  ])('is refused wherever the nesting is: %s', (_, put) => {
    const cycle: Record<string, unknown> = {};
    cycle['again'] = [cycle];
    for (const deep of [nestedLists(depth), nestedDicts(depth), cycle]) {
      expect(() => readDump(put(deep))).toThrow(new InvalidDump(message));
    }
    for (const deep of ['['.repeat(depth) + ']'.repeat(depth), '{"a":'.repeat(depth), '['.repeat(depth)]) {
      const [before = '', after = ''] = JSON.stringify(put('HERE')).split('"HERE"');
      expect(() => readDump(before + deep + after)).toThrow(new InvalidDump(message));
    }
  });

  test('is refused if objects are nested in each other: a volume in a snapshot in a volume', () => {
    let ovo: unknown = null;
    for (let level = 0; level < 1000; level++) {
      ovo = envelope('Snapshot', '1.6', {
        volume: envelope('Volume', '1.9', { snapshots: envelope('SnapshotList', '1.0', { objects: [ovo] }) }),
      });
    }
    expect(() => readDump({ ...snapshot, ovo })).toThrow(new InvalidDump(message));
  });
});

test('nested objects are read as deep as JSON may be nested', () => {
  let ovo = envelope('Snapshot', '1.6', { id: 's' });
  const levels = 120;
  for (let level = 0; level < levels; level++) {
    const snapshots = envelope('SnapshotList', '1.0', { objects: [ovo] });
    ovo = envelope('Snapshot', '1.6', { id: 's', volume: envelope('Volume', '1.9', { id: 'v', snapshots }) });
  }
  let object = objectIn({ ...snapshot, ovo });
  for (let level = 0; level < levels; level++) {
    const [inside] = object.child('volume')?.children('snapshots') ?? [];
    if (inside === undefined) throw new Error(`Nothing at level ${level}.`);
    object = inside;
  }
  expect(object.get('id')).toBe('s');
});

test('long texts are read completely', () => {
  const long = 'x'.repeat(10_000_000);
  const data = { id: 'v', display_name: long, metadata: { [long]: long } };
  const object = objectIn(JSON.stringify({ ...volume, ovo: envelope('Volume', '1.9', data) }));
  expect(object.get('display_name')).toBe(long);
  expect(object.get('metadata')).toEqual({ [long]: long });
});

test('a long text in a field that does not accept it is refused with the reason', () => {
  const long = '9'.repeat(1_000_000);
  for (const [data, shown] of [
    [{ size: long }, 'Exceeds the limit (4300 digits)'],
    [{ created_at: long }, 'Unable to parse date string'],
    [{ attach_status: long }, 'is invalid'],
  ] as const) {
    const error = errorOf(() => objectIn({ ...volume, ovo: envelope('Volume', '1.9', data) }));
    expect(error.name).toBe('ValueError');
    expect(error.message).toContain(shown);
  }
});

test('a dump is read the same after structuredClone()', () => {
  const text = `{"class":"Connection","backend":{},"ovo":${JSON.stringify(envelope('VolumeAttachment', '1.3', 'DATA'))}}`;
  const data = '{"id":"a","connection_info":{"conn":{"ratio":1.0,"big":18446744073709551616}}}';
  const value = parseJson(text.replace('"DATA"', data));
  expect(objectIn(structuredClone(value)).get('connection_info')).toEqual(objectIn(value).get('connection_info'));
});

function objectIn(dump: unknown) {
  const [item] = readDump(dump).items;
  if (item === undefined || item.class === 'Backend' || item.class === 'KeyValue')
    throw new Error('There is no object in this dump.');
  return dumpedObject(item);
}
