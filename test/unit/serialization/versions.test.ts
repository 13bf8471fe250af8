/** Objects of other versions: which are accepted, and how their missing fields are filled in. */
import { describe, expect, it } from 'vitest';
import { IncompatibleObjectVersion, InvalidVersion } from '../../../src/errors/index.ts';
import { fromPrimitive, toPrimitive } from '../../../src/serialization/primitive.ts';
import { envelope } from './sample.ts';

describe('the version of an object', () => {
  it.each(['1.9', '1.8', '1.0', '1', ' 1.9 ', 'v1.9', '1.9.0', '1.08', '1.3.7'])(
    '%o is accepted and printed again',
    (version) => {
      const object = fromPrimitive(envelope('Volume', version, { id: 'v', use_quota: true }));
      expect(toPrimitive(object)).toEqual(envelope('Volume', version, { id: 'v', use_quota: true }));
    },
  );

  it.each(['1.10', '1.100', '2.0', '2', '0.9', '1.9.1', '1.9.0.1', '9'.repeat(400)])(
    '%o is refused as too new or too old',
    (version) => {
      expect(() => fromPrimitive(envelope('Volume', version, {}))).toThrow(
        new IncompatibleObjectVersion('Volume', version, '1.9'),
      );
    },
  );

  it('is refused with the message of Cinder', () => {
    expect(new IncompatibleObjectVersion('Volume', '1.10', '1.9').message).toBe(
      'Version 1.10 of Volume is not supported, supported version is 1.9',
    );
  });

  it.each(['', ' ', 'x', '1.', '.9', '1..9', '1,9', '-1.9', 'vv1', '٣'])('%o is refused as invalid', (version) => {
    expect(() => fromPrimitive(envelope('Volume', version, {}))).toThrow(
      new InvalidVersion(`Invalid version: '${version}'`),
    );
  });

  it.each([null, 1.9, 1, true, [], {}])('%o is refused, since it is not a string', (version) => {
    expect(() => fromPrimitive(envelope('Volume', version, {}))).toThrow(InvalidVersion);
  });

  it.each([
    ['volume_type', envelope('VolumeType', '1.4', {}), 'VolumeType', '1.4', '1.3'],
    ['snapshots', envelope('SnapshotList', '1.1', { objects: [] }), 'SnapshotList', '1.1', '1.0'],
    [
      'snapshots',
      envelope('SnapshotList', '1.0', { objects: [envelope('Snapshot', '2.6', {})] }),
      'Snapshot',
      '2.6',
      '1.6',
    ],
  ])('is checked within %s too', (field, value, name, version, ours) => {
    expect(() => fromPrimitive(envelope('Volume', '1.9', { [field]: value }))).toThrow(
      new IncompatibleObjectVersion(name, version, ours),
    );
  });
});

describe('versioned_object.changes in a dump', () => {
  const changed = (changes: unknown) =>
    [
      ...fromPrimitive({ ...envelope('Volume', '1.9', { id: 'v' }), 'versioned_object.changes': changes })
        .changedFields,
    ].sort();

  it('marks the fields that it names', () => {
    expect(changed(['size', 'id'])).toEqual(['id', 'size']);
  });

  it('is ignored where it names no field', () => {
    expect(changed(['size', 'sise', '__proto__', 5, null, ['id']])).toEqual(['size']);
    for (const odd of [null, 'size', 5, {}, []]) expect(changed(odd)).toEqual([]);
  });

  it('is read within nested objects too', () => {
    const volume_type = { ...envelope('VolumeType', '1.3', { id: 't' }), 'versioned_object.changes': ['name'] };
    const volume = fromPrimitive(envelope('Volume', '1.9', { volume_type }));
    expect([...(volume.child('volume_type')?.changedFields ?? [])]).toEqual(['name']);
    expect(volume.changedFields.size).toBe(0);
  });
});

describe('use_quota', () => {
  it.each([
    [{}, true],
    [{ use_quota: null }, true],
    [{ use_quota: false }, false],
    [{ use_quota: 'no' }, true],
    [{ migration_status: 'target:v2' }, false],
    [{ migration_status: 'migrating' }, true],
    [{ migration_status: null, admin_metadata: null }, true],
    [{ admin_metadata: { temporary: 'True' } }, false],
    [{ admin_metadata: { temporary: true } }, false],
    [{ admin_metadata: { temporary: 'true' } }, true],
    [{ use_quota: true, migration_status: 'target:v2' }, true],
    [{ use_quota: null, admin_metadata: { temporary: 'True' } }, false],
  ])('in a volume with %j is %s', (data, expected) => {
    const volume = fromPrimitive(envelope('Volume', '1.9', data));
    expect(volume.get('use_quota')).toBe(expected);
    expect(volume.changedFields.size).toBe(0);
  });

  it.each([
    [{}, true],
    [{ use_quota: null }, null],
    [{ use_quota: false }, false],
  ])('in a snapshot with %j is %s', (data, expected) => {
    expect(fromPrimitive(envelope('Snapshot', '1.6', data)).get('use_quota')).toBe(expected);
  });
});
