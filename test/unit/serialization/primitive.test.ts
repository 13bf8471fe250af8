/** Objects in the form in which dumps hold them, and back. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { snapshotListModel, snapshotModel } from '../../../src/cinder/snapshot.ts';
import { volumeModel } from '../../../src/cinder/volume.ts';
import { volumeAttachmentModel } from '../../../src/cinder/volume-attachment.ts';
import { InvalidDump, UnsupportedObjectError, ValueError } from '../../../src/errors/index.ts';
import { parseJson } from '../../../src/serialization/json-parser.ts';
import { compact, jsonText } from '../../../src/serialization/json-text.ts';
import { fromPrimitive, toPlainDict, toPrimitive } from '../../../src/serialization/primitive.ts';
import { setup } from '../../../src/setup.ts';
import { anyPrimitive } from './any-primitive.ts';
import { nestedDicts } from './nested.ts';
import { dataOf, envelope, family, made } from './sample.ts';

const text = (value: unknown) => jsonText(value, compact);

describe('toPrimitive()', () => {
  it('gives the keys of the envelope, then the fields that are set, in the order of Cinder', () => {
    const volume = made(volumeModel, {
      deleted: false,
      status: 'x',
      id: 'v',
      size: null,
      created_at: '2023-01-02T03:04:05Z',
    });
    expect(text(toPrimitive(volume))).toBe(
      '{"versioned_object.name":"Volume","versioned_object.namespace":"cinder","versioned_object.version":"1.9",' +
        '"versioned_object.data":{"id":"v","size":null,"status":"x","deleted":false,"created_at":"2023-01-02T03:04:05.000000Z"}}',
    );
  });

  it('never includes the names of changed fields', () => {
    const volume = made(volumeModel, { id: 'v' });
    volume.set('size', 1);
    expect(Object.keys(toPrimitive(volume))).toEqual(Object.keys(envelope('', '', {})));
  });

  it('returns a copy, which can be changed without affecting the object', () => {
    const { volume, attachment } = family();
    const before = text(toPrimitive(attachment));
    const data = dataOf(toPrimitive(attachment));
    Object.assign(Object(data['connector']), { host: 'other' });
    Object.assign(Reflect.get(Reflect.get(Object(data['connection_info']), 'conn'), 'data'), { auth_password: '***' });
    Object.assign(Object(dataOf(data['volume'])['metadata']), { b: 'other' });
    expect(text(toPrimitive(attachment))).toBe(before);
    expect(volume.get('metadata')).toEqual({ b: '1', a: '2' });
  });

  it('refuses a cyclic value', () => {
    const connection_info: Record<string, unknown> = {};
    const attachment = made(volumeAttachmentModel, { connection_info });
    Object.assign(Object(attachment.get('connection_info')), { again: attachment.get('connection_info') });
    expect(() => toPrimitive(attachment)).toThrow(ValueError);
  });
});

describe('toPrimitive() prints an object once per document', () => {
  test('so a volume has its snapshots and connections, which do not contain it again', () => {
    const data = dataOf(toPrimitive(family().volume));
    const children = [data['snapshots'], data['volume_attachment']].flatMap((list) => objectsOf(list).map(dataOf));
    expect(children.map(({ id }) => id)).toEqual(['s1', 's2', 'a']);
    for (const child of children) expect(child).not.toHaveProperty('volume');
  });

  test('and a snapshot has its volume, whose snapshots are only the others', () => {
    const { snapshots } = family();
    const volume = dataOf(dataOf(toPrimitive(snapshots[0]))['volume']);
    expect(volume['id']).toBe('v');
    expect(objectsOf(volume['snapshots']).map((item) => dataOf(item)['id'])).toEqual(['s2']);
    expect(dataOf(objectsOf(volume['snapshots'])[0])).not.toHaveProperty('volume');
  });

  test('at the first of its positions', () => {
    const { volume, type, snapshots } = family();
    snapshots[0].restore('volume', made(volumeModel, { id: 'w', volume_type: type }));
    const data = dataOf(toPrimitive(volume));
    expect(dataOf(data['volume_type'])['id']).toBe('t');
    const other = dataOf(dataOf(objectsOf(data['snapshots'])[0])['volume']);
    expect(other).toEqual({ id: 'w' });
  });

  test('even if a list contains it twice', () => {
    const snapshot = made(snapshotModel, { id: 's' });
    const list = made(snapshotListModel, { objects: [snapshot, snapshot] });
    expect(objectsOf(toPrimitive(list)).map((item) => dataOf(item)['id'])).toEqual(['s']);
  });

  test('even if an element of a list was printed within the previous one', () => {
    const second = made(snapshotModel, { id: 's2' });
    const inside = made(volumeModel, { id: 'w', snapshots: made(snapshotListModel, { objects: [second] }) });
    const first = made(snapshotModel, { id: 's1', volume: inside });
    const primitive = toPrimitive(made(snapshotListModel, { objects: [first, second] }));
    expect(objectsOf(primitive).map((item) => dataOf(item)['id'])).toEqual(['s1']);
    expect(text(primitive)).toContain('"id":"s2"');
  });

  test('but again in the next document', () => {
    const { volume } = family();
    expect(toPrimitive(volume)).toEqual(toPrimitive(volume));
  });

  test('or not at all if it is excluded', () => {
    const { volume, type } = family();
    expect(dataOf(toPrimitive(volume, new Set([type])))).not.toHaveProperty('volume_type');
  });
});

test('simplified JSON prints every null, even for the lists that it otherwise omits', async () => {
  await using cl = await setup({ worker: false });
  const backend = await cl.backend({
    volume_backend_name: 'fake',
    volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
  });
  const volume = await backend.createVolume(1);
  const fields = volumeModel.fields.map(({ name }) => name);
  expect(Object.keys(dataOf(volume.toJson().ovo))).toEqual(
    fields.filter((name) => name !== 'snapshots' && name !== 'volume_attachment'),
  );
  volume.ovo.restore('snapshots', null);
  volume.ovo.restore('volume_attachment', null);
  expect(Object.keys(dataOf(volume.toJson().ovo))).toEqual(fields);
});

describe('fromPrimitive()', () => {
  it('gives the object that was printed, whatever it contains', () => {
    fc.assert(
      fc.property(
        anyPrimitive('Volume'),
        anyPrimitive('Snapshot'),
        anyPrimitive('VolumeAttachment'),
        (...primitives) => {
          for (const primitive of primitives) {
            const printed = text(primitive);
            expect(text(toPrimitive(fromPrimitive(primitive)))).toBe(printed);
            expect(text(toPrimitive(fromPrimitive(parseJson(printed))))).toBe(printed);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('leaves missing fields unset, and marks nothing as changed', () => {
    const volume = fromPrimitive(envelope('Volume', '1.9', { id: 'v', display_name: null }));
    expect(volumeModel.fields.filter(({ name }) => volume.isSet(name)).map(({ name }) => name)).toEqual([
      'id',
      'use_quota',
      'display_name',
    ]);
    expect(volume.changedFields.size).toBe(0);
  });

  it('ignores unknown fields and keys', () => {
    const primitive = { ...envelope('Volume', '1.9', { id: 'v', use_quota: true, new_field: { deep: [1] } }), more: 1 };
    expect(toPrimitive(fromPrimitive(primitive))).toEqual(envelope('Volume', '1.9', { id: 'v', use_quota: true }));
  });

  it('copies its argument', () => {
    const connection_info = { conn: { data: { lun: 1 } } };
    const attachment = fromPrimitive(envelope('VolumeAttachment', '1.3', { connection_info }));
    connection_info.conn.data.lun = 2;
    expect(attachment.get('connection_info')).toEqual({ conn: { data: { lun: 1 } } });
  });

  it.each(['cluster', 'consistencygroup', 'group'])(
    'refuses a volume with a %s, which cinderlib never writes',
    (name) => {
      expectOnlyNull('Volume', name);
    },
  );

  it.each(['cgsnapshot', 'group_snapshot'])('refuses a snapshot with a %s, which cinderlib never writes', (name) => {
    expectOnlyNull('Snapshot', name);
  });

  it.each([
    ['nova', 'Volume', 'nova.Volume'],
    ['nova', 'Nothing', 'nova.Nothing'],
    ['cinder', 'Nothing', 'Nothing'],
    ['cinder', '', ''],
    ['cinder', 'toString', 'toString'],
    [null, 'Volume', 'None.Volume'],
    [['cinder'], 'Volume', "['cinder'].Volume"],
    ['cinder', ['Volume'], "['Volume']"],
    ['cinder', { toString: 1, valueOf: 1 }, "{'toString': 1, 'valueOf': 1}"],
    [{ toString: null }, null, "{'toString': None}.None"],
  ])('refuses the namespace %o with the name %o', (namespace, name, shown) => {
    const primitive = {
      ...envelope('', '1.9', {}),
      'versioned_object.namespace': namespace,
      'versioned_object.name': name,
    };
    const expected = new UnsupportedObjectError(shown);
    expect(() => fromPrimitive(primitive)).toThrow(expected);
    expect(expected.message).toBe(`Unsupported object type ${shown}`);
  });

  it.each(['namespace', 'name', 'version', 'data'])('reports that the %s is missing', (part) => {
    const { [`versioned_object.${part}`]: _, ...rest } = envelope('Volume', '1.9', {});
    const message = `The key 'versioned_object.${part}' is missing in a versioned object.`;
    expect(() => fromPrimitive(rest)).toThrow(new InvalidDump(message));
    // Inherited keys do not count.
    const inherited = Object.create(null);
    Object.defineProperty(inherited, '__proto__', { value: envelope('Volume', '1.9', {}), enumerable: true });
    expect(() => fromPrimitive({ ...inherited, ...rest })).toThrow(new InvalidDump(message));
  });

  // The original takes them for versions of Python packages: before 1.9, or equal to it.
  it.each(['1.a', '1.2rc1', '1.9.dev0', '1.2+local'])('refuses the version %s, which is not numbers', (version) => {
    expect(() => fromPrimitive(envelope('Volume', version, {}))).toThrow(`Invalid version: '${version}'`);
  });

  it.each([null, undefined, 5, 'Volume', [], new Date(0)])('refuses %o in place of an object', (value) => {
    expect(() => fromPrimitive(value)).toThrow(InvalidDump);
    expect(() => fromPrimitive(envelope('Volume', '1.9', value ?? null))).toThrow(InvalidDump);
  });
});

describe('toPlainDict()', () => {
  it('puts the data of each object under its name in lower case, and of lists too', () => {
    const volume_attachment = envelope('VolumeAttachmentList', '1.1', {
      objects: [envelope('VolumeAttachment', '1.3', { id: 'a' })],
    });
    expect(toPlainDict(envelope('Volume', '1.9', { id: 'v', metadata: { a: '1' }, volume_attachment }))).toEqual({
      volume: {
        id: 'v',
        metadata: { a: '1' },
        volume_attachment: { volumeattachmentlist: { objects: [{ volumeattachment: { id: 'a' } }] } },
      },
    });
  });

  it('keeps the order of numeric keys, and __proto__ as a key', () => {
    const metadata = parseJson('{"2":"a","1":"b","__proto__":"c"}');
    expect(text(toPlainDict({ metadata }))).toBe('{"metadata":{"2":"a","1":"b","__proto__":"c"}}');
  });

  it('accepts an object with deeply nested values', () => {
    const connector = nestedDicts(900);
    const attachment = made(volumeAttachmentModel, { connector });
    expect(toPlainDict(toPrimitive(attachment))).toEqual({ volumeattachment: { connector } });
  });
});

function objectsOf(list: unknown): readonly unknown[] {
  const { objects } = dataOf(list);
  return Array.isArray(objects) ? objects : [];
}

function expectOnlyNull(model: 'Volume' | 'Snapshot', field: string): void {
  const version = { Volume: '1.9', Snapshot: '1.6' }[model];
  const load = (value: unknown) => fromPrimitive(envelope(model, version, { [field]: value }));
  expect(load(null).get(field)).toBeNull();
  const name = { cluster: 'Cluster', consistencygroup: 'ConsistencyGroup', group: 'Group', cgsnapshot: 'CGSnapshot' }[
    field
  ];
  const inside = name ?? 'GroupSnapshot';
  expect(() => load(envelope(inside, '1.0', {}))).toThrow(new UnsupportedObjectError(inside));
  // An object of a known class is refused in its place too.
  expect(() => load(envelope('Volume', '1.9', {}))).toThrow(ValueError);
  expect(() => load('x')).toThrow(InvalidDump);
}
