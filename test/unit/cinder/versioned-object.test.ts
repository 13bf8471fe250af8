/** The fields of an object: set or not, marked as changed or not. */
import { beforeEach, describe, expect, it, test } from 'vitest';
import { snapshotListModel, snapshotModel } from '../../../src/cinder/snapshot.ts';
import { VersionedObject } from '../../../src/cinder/versioned-object.ts';
import { volumeModel } from '../../../src/cinder/volume.ts';
import { volumeTypeModel } from '../../../src/cinder/volume-type.ts';
import { ValueError } from '../../../src/errors/index.ts';

let volume: VersionedObject;
beforeEach(() => {
  volume = new VersionedObject(volumeModel);
});

describe('a new object', () => {
  it('has the version of its model, no fields set and none changed', () => {
    expect(volume.version).toBe('1.9');
    expect(volumeModel.fields.filter(({ name }) => volume.isSet(name))).toEqual([]);
    expect([...volume.changedFields]).toEqual([]);
  });

  it('keeps the version that it is given', () => {
    expect(new VersionedObject(volumeModel, '1.4').version).toBe('1.4');
  });
});

describe('set()', () => {
  it('coerces the value and marks the field as changed', () => {
    volume.set('size', '5');
    volume.set('bootable', 'no');
    expect([volume.get('size'), volume.get('bootable')]).toEqual([5, true]);
    expect([...volume.changedFields]).toEqual(['size', 'bootable']);
  });

  it('marks the field as changed even if the value stays the same', () => {
    volume.restore('size', 1);
    volume.set('size', 1);
    expect([...volume.changedFields]).toEqual(['size']);
  });

  it('leaves the field unchanged if it refuses the value', () => {
    volume.restore('size', 1);
    expect(() => volume.set('size', 'abc')).toThrow(ValueError);
    expect(volume.get('size')).toBe(1);
    expect([...volume.changedFields]).toEqual([]);
  });

  it('distinguishes null from not set', () => {
    volume.set('display_name', null);
    expect([volume.isSet('display_name'), volume.get('display_name')]).toEqual([true, null]);
    expect([volume.isSet('status'), volume.get('status')]).toEqual([false, undefined]);
  });

  it.each(['no_such_field', 'toString', '__proto__', ''])('refuses an unknown field %o', (name) => {
    expect(() => volume.set(name, 1)).toThrow(new ValueError(`Volume has no field ${name}.`));
    expect(volume.get(name)).toBeUndefined();
    expect(volume.isSet(name)).toBe(false);
  });
});

describe('child objects', () => {
  it('are stored by identity', () => {
    const type = new VersionedObject(volumeTypeModel);
    volume.set('volume_type', type);
    expect(volume.child('volume_type')).toBe(type);
    volume.set('volume_type', null);
    expect(volume.child('volume_type')).toBeNull();
    expect(volume.child('display_name')).toBeNull();
  });

  it.each([
    ['an object of another class', new VersionedObject(snapshotModel), 'Volume', 'VersionedObject'],
    ['a dict', {}, 'Volume', 'dict'],
    ['a text', 'x', 'Volume', 'str'],
  ])('cannot be %s', (_, value, expected, got) => {
    const snapshot = new VersionedObject(snapshotModel);
    expect(() => snapshot.set('volume', value)).toThrow(
      new ValueError(`An object of type ${expected} is required in field volume, not a ${got}`),
    );
    expect(snapshot.isSet('volume')).toBe(false);
  });

  it('are kept in lists of one class only', () => {
    const list = new VersionedObject(snapshotListModel);
    const snapshot = new VersionedObject(snapshotModel);
    list.set('objects', [snapshot]);
    volume.set('snapshots', list);
    expect(volume.children('snapshots')).toEqual([snapshot]);
    expect(() => list.set('objects', [snapshot, volume])).toThrow('a list of Snapshot');
    expect(() => list.set('objects', snapshot)).toThrow('a list of Snapshot');
    expect(() => list.set('objects', null)).toThrow(new ValueError("Field `objects' cannot be None"));
    expect(volume.children('snapshots')).toEqual([snapshot]);
  });

  it('are an empty list if there are none', () => {
    expect(volume.children('snapshots')).toEqual([]);
    volume.set('snapshots', new VersionedObject(snapshotListModel));
    expect(volume.children('snapshots')).toEqual([]);
    expect(volume.children('display_name')).toEqual([]);
  });
});

describe('marks of change', () => {
  it('are not set by restore(), which still coerces the value', () => {
    volume.restore('size', '7');
    expect(volume.get('size')).toBe(7);
    expect([...volume.changedFields]).toEqual([]);
  });

  it('are reset by name or all at once', () => {
    for (const name of ['id', 'size', 'status']) volume.set(name, '1');
    volume.resetChanges(['size', 'no_such_field']);
    expect([...volume.changedFields]).toEqual(['id', 'status']);
    volume.resetChanges();
    expect([...volume.changedFields]).toEqual([]);
  });

  it('can be set by name for existing fields', () => {
    volume.markChanged('size');
    expect([...volume.changedFields]).toEqual(['size']);
    expect(() => volume.markChanged('sise')).toThrow(ValueError);
  });
});

test('unset() removes the value and the mark of change', () => {
  volume.set('size', 1);
  volume.unset('size');
  expect(volume.isSet('size')).toBe(false);
  expect([...volume.changedFields]).toEqual([]);
  expect(() => volume.unset('sise')).toThrow(ValueError);
});
