/** Files of the browser's private file system as volumes: the contract of drivers, and what only browsers have. */
import { type Backend, setup, type Volume } from 'cinderlib-wasm';
import { type Bytes, volumeDriverContract } from 'cinderlib-wasm/testing';
import { type Case, equal, failure } from '../../support/cases.ts';

const volume_driver = 'cinderlib_wasm.drivers.FileVolumeDriver';

/** A folder below another one, for each test another. */
let folder = '';
const path = (name: string): string[] => ['volumes', folder, name];

function backend(): { volume_backend_name: string; volume_driver: string; directory: string } {
  folder = crypto.randomUUID();
  return { volume_backend_name: 'files', volume_driver, directory: `/volumes/${folder}/` };
}

async function folderHandle(): Promise<FileSystemDirectoryHandle> {
  const volumes = await (await navigator.storage.getDirectory()).getDirectoryHandle('volumes', { create: true });
  return volumes.getDirectoryHandle(folder, { create: true });
}

async function names(): Promise<string[]> {
  const found: string[] = [];
  for await (const name of (await folderHandle()).keys()) found.push(name);
  return found.sort();
}

/** A worker of the site that has a file open, as a program that uses a volume would. */
class Holder {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async open(file: readonly string[]): Promise<Holder> {
    const program = `let handle;
      onmessage = async ({ data: { path, write, at } }) => {
        if (path) {
          let folder = await navigator.storage.getDirectory();
          for (const name of path.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
          handle = await (await folder.getFileHandle(path.at(-1))).createSyncAccessHandle();
        } else if (write) {
          handle.write(write, { at });
          handle.flush();
        } else handle.close();
        postMessage(null);
      };`;
    const holder = new Holder(new Worker(URL.createObjectURL(new Blob([program]))));
    await holder.#ask({ path: file });
    return holder;
  }

  async write(at: number, bytes: Uint8Array): Promise<void> {
    await this.#ask({ write: bytes, at });
  }

  async close(): Promise<void> {
    await this.#ask({});
    this.#worker.terminate();
  }

  #ask(message: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = () => resolve();
      this.#worker.onerror = ({ message: text }) => reject(new Error(text));
      this.#worker.postMessage(message);
    });
  }
}

const bytes: Bytes = {
  async read({ id }, at, length) {
    const file = await (await (await folderHandle()).getFileHandle(`volume-${id}`)).getFile();
    return new Uint8Array(await file.slice(at, at + length).arrayBuffer());
  },
  async write({ id }: Volume, at, written) {
    const holder = await Holder.open(path(`volume-${id}`));
    await holder.write(at, written);
    await holder.close();
  },
};

async function cleanUp(): Promise<void> {
  // A browser without such files has nothing to remove.
  if (typeof navigator.storage?.getDirectory !== 'function') return;
  const volumes = await (await navigator.storage.getDirectory()).getDirectoryHandle('volumes');
  await volumes.removeEntry(folder, { recursive: true });
}

export function fileCases(): Case[] {
  const contract: Case[] = [];
  const test = (name: string, body: () => Promise<void>): unknown => contract.push([name, body]);
  volumeDriverContract({ test, setup, backend, bytes, leftovers: names, cleanUp });
  return [...contract, ...own.map(([name, body]): Case => [name, () => withBackend(body)])];
}

/** Without `await using`: not every browser has its symbol. */
async function withBackend(body: (files: Backend) => Promise<void>): Promise<void> {
  const cl = await setup();
  try {
    await body(await cl.backend(backend()));
  } finally {
    await cl.close();
    await cleanUp();
  }
}

const own: readonly (readonly [name: string, body: (files: Backend) => Promise<void>])[] = [
  [
    'a volume that a worker has open cannot be cloned, extended or deleted',
    async (files) => {
      const volume = await files.createVolume(1);
      const holder = await Holder.open(path(`volume-${volume.id}`));
      try {
        for (const refused of [() => volume.clone(), () => volume.extend(2)]) {
          const error = await failure(refused());
          equal([error.name, error.message.startsWith(`volume-${volume.id} is open`)], ['VolumeIsBusy', true]);
        }
        equal((await failure(volume.delete())).name, 'VolumeIsBusy');
      } finally {
        await holder.close();
      }
      equal(await names(), [`volume-${volume.id}`]);
      await volume.delete();
      equal(await names(), []);
    },
  ],
  [
    'doSetup() removes the partial files of a page that went away, and no other file',
    async ({ driver }) => {
      const left = await folderHandle();
      for (const name of ['.volume-a.part', 'mine.part']) await left.getFileHandle(name, { create: true });
      await driver.doSetup(null);
      equal(await names(), ['mine.part']);
    },
  ],
  [
    'clones made at once all hold the content, and no volume is overwritten',
    async (files) => {
      const volume = await files.createVolume(1);
      await bytes.write(volume, 12_345, new Uint8Array(10_000).fill(7));
      const copies = await Promise.all([volume.clone(), volume.clone()]);
      for (const copy of copies) {
        const found = await bytes.read(copy, 12_345, 10_000);
        equal([found.length, found.every((byte) => byte === 7)], [10_000, true]);
      }
      const again = await failure(Promise.resolve(files.driver.createVolume(volume)));
      equal([again.name, (await names()).length], ['DuplicateEntry', 3]);
    },
  ],
];
