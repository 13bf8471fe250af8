/**
 * What every runtime must pass with the files of `dist/`: the contract of storages, and the texts of Python.
 * It has nothing of Node and of a test runner: a page runs it as it is.
 */
import { DatabaseUnavailable, migrate, type PersistenceConfig, setup } from 'cinderlib-wasm';
import { persistenceContract } from 'cinderlib-wasm/testing';
import type { GoldenAnswers, GoldenQuery } from '../../support/golden.ts';
import { checkAnswers, checkQueries } from '../../support/golden-answers.ts';
import { fileCases } from './opfs-files.ts';
import type { Failure, Outcome, StorageName, Task } from './task.ts';
import { trapCases } from './traps.ts';

/** Gives the bytes of a file below a folder that the runtime can reach. */
export type ReadFile = (path: string) => Promise<Uint8Array<ArrayBuffer>>;

const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

/** Runs one task with the files of `dist/` and the goldens, which `readDist` and `readGolden` give. */
export async function runTask(task: Task, readDist: ReadFile, readGolden: ReadFile): Promise<Outcome> {
  if (task.kind === 'hashes') {
    const hashes: [string, string][] = [];
    for (const file of task.files) hashes.push([file, await sha256(await readDist(file))]);
    return { passed: [], failed: [], hashes };
  }
  const tests = testsOf(task, readGolden);
  const passed: string[] = [];
  const failed: Failure[] = [];
  for (const [name, body] of tests) {
    try {
      await body();
      passed.push(name);
    } catch (error) {
      failed.push({ name, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
    }
  }
  return { passed, failed, hashes: [] };
}

type Tests = readonly (readonly [name: string, body: () => Promise<void>])[];

function testsOf(task: Exclude<Task, { kind: 'hashes' }>, readGolden: ReadFile): Tests {
  switch (task.kind) {
    case 'contract':
      return contractTests(task.storage);
    case 'refusals':
      return openings(configOf(task.storage));
    case 'traps':
      return trapCases(() => configOf(task.storage));
    case 'files':
      return fileCases().filter(([name]) => new RegExp(task.matching).test(name));
    case 'goldens':
      return goldenTests(task, readGolden);
  }
}

function contractTests(storage: StorageName): Tests {
  const tests: [string, () => Promise<void>][] = [];
  persistenceContract({ test: (name, body) => tests.push([name, body]), setup, storage: () => configOf(storage) });
  tests.push(['a dry run into a storage that does not exist yet does not create it', () => dryRun(configOf(storage))]);
  return tests;
}

function openings(persistence_config: PersistenceConfig): Tests {
  const open = async (options: PersistenceConfig): Promise<void> => {
    const cl = await setup({ persistence_config: { ...persistence_config, ...options } });
    await cl.close();
  };
  return [
    ['opening', () => open({})],
    ['opening with initial content', () => open({ from: new Uint8Array(512) })],
    ['opening for reading', () => open({ read_only: true })],
  ];
}

async function dryRun(to: PersistenceConfig): Promise<void> {
  const announced = await migrate({ storage: 'memory' }, to, { dry_run: true });
  const created =
    to.storage === 'db' && (await setup({ persistence_config: { ...to, read_only: true } }).catch(isMissing));
  if (created !== false) throw new Error(`The dry run has created ${String(to.connection)}.`);
  const report = await migrate({ storage: 'memory' }, to);
  if (JSON.stringify(report) !== JSON.stringify(announced))
    throw new Error(`It announced ${JSON.stringify(announced)}.`);
}

/** False for the error that there is no such database. */
function isMissing(error: unknown): false {
  if (error instanceof DatabaseUnavailable && error.missing === true) return false;
  throw error;
}

function goldenTests({ storage, goldens }: Extract<Task, { kind: 'goldens' }>, readGolden: ReadFile): Tests {
  return goldens.map(({ name, file, expected, backends, queries }) => [
    name,
    async () => {
      const from = await unpacked(await readGolden(file), file);
      const answers = JSON.parse(new TextDecoder().decode(await unpacked(await readGolden(expected), expected)));
      const cl = await setup({ persistence_config: { ...configOf(storage), from } });
      try {
        for (const volume_backend_name of backends) await cl.backend({ volume_backend_name, volume_driver });
        await checkAnswers(cl, answers as GoldenAnswers);
        await checkQueries(cl, queries as readonly GoldenQuery[]);
      } finally {
        await cl.close();
      }
    },
  ]);
}

/** An empty storage, another one at each call: every medium that the matrix has, one line each. */
function configOf(storage: StorageName): PersistenceConfig {
  const connection = `sqlite:///suite-${crypto.randomUUID()}.sqlite`;
  switch (storage) {
    case 'memory':
    case 'memory_db':
      return { storage };
    default:
      return { storage: 'db', connection, medium: storage };
  }
}

async function unpacked(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<Uint8Array<ArrayBuffer>> {
  if (!file.endsWith('.gz')) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
