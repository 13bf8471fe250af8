/** What `info()` says about keeping and leading, for each kind of storage; docs/storage.md has the same table. */
import { join } from 'node:path';
import { type StorageInfo, setup } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { NoteBook } from '../../../examples/support/note-book.ts';
import { inTemporaryFolder } from '../../support/golden.ts';

/** A plugin that tells what it knows. */
class Telling extends NoteBook {
  override async info(): Promise<StorageInfo> {
    const unknown = { size: null, revision: '', versions: {}, native_locks: null };
    return { ...unknown, medium: 'filesystem', durability: 'full', persisted: true, leader: true, read_only: false };
  }
}

test('info() says whether the data is kept, and whether this context writes it', async () => {
  await inTemporaryFolder(async (folder) => {
    const file = { storage: 'db', connection: `sqlite:///${join(folder, 'cl.sqlite')}` };
    for (const [config, persisted, leader] of [
      [{ storage: 'memory' }, false, true],
      [{ storage: 'memory_db' }, false, true],
      [{ storage: 'db', connection: 'sqlite://' }, false, true],
      [file, true, true],
      [{ ...file, read_only: true }, true, false],
      [{ storage: NoteBook }, false, true],
      [{ storage: Telling }, true, true],
    ] as const) {
      const cl = await setup({ persistence_config: config });
      expect(await cl.info(), JSON.stringify(config)).toMatchObject({ persisted, leader });
      await cl.close();
    }
  });
});
