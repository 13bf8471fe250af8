/** An engine that traps under whole contexts on the calling thread: whatever was called fails, and the next call works. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Cinderlib, KeyValue, migrate, type PersistenceConfig, setup } from '../../../src/index.ts';
import { copyGolden, inTemporaryFolder } from '../../support/golden.ts';
import { integrity } from '../../support/tables.ts';
import { Trap } from './trapping-engine.ts';

let trap = new Trap();

/** Every engine of this thread can trap at each call of one of its functions, also those that allocate memory. */
beforeAll(() => {
  const native = WebAssembly.instantiate;
  const instantiate = async (module: WebAssembly.Module, imports?: WebAssembly.Imports) => {
    const { exports } = await native(module, imports);
    const own = trap;
    const parts = Object.entries(exports).map(([name, part]) => {
      if (typeof part !== 'function') return [name, part];
      // One trap for each engine: calls of the engine after its trap are counted, those of the next one are not.
      return [name, own.wrap(part as () => number)];
    });
    return { exports: Object.fromEntries(parts) };
  };
  vi.spyOn(WebAssembly, 'instantiate').mockImplementation(instantiate as never);
});
afterAll(() => void vi.restoreAllMocks());

const at = (path: string): PersistenceConfig => ({ storage: 'db', connection: `sqlite:///${path}` });
const open = (persistence_config: PersistenceConfig): Promise<Cinderlib> =>
  setup({ persistence_config, worker: false, fail_on_missing_backend: false });

/** Has the engine trap at some of its calls during `call`, expects that to fail, and then `again` to work. */
async function atSomeCalls(
  prepare: () => Promise<{ call: () => Promise<unknown>; again: () => Promise<void>; end: () => Promise<void> }>,
): Promise<void> {
  let sprung = 0;
  for (const late of [false, true]) {
    for (const place of [1, 5, 40, 600]) {
      const { call, again, end } = await prepare();
      const armed = trap;
      armed.arm(place, late);
      // The engine that takes its place has a trap of its own, which is not armed.
      trap = new Trap();
      const [result] = await Promise.allSettled([call()]);
      armed.disarm();
      if (armed.sprung) {
        sprung += 1;
        if (result.status === 'fulfilled') expect.unreachable();
        expect(result.reason.name).toMatch(/^(?:StorageFailure|OutcomeUnknown)$/);
        expect(result.reason.cause).toBeInstanceOf(WebAssembly.RuntimeError);
      } else {
        trap = armed;
        expect(result.status).toBe('fulfilled');
      }
      await again();
      expect(armed.later).toBe(0);
      await end();
    }
  }
  expect(sprung).toBeGreaterThan(3);
}

test('exportDatabase() fails, and then exports the same as before', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('rich.sqlite', join(folder, 'cl.sqlite'));
    const cl = await open(at(path));
    const bytes = async (): Promise<Buffer> => Buffer.from(await (await cl.exportDatabase()).arrayBuffer());
    const before = await bytes();
    await atSomeCalls(async () => ({
      call: bytes,
      again: async () => expect((await bytes()).equals(before)).toBe(true),
      end: async () => {},
    }));
    await cl.close();
  });
});

test('reading with read_only fails, and then works again', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('rich.sqlite', join(folder, 'cl.sqlite'));
    const cl = await open({ ...at(path), read_only: true });
    await atSomeCalls(async () => ({
      call: () => cl.persistence.getVolumes(),
      again: async () => {
        expect((await cl.persistence.getVolumes()).length).toBe(55);
        await cl.refresh();
      },
      end: async () => {},
    }));
    await cl.close();
  });
});

test('a save fails and is not stored, unless it may be, and contexts on other databases go on', async () => {
  await inTemporaryFolder(async (folder) => {
    const [path, other] = [join(folder, 'cl.sqlite'), await open({ storage: 'memory_db' })];
    const cl = await open(at(path));
    let n = 0;
    await atSomeCalls(async () => {
      const [key, earlier] = [`k${++n}`, (await cl.persistence.getKeyValues()).length];
      const save = (): Promise<void> => cl.persistence.setKeyValue(new KeyValue(key, 'v'));
      let stored = [0, 1];
      return {
        call: async () => {
          const [result] = await Promise.allSettled([save()]);
          if (result.status === 'fulfilled') stored = [1];
          else if (result.reason.name === 'StorageFailure') stored = [0];
          await (result.status === 'rejected' && Promise.reject(result.reason));
        },
        again: async () => {
          await other.persistence.setKeyValue(new KeyValue('k', key));
          expect(stored).toContain((await cl.persistence.getKeyValues()).length - earlier);
          await save();
        },
        end: async () => {},
      };
    });
    await cl.close();
    await other.close();
    expect(integrity(path)).toBe('ok');
  });
});

test.each([true, false])(
  'migrate() fails, having stored all or nothing, and can be repeated (dry_run: %s)',
  async (dry_run) => {
    await inTemporaryFolder(async (folder) => {
      const from = await open({ ...at(copyGolden('rich.sqlite', join(folder, 'from.sqlite'))), read_only: true });
      let n = 0;
      await atSomeCalls(async () => {
        const to = await open(at(join(folder, `to${++n}.sqlite`)));
        const run = () => migrate({ storage: from.persistence }, { storage: to.persistence }, { dry_run });
        return {
          call: run,
          again: async () => {
            expect([0, 55]).toContain((await to.persistence.getVolumes()).length);
            expect(await run()).toMatchObject({ volumes: 55, differences: [] });
          },
          end: () => to.close(),
        };
      });
      await from.close();
    });
  },
);
