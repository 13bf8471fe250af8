/** Options and filters with unknown names are refused. */
import type { Backend, Cinderlib } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withPools } from '../../support/pooled-backend.ts';

describe.each(['memory', 'memory_db'])('on the storage %s', (storage) => {
  let cl: Cinderlib;
  let b: Backend;
  beforeEach(async () => {
    ({ cl, b } = await withPools(storage));
  });
  afterEach(() => cl.close());

  test('unknown options and filters are refused, with the nearest name', async () => {
    const vol = await b.createVolume(1);
    const misspelt = <T>(value: object): T => value as T; // What plain JavaScript may pass.
    const refused = async (call: () => unknown, text: string) =>
      expect(async () => call()).rejects.toMatchObject({
        name: 'InvalidOption',
        message: expect.stringContaining(text),
      });
    await refused(() => cl.Volume.iterate(misspelt({ backend_nam: 'b' })), 'Did you mean backend_name?');
    await refused(() => b.volumesFiltered(misspelt({ volume_nam: 'b' })), 'Did you mean volume_name?');
    await refused(() => b.stats(misspelt({ refrsh: true })), 'Did you mean refresh?');
    await refused(() => vol.toJson(misspelt({ simplfied: false })), 'Did you mean simplified?');
    await refused(() => vol.toJsons(misspelt({ simplfied: false })), 'Did you mean simplified?');
    await refused(() => vol.detach(misspelt({ forced: true })), 'Did you mean force?');
  });

  test('an unknown filter or option is refused', async () => {
    await expect(b.volumesFiltered({ name: 'x' } as never)).rejects.toMatchObject({ name: 'InvalidOption' });
    await expect(cl.load('[]', { sav: true } as never)).rejects.toMatchObject({ name: 'InvalidOption' });
  });
});
