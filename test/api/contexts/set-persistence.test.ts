/** Exchanging the storage of a context: what a storage that fails to open or to close leaves. */
import { type Context, KeyValue, migrate, PersistenceDriver, setup } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { NoteBook } from '../../../examples/support/note-book.ts';
import { pooled } from '../../support/pooled-backend.ts';

class Plugin extends PersistenceDriver {
  override get db() {
    return null;
  }
}

test('setPersistence() fails with OldStorageNotClosed if only closing the old storage failed', async () => {
  class Stuck extends Plugin {
    override async close() {
      throw new Error('the disk is gone');
    }
  }
  const cl = await setup({ persistence_config: { storage: Stuck } });
  const error = await cl.setPersistence({ storage: 'memory_db' }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    name: 'OldStorageNotClosed',
    code: 'OLD_STORAGE_NOT_CLOSED',
    message:
      "The storage 'memory_db' is in use now, but the old one, 'Stuck', could not be closed: the disk is gone. " +
      'Check that it holds the changes that it acknowledged.',
    cause: new Error('the disk is gone'),
  });
  expect(cl.persistence.storageName).toBe('memory_db');
  await cl.persistence.setKeyValue(new KeyValue('k', 'v'));
  await cl.close();
});

test('a storage without db is refused, and the old one stays in use', async () => {
  class NoDb extends PersistenceDriver {
    static closed = 0;
    override async close() {
      NoDb.closed += 1;
      await super.close();
    }
  }
  const cl = await setup({ persistence_config: { storage: 'memory_db' } });
  await cl.backend(pooled);
  await expect(cl.setPersistence({ storage: NoDb })).rejects.toMatchObject({ name: 'NotImplemented' });
  expect([cl.persistence.storageName, NoDb.closed]).toEqual(['memory_db', 1]);
  await cl.close();
});

test('a storage that failed to open is not open, and is opened again by the next attempt', async () => {
  class Moody extends NoteBook {
    isReady = false;
    attempts = 0;
    override async open(context: Context): Promise<void> {
      await super.open(context);
      this.attempts += 1;
      if (this.attempts === 1) throw new Error('not yet');
      this.isReady = true;
    }
  }
  const [first, second] = [new Moody(), new Moody()];
  await expect(setup({ persistence_config: { storage: first } })).rejects.toThrow('not yet');
  expect(first.isOpen).toBe(false);
  // A migration uses storages that are open, and opens the others.
  await migrate({ storage: first }, { storage: 'memory' });
  expect([first.isReady, first.attempts]).toEqual([true, 2]);
  const cl = await setup();
  await expect(cl.setPersistence({ storage: second })).rejects.toThrow('not yet');
  expect(second.isOpen).toBe(false);
  await cl.close();
});

test('close() waits for a setPersistence() under way, and so does a second close()', async () => {
  const opened: string[] = [];
  class Slow extends NoteBook {
    override async open(...parameters: Parameters<NoteBook['open']>) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await super.open(...parameters);
      opened.push('open');
    }
    override async close() {
      opened.push('close');
      await super.close();
    }
  }
  const cl = await setup();
  const switching = cl.setPersistence({ storage: Slow });
  await Promise.all([cl.close(), cl.close(), switching]);
  expect(opened).toEqual(['open', 'close']);
  expect(() => cl.persistence).toThrow('closed');
});
