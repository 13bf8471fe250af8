/**
 * A server is killed and restarted while several contexts write to it: every acknowledged change is there, and no
 * refused one. 3 times; CINDERLIB_ROUNDS=20 for more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { contentsOf } from '../support/contents.ts';
import { differences, Operator } from '../support/operator.ts';
import { Random } from '../support/random.ts';
import { rounds, timeFor } from '../support/rounds.ts';
import { serverKinds, useServer } from '../support/server-tests.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

describe.each(serverKinds)('%s', (kind) => {
  const server = useServer(kind, { durable: true });

  test('no acknowledged change is lost when the server is killed', {
    timeout: timeFor(rounds(3), 10_000),
  }, async (context) => {
    server.require(context);
    const random = new Random();
    const connection = await server.running.createDatabase();
    const open = () =>
      setup({
        persistence_config: { storage: 'db', connection, busy_timeout: 30_000 },
        fail_on_missing_backend: false,
      });
    const cl = await open();
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: driver });
    const volume = await backend.createVolume(1);
    const like = await volume.createSnapshot();
    const contexts = await Promise.all([1, 2, 3, 4].map(open));
    const operators = contexts.map(
      (each, number) => new Operator(each, `context ${number}`, new Random(random.seed + number), like, volume),
    );
    let stopped = false;
    const writing = Promise.all(
      operators.map(async (operator) => {
        while (!stopped) await operator.step();
      }),
    );
    for (let round = 0; round < rounds(3); round++) {
      await Promise.race([sleep(200 + random.next() * 400), writing]);
      await server.running.kill();
      await sleep(random.next() * 300);
      await server.running.restart();
    }
    await sleep(300);
    stopped = true;
    await writing;
    const found = await contentsOf(cl);
    expect(found.delete(`volume ${volume.id}`) && found.delete(`snapshot ${like.id}`)).toBe(true);
    const counts = operators.map(({ counts: each }) => each);
    const sum = (name: keyof (typeof counts)[number]): number => counts.reduce((total, each) => total + each[name], 0);
    console.log(
      `${kind}, killed ${rounds(3)} times: ${sum('acknowledged')} changes acknowledged, ${sum('unknown')} unknown, ` +
        `${sum('unavailable')} refused, CINDERLIB_SEED=${random.seed}`,
    );
    expect(
      differences(
        operators.map(({ model }) => model),
        found,
      ),
    ).toEqual([]);
    expect(sum('acknowledged')).toBeGreaterThan(0);
    for (const each of [cl, ...contexts]) await each.close();
  });
});
