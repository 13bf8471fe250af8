/** Users of the published package: programs, compilers, bundlers. */
import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../support/browsers/static-server.ts';
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
  persistenceContract({ test: () => {}, setup, storage: () => ({ storage: 'memory' }) });
  // @ts-expect-error: it is not public
  export type { VersionedObject } from 'cinderlib-wasm';
  export { size };
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
  /** Returns what Deno says about it; rejects if it fails. */
  const run = async (cwd: string, ...parameters: string[]): Promise<string> => {
    const [command] = deno.command ?? [''];
    const env = { ...process.env, DENO_DIR: join(packed.user, 'cache-of-deno'), NO_COLOR: '1' };
    return (await promisify(execFile)(command, parameters, { cwd, env })).stderr;
  };
  const check = async (folder: string, library: string, testing: string, ...options: string[]): Promise<void> => {
    const program = source.replaceAll("'cinderlib-wasm'", `'${library}'`);
    writeFileSync(join(folder, 'program.ts'), program.replace("'cinderlib-wasm/testing'", `'${testing}'`));
    expect(await run(folder, 'check', ...options, 'program.ts')).not.toContain('error');
  };
  const installed = (): string => join(packed.user, 'node_modules/cinderlib-wasm');

  describe('finds the types, and checks against them,', () => {
    it('in node_modules', async (context) => {
      if (deno.command === null) return context.skip(deno.missing);
      await check(packed.user, 'cinderlib-wasm', 'cinderlib-wasm/testing');
    });

    it('in a file that is imported by its path', async (context) => {
      if (deno.command === null) return context.skip(deno.missing);
      const folder = join(packed.user, 'copied');
      cpSync(join(installed(), 'dist'), join(folder, 'dist'), { recursive: true });
      await check(folder, './dist/index.js', './dist/testing.js');
    });

    it('on a web server', async (context) => {
      if (deno.command === null) return context.skip(deno.missing);
      await using server = await startServer({ '/': installed() });
      const dist = `${server.origin}/dist`;
      const allowed = `--allow-import=${new URL(dist).host}`;
      const folder = join(packed.user, 'remote');
      mkdirSync(folder);
      await check(folder, `${dist}/index.js`, `${dist}/testing.js`, allowed);
    });

    it('in a package that JSR accepts', async (context) => {
      if (deno.command === null) return context.skip(deno.missing);
      // A member of a workspace is imported by the name and the exports that JSR would take.
      const folder = join(packed.user, 'workspace');
      const member = join(folder, 'member');
      cpSync(join(installed(), 'dist'), join(member, 'dist'), { recursive: true });
      copyFileSync(join(installed(), 'LICENSE'), join(member, 'LICENSE'));
      copyFileSync(join(root, 'jsr.json'), join(member, 'deno.json'));
      writeFileSync(join(folder, 'deno.json'), '{ "workspace": ["./member"] }');
      await check(folder, '@cinderlib/wasm', '@cinderlib/wasm/testing');
      expect(await run(member, 'publish', '--dry-run', '--allow-dirty')).toContain('Dry run complete');
    });
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
