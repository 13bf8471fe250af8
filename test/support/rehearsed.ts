/** Runs a migration dry and then for real, and expects the same of both. */
import { isCinderlibError, type MigrationReport, migrate, type PersistenceDriver } from 'cinderlib-wasm';
import { expect } from 'vitest';
import { Random } from './random.ts';
import { isRefused, randomWorld, type World, WorldStorage } from './worlds.ts';

/** What a migration ended with: its report, or its error. */
export type Outcome = { readonly report: MigrationReport } | { readonly refused: string; readonly message: string };

async function outcomeOf(from: PersistenceDriver, to: PersistenceDriver, dry_run: boolean): Promise<Outcome> {
  try {
    return { report: await migrate({ storage: from }, { storage: to }, { dry_run }) };
  } catch (error) {
    if (!isCinderlibError(error)) throw error;
    return { refused: error.name, message: error.message };
  }
}

/** Everything that a storage holds. */
async function contentOf(storage: PersistenceDriver): Promise<readonly string[]> {
  const [volumes, snapshots, connections, keyValues] = await Promise.all([
    storage.getVolumes(),
    storage.getSnapshots(),
    storage.getConnections(),
    storage.getKeyValues(),
  ]);
  const objects = [...volumes, ...snapshots, ...connections].map((object) => object.jsons());
  return [...objects, ...keyValues.map(({ key, value }) => JSON.stringify([key, value]))].sort();
}

/**
 * A dry run, which must change nothing, and the real one: both with the same outcome, which is returned.
 *
 * @param content what the target contains
 */
export async function rehearsed(
  from: PersistenceDriver,
  to: PersistenceDriver,
  about = '',
  content: () => Promise<unknown> = () => contentOf(to),
): Promise<Outcome> {
  const before = await content();
  const announced = await outcomeOf(from, to, true);
  expect(await content(), about).toEqual(before);
  const outcome = await outcomeOf(from, to, false);
  expect(announced, about).toEqual(outcome);
  return outcome;
}

/**
 * Migrates random worlds over others that have the same ids.
 *
 * @param to what the worlds are stored in, one after the other
 * @param recordsTimes whether it is a database
 */
export async function expectTheRule(to: PersistenceDriver, recordsTimes: boolean, rounds: number): Promise<void> {
  const random = new Random();
  const source = new WorldStorage();
  const store = async (world: World): Promise<void> => {
    source.world = world;
    await migrate({ storage: source }, { storage: to }, { verify: false });
  };
  for (let round = 0; round < rounds; round++) {
    const withTypes = round % 2 === 1;
    const there = randomWorld(random, `${round}`, withTypes);
    const given = randomWorld(random, `${round}`, withTypes, there);
    const about = `CINDERLIB_SEED=${random.seed}, round ${round}: ${shown(given)} over ${shown(there)}`;
    await store(there);
    source.world = given;
    const outcome = await rehearsed(source, to, about);
    // What a volume type does to a migration depends on the order of its volumes.
    const isAllowed = withTypes ? 'report' in outcome : !isRefused(given, there, recordsTimes);
    const expected = isAllowed ? { report: { differences: [] } } : { refused: 'MigrationConflict' };
    expect(outcome, about).toMatchObject(expected);
    await empty(to);
  }
}

async function empty(storage: PersistenceDriver): Promise<void> {
  for (const connection of await storage.getConnections()) await storage.deleteConnection(connection);
  for (const snapshot of await storage.getSnapshots()) await storage.deleteSnapshot(snapshot);
  for (const volume of await storage.getVolumes()) await storage.deleteVolume(volume);
  for (const keyValue of await storage.getKeyValues()) await storage.deleteKeyValue(keyValue);
}

function shown(world: World): string {
  return JSON.stringify(Object.entries(world).map(([kind, objects]) => [kind, ...objects]));
}
