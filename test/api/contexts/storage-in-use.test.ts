/** A storage that a context has open stays that context's: another one is refused it, and the first goes on. */
import { join } from 'node:path';
import { PersistenceDriver, setup } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { inTemporaryFolder } from '../../support/golden.ts';

test.each(['memory', 'memory_db', 'db'])(
  'an open %s is refused to another context, and stays as it is',
  async (storage) => {
    await inTemporaryFolder(async (folder) => {
      const connection = `sqlite:///${join(folder, 'cl.sqlite')}`;
      const persistence_config = storage === 'db' ? { storage, connection } : { storage };
      const cl = await setup({ persistence_config, worker: false });
      const other = await setup({ worker: false });
      try {
        const backend = { volume_backend_name: 'b', volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver' };
        const { id } = await (await cl.backend(backend)).createVolume(1);
        const refusal = { name: 'InvalidPersistence', message: expect.stringContaining('in use by another context') };
        const given = { storage: cl.persistence };
        await expect(setup({ persistence_config: given, worker: false })).rejects.toMatchObject(refusal);
        await expect(other.setPersistence(given)).rejects.toMatchObject(refusal);
        expect((await cl.persistence.getVolumes()).map((volume) => volume.id)).toEqual([id]);
        expect(await other.persistence.getVolumes()).toEqual([]);
        const changes = cl.changes();
        await cl.persistence.deleteKeyValue('seen');
        expect((await changes.next()).value).toMatchObject({ kind: 'key_value', id: 'seen' });
      } finally {
        await cl.close();
        await other.close();
      }
      await expect(cl.Volume.getById('any')).rejects.toMatchObject({ name: 'ContextClosed' });
    });
  },
);

/** A plugin whose `open` fails once, and that forgets to call the base class when it closes. */
class Forgetful extends PersistenceDriver {
  #fails = true;

  override get db(): null {
    return null;
  }

  override async open(...[context]: Parameters<PersistenceDriver['open']>): Promise<void> {
    await super.open(context);
    if (this.#fails) {
      this.#fails = false;
      throw new Error('not yet');
    }
  }

  override async close(): Promise<void> {}
}

test('a plugin that could not be opened, or was closed, can be opened again', async () => {
  const persistence_config = { storage: new Forgetful() };
  await expect(setup({ persistence_config })).rejects.toThrow('not yet');
  const cl = await setup({ persistence_config });
  await expect(setup({ persistence_config })).rejects.toMatchObject({ name: 'InvalidPersistence' });
  await cl.close();
  await (await setup({ persistence_config })).close();
});
