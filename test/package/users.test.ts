/** Users of the published package: programs, compilers, bundlers. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deno } from '../support/runtimes.ts';
import { installPacked, type PackedPackage, root } from './packed.ts';

let packed: PackedPackage;

beforeAll(() => {
  packed = installPacked();
  // Only for those that request them with `types: ['node']`.
  symlinkSync(join(root, 'node_modules/@types'), join(packed.user, 'types'), 'dir');
});
afterAll(() => packed.remove());

function write(name: string, text: string): string {
  writeFileSync(join(packed.user, name), text);
  return join(packed.user, name);
}

describe('a program', () => {
  const program = `
    import { setup } from 'cinderlib-wasm';
    const options = { worker: process.argv[2] === 'worker' };
    const open = () =>
      setup({ persistence_config: { storage: 'db', connection: 'sqlite:///' + process.argv[3] }, ...options });
    const lvm = { volume_backend_name: 'lvm', volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver' };
    const cl = await open();
    const vol = await (await cl.backend(lvm)).createVolume(1, { name: 'kept' });
    await cl.close();
    const later = await open();
    await later.backend(lvm);
    const again = await later.Volume.getById(vol.id);
    console.log(again.name, again.size, again.status);
    await later.close();
  `;

  it.each(['worker', 'no worker'])('stores a volume and finds it again, with %s', (worker) => {
    const database = join(packed.user, `${worker.replace(' ', '-')}.sqlite`);
    const { stdout, stderr } = spawnSync(process.execPath, [write('program.mjs', program), worker, database], {
      cwd: packed.user,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(stdout).toBe('kept 1 available\n');
  });

  it('can import the package without side effects', () => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        "await import('cinderlib-wasm'); console.log(process.getActiveResourcesInfo().length);",
      ],
      { cwd: packed.user, encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    // Standard output itself counts if it is a pipe.
    expect(Number(stdout)).toBeLessThanOrEqual(1);
  });
});

/** A program that compiles only if the types are there and correct. */
const source = `
  import { type ModelUpdate, registerVolumeDriver, setup, type SetupOptions, VolumeDriver } from 'cinderlib-wasm';
  import { persistenceContract } from 'cinderlib-wasm/testing';
  class Mine extends VolumeDriver {
    override getVolumeStats() { return { free_capacity_gb: 1 }; }
    override async createVolume(volume: { readonly id: string }): Promise<ModelUpdate> { return { provider_id: volume.id }; }
  }
  registerVolumeDriver('mine', Mine);
  const options: SetupOptions = { worker: false };
  const cl = await setup(options);
  const name: string | null = (await cl.Volume.getById('1')).display_name;
  // @ts-expect-error: a name is no number, so the types are there
  const size: number = name;
  const file = await cl.exportDatabase();
  await setup({ persistence_config: { storage: 'memory_db', from: file } });
  export const content: Promise<ArrayBuffer> = file.slice(0, 16).arrayBuffer();
  // @ts-expect-error: a Blob has no such property
  export const nothing = file.lines;
  export { persistenceContract, size };
`;

describe("a user's compiler", () => {
  it.each([
    ['Node', { module: 'nodenext', lib: ['es2022'], types: ['node'], typeRoots: ['./types'] }],
    ['a bundler for browsers', { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'], types: [] }],
    ['no platform', { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022'], types: [] }],
    ['a bundler for Node', { module: 'preserve', lib: ['es2022'], types: ['node'], typeRoots: ['./types'] }],
  ])('for %s finds the types, and checks against them', (_, options) => {
    write('program.ts', source);
    const compilerOptions = { target: 'es2022', strict: true, noEmit: true, skipLibCheck: false, ...options };
    const config = write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', config], { cwd: packed.user, encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});

describe('Deno', () => {
  it('finds the types, and checks against them', (context) => {
    if (deno.command === null) return context.skip(deno.missing);
    write('program.ts', source);
    const [command] = deno.command;
    const { status, stderr } = spawnSync(command, ['check', 'program.ts'], { cwd: packed.user, encoding: 'utf8' });
    expect(stderr).not.toContain('error');
    expect(status).toBe(0);
  });
});

describe("a user's bundler", () => {
  const bundle = async (text: string): Promise<string> => {
    const { outputFiles } = await build({
      stdin: { contents: text, resolveDir: packed.user },
      bundle: true,
      format: 'esm',
      platform: 'browser',
      outdir: 'out',
      minify: true,
      write: false,
      logLevel: 'silent',
    });
    return outputFiles.map((file) => file.text).join('\n');
  };

  it('bundles the package for browsers without stand-ins for modules of Node', async () => {
    const text = await bundle("import { setup } from 'cinderlib-wasm'; setup();");
    expect(text).toContain('core-node.js');
  });

  it('drops the package if nothing of it is used', async () => {
    expect((await bundle("import 'cinderlib-wasm'; import { setup } from 'cinderlib-wasm';")).trim()).toBe('');
  });

  it('says what a bundle for Node lacks, and runs once it is there', async () => {
    const bundled = async (format: 'esm' | 'cjs', name: string): Promise<() => string> => {
      const contents = `
        import { setup } from 'cinderlib-wasm';
        const opened = setup({ persistence_config: { storage: 'memory_db' } });
        opened.then((cl) => cl.close()).then(() => console.log('closed'), (error) => console.log(error.message));
      `;
      const outfile = join(packed.user, name);
      const stdin = { contents, resolveDir: packed.user };
      await build({ stdin, bundle: true, format, platform: 'node', outfile, logLevel: 'silent' });
      return () => spawnSync(process.execPath, [outfile], { encoding: 'utf8' }).stdout;
    };
    const remedy = 'Bundle this library as an ES module, with core-node.js and sql-wasm.wasm beside it.';
    const [module, script] = [await bundled('esm', 'bundle.mjs'), await bundled('cjs', 'bundle.cjs')];
    expect(script()).toContain(remedy);
    expect(module()).toContain(remedy);
    const own = join(packed.user, 'node_modules/cinderlib-wasm/dist');
    for (const file of ['core-node.js', 'sql-wasm.wasm']) copyFileSync(join(own, file), join(packed.user, file));
    expect(module()).toBe('closed\n');
  });
});
