/** WebAssembly that traps in the middle of a change: the change is there whole or not at all, and the context goes on. */
import { type Cinderlib, type PersistenceConfig, setup } from 'cinderlib-wasm';
import { type Case, equal } from '../../support/cases.ts';
import { type Trap, trapInThisRealm, trapInWorker } from './trap.ts';

const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

/** The trap is at each of these calls of WebAssembly in turn, until the change takes fewer. */
const places = [1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 135, 200, 300, 450, 675];

/** @param configOf gives the configuration of an empty storage, another one at each call */
export function trapCases(configOf: () => PersistenceConfig): Case[] {
  return [['a change in which WebAssembly traps is stored or not, and the context goes on', () => everyTrap(configOf)]];
}

async function everyTrap(configOf: () => PersistenceConfig): Promise<void> {
  const outcomes = new Set<string>();
  for (const at of places) {
    const config = configOf();
    const trap = config.medium === 'opfs' ? trapInWorker() : trapInThisRealm();
    try {
      if (!(await trapAt(at, trap, config, outcomes))) break;
    } finally {
      trap.remove();
    }
  }
  // The first trap comes before the commit, and the last change is not reached by one.
  equal([outcomes.has('StorageFailure'), outcomes.has('stored')], [true, true]);
}

/** Whether the trap was reached. */
async function trapAt(at: number, trap: Trap, config: PersistenceConfig, outcomes: Set<string>): Promise<boolean> {
  const cl = await setup({ persistence_config: config, worker: trap.worker });
  const backend = await cl.backend({ volume_backend_name: 'fake', volume_driver });
  const volume = await backend.createVolume(1, { name: 'before' });
  volume.display_name = 'after';
  await trap.arm(at);
  const [result] = await Promise.allSettled([volume.save()]);
  const sprung = await trap.disarm();
  const outcome = result.status === 'fulfilled' ? 'stored' : String(result.reason.name);
  outcomes.add(outcome);

  const found = await nameOf(cl, volume.id);
  if (outcome !== 'OutcomeUnknown') equal([outcome, found], [outcome, outcome === 'stored' ? 'after' : 'before']);
  volume.display_name = 'again';
  await volume.save();
  equal(await nameOf(cl, volume.id), 'again');
  await cl.close();
  if (config.storage === 'db') {
    const reopened = await setup({ persistence_config: config, worker: trap.worker, fail_on_missing_backend: false });
    equal(await nameOf(reopened, volume.id), 'again');
    await reopened.close();
  }
  return sprung;
}

async function nameOf(cl: Cinderlib, id: string): Promise<unknown> {
  return (await cl.Volume.getById(id)).name;
}
