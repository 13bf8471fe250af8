/**
 * The contract of storages on servers, on Deno and Bun; test/contract covers Node. Each of the two runs on one server;
 * with CINDERLIB_ROUNDS=2, on both.
 */
import { describe, expect, test } from 'vitest';
import { startProgram } from '../support/program.ts';
import { rounds } from '../support/rounds.ts';
import { bun, deno } from '../support/runtimes.ts';
import { serverKinds, useProgram, useServer } from '../support/server-tests.ts';

const program = useProgram(new URL('./programs/contract.ts', import.meta.url));

describe.each(serverKinds)('%s', (kind) => {
  const server = useServer(kind);

  const pairs = { mysql: [deno, bun], postgresql: [bun, deno] };
  test.for(pairs[kind].slice(0, rounds(1)))(
    'the storage meets the contract on $name',
    { timeout: 240_000 },
    async ({ command, missing }, context) => {
      server.require(context);
      if (command === null) return context.skip(missing);
      const running = startProgram<{ tests: number; failures: string[] }>([
        ...command,
        program.path,
        await server.running.createDatabase(),
      ]);
      const { tests, failures } = await running.heard(() => true);
      expect(failures).toEqual([]);
      expect(tests).toBeGreaterThan(30);
      // Idle connections must not keep a program alive.
      expect(await running.ended).toMatchObject({ code: 0 });
    },
  );
});
