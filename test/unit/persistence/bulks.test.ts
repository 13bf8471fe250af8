/** Bulks of one context run one after the other, so that none interferes with another, whatever its outcome. */
import { expect, test } from 'vitest';
import { DatabasePersistence } from '../../../src/persistence/database.ts';
import type { CoreClient } from '../../../src/rpc/client.ts';
import type { Command, CoreConfig } from '../../../src/rpc/contract.ts';
import { wireVersion } from '../../../src/rpc/wire-version.ts';
import { config } from '../../support/tab-world.ts';

function storage() {
  const sent: string[] = [];
  const core = {
    lost: null,
    onChanges: () => {},
    close: async () => {},
    open: async () => {
      sent.push('open');
      const none = { columns: [], rows: [] };
      return {
        version: wireVersion,
        default_type: { volume_types: none, volume_type_extra_specs: none },
        lock_file: null,
      };
    },
    call: async ({ kind }: Command) => {
      sent.push(kind);
      if (kind === 'commitBulk') throw new Error('the disk is full');
      return null;
    },
  } as unknown as CoreClient;
  return { sent, persistence: new DatabasePersistence('db', {}, config satisfies CoreConfig, async () => core) };
}

test('a bulk begins once the one before it was committed or rolled back, even if that failed', async () => {
  const { sent, persistence } = storage();
  await persistence.open({ reportChanges: () => {} } as never);
  const [first, second, third] = [persistence.bulk(), persistence.bulk(), persistence.bulk()];
  await (await first).append([]);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(sent).toEqual(['open', 'beginBulk', 'appendBulk']);
  await expect((await first).commit()).rejects.toThrow('the disk is full');
  await (await second).rollback();
  await (await third).rollback();
  const end = ['beginBulk', 'rollbackBulk'];
  expect(sent).toEqual(['open', 'beginBulk', 'appendBulk', 'commitBulk', ...end, ...end]);
});

test('the parts of a bulk are refused once its storage is closed, and leave nothing in doubt', async () => {
  const { sent, persistence } = storage();
  await persistence.open({ reportChanges: () => {} } as never);
  const bulk = await persistence.bulk();
  await bulk.append([]);
  await persistence.close();
  for (const part of [bulk.append([]), bulk.commit(), bulk.rollback()]) {
    await expect(part).rejects.toMatchObject({ code: 'CONTEXT_CLOSED' });
  }
  expect(sent).toEqual(['open', 'beginBulk', 'appendBulk', 'close']);
});
