/** What a misspelt name may have meant. */
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
  ])('takes %s for %s: %s', (word, meant) => {
    expect(nearName(word, options)).toBe(meant);
  });

  it.each(['colour', 'ho', 'x', '', 'my_ip', 'ghosts_of'])('knows nothing near %o', (word) => {
    expect(nearName(word, options)).toBeNull();
  });

  it('prefers the nearest of several', () => {
    expect(nearName('volume_nam', ['volume_id', 'volume_names', 'volume_name'])).toBe('volume_name');
  });

  it('does not take the driver of one storage for that of another', () => {
    const drivers = ['cinder.volume.drivers.lvm.LVMVolumeDriver'];
    expect(nearName('cinder.volume.drivers.lvm.LVMISCSIDriver', drivers)).toBe(drivers[0]);
    expect(nearName('cinder.volume.drivers.rbd.RBDDriver', drivers)).toBeNull();
  });

  it('allows one slip in four letters, and six at the most', () => {
    expect(nearName('abcdefgh', ['abcdefXY'])).toBe('abcdefXY');
    expect(nearName('abcdefgh', ['abcdeXYZ'])).toBeNull();
    const long = 'a'.repeat(40);
    expect(nearName('b'.repeat(6) + long.slice(6), [long])).toBe(long);
    expect(nearName('b'.repeat(7) + long.slice(7), [long])).toBeNull();
  });

  it('finds nothing among no candidates', () => {
    expect(nearName('host', [])).toBeNull();
  });
});

describe('didYouMean()', () => {
  it('is a sentence to put behind another', () => {
    expect(`No option hots.${didYouMean('hots', options)}`).toBe('No option hots. Did you mean host?');
  });

  it('is nothing where no name is near', () => {
    expect(didYouMean('colour', options)).toBe('');
  });
});
