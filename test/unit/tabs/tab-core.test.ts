/** The core of a worker in a browser: it belongs to one context, even if two send it commands. */
import { expect, test } from 'vitest';
import type { Answer, Command } from '../../../src/rpc/contract.ts';
import { TabCore } from '../../../src/tabs/tab-core.ts';
import { failureOf } from '../../support/failure-of.ts';
import { config } from '../../support/tab-world.ts';

test('a core that has a database open opens no other one', async () => {
  const asked: Command['kind'][] = [];
  const core = {
    async call<C extends Command>({ kind }: C): Promise<Answer<C>> {
      asked.push(kind);
      return null as Answer<C>;
    },
  };
  const tabCore = new TabCore({ makeCore: () => core, warmUp: async () => {} });
  await tabCore.call({ kind: 'open', config: { ...config, medium: 'memory' } });
  for (const medium of ['memory', 'indexeddb'] as const) {
    const error = await failureOf(tabCore.call({ kind: 'open', config: { ...config, medium } }));
    expect([error.name, error.message]).toEqual(['DatabaseError', expect.stringContaining('open already')]);
  }
  await tabCore.call({ kind: 'getKeyValues', key: null });
  expect(asked).toEqual(['open', 'getKeyValues']);
});
