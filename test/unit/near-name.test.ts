/** Suggestions for misspelt names. */
import { describe, expect, it } from 'vitest';
import { didYouMean, nearName } from '../../src/near-name.ts';

const options = ['connection', 'soft_deletes', 'sqlite_synchronous', 'medium', 'host', 'db'];

describe('nearName()', () => {
  it.each([
    ['conection', 'connection', 'a letter was left out'],
    ['connecttion', 'connection', 'a letter is there twice'],
    ['connectoin', 'connection', 'two letters changed places'],
    ['soft_delete', 'soft_deletes', 'the last letter was left out'],
    ['Host', 'host', 'capitals do not matter'],
    ['sqlite_syncronuos', 'sqlite_synchronous', 'there are two slips in a long word'],
    ['hsot', 'host', 'a swap is one slip, so it counts in a short word as well'],
  ])('suggests for %s the name %s: %s', (word, meant) => {
    expect(nearName(word, options)).toBe(meant);
  });

  it.each(['colour', 'ho', 'x', '', 'my_ip', 'ghosts_of'])('suggests nothing for %o', (word) => {
    expect(nearName(word, options)).toBeNull();
  });

  it('prefers the nearest of several names', () => {
    expect(nearName('volume_nam', ['volume_id', 'volume_names', 'volume_name'])).toBe('volume_name');
  });

  it('does not suggest the driver of a different storage', () => {
    const drivers = ['cinder.volume.drivers.lvm.LVMVolumeDriver'];
    expect(nearName('cinder.volume.drivers.lvm.LVMISCSIDriver', drivers)).toBe(drivers[0]);
    expect(nearName('cinder.volume.drivers.rbd.RBDDriver', drivers)).toBeNull();
  });

  it('allows one slip per four letters, and at most six', () => {
    expect(nearName('abcdefgh', ['abcdefXY'])).toBe('abcdefXY');
    expect(nearName('abcdefgh', ['abcdeXYZ'])).toBeNull();
    const long = 'a'.repeat(40);
    expect(nearName('b'.repeat(6) + long.slice(6), [long])).toBe(long);
    expect(nearName('b'.repeat(7) + long.slice(7), [long])).toBeNull();
  });

  it('suggests nothing without candidates', () => {
    expect(nearName('host', [])).toBeNull();
  });
});

describe('didYouMean()', () => {
  it('is a sentence that can follow another', () => {
    expect(`No option hots.${didYouMean('hots', options)}`).toBe('No option hots. Did you mean host?');
  });

  it('is empty if no name is near', () => {
    expect(didYouMean('colour', options)).toBe('');
  });
});
