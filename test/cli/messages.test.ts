/** The error messages for arguments of the wrong kind. */
import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { migrate } from 'cinderlib-wasm';
import { expect, test, vi } from 'vitest';
import { shownUrl } from '../../src/urls/database-url.ts';
import { cli, program } from '../support/cli.ts';
import { copyGolden, goldenBytes, inTemporaryFolder } from '../support/golden.ts';
import { bun, deno, newNode, node } from '../support/runtimes.ts';

// These tests run processes one after the other, on machines that are busy with other work.
vi.setConfig({ testTimeout: 180_000 });

test('unreadable sources and unwritable targets are explained, with the remedy', async () => {
  await inTemporaryFolder(async (folder) => {
    copyGolden('one.sqlite', join(folder, 'one.sqlite'));
    writeFileSync(join(folder, 'package.json'), '{"name": "no dump"}');
    writeFileSync(join(folder, 'torn.json'), '["torn');
    const ovo = { 'versioned_object.namespace': 'cinder', 'versioned_object.name': 'Volume' };
    const data = { 'versioned_object.version': '1.9', 'versioned_object.data': { id: 'v', created_at: 'yesterday' } };
    const volume = { class: 'Volume', backend: { volume_backend_name: 'b' }, ovo: { ...ovo, ...data } };
    const [key, pod] = [
      { class: 'KeyValue', key: 'k', value: 'v' },
      { apiVersion: 'v1', kind: 'Pod' },
    ];
    const resource = (json: string): unknown => {
      return { apiVersion: 'ember-csi.io/v1', kind: 'Volume', metadata: { name: 'vol-1', annotations: { json } } };
    };
    for (const [name, value] of Object.entries({
      'odd.json': [key, volume],
      'token.json': [key, volume],
      'partial.json': [key, { ...volume, ovo: undefined }],
      'ember.json': resource(JSON.stringify(volume)),
      'ember-torn.json': { ...pod, kind: 'List', items: [pod, resource('{"class": "Vol')] },
      'pod.json': pod,
    })) {
      writeFileSync(join(folder, name), JSON.stringify(value));
    }
    writeFileSync(join(folder, 'empty.sql'), '');
    writeFileSync(join(folder, 'zeros.sqlite'), new Uint8Array(4096));
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'torn.sql.gz'), gzipSync('-- PostgreSQL database dump').subarray(0, 30));
    copyGolden('no-default-type.sqlite.gz', join(folder, 'untyped.sqlite'));
    const input = goldenBytes('one.sqlite');
    const given = readdirSync(folder).sort();
    for (const [command, message] of [
      [['info', '-'], 'This is a SQLite database'],
      [['ls', '.'], 'Cannot read .: it is a folder'],
      [
        ['convert', 'empty.sql', 'new.sqlite'],
        'error: empty.sql: the file is empty, so what should have written it has failed.',
      ],
      [['ls', 'zeros.sqlite'], 'error: zeros.sqlite: The file begins with a zero byte: it is not text'],
      [['convert', 'one.sqlite', 'folder'], 'error: Cannot create folder: it is a folder (EISDIR). Name a file.'],
      [
        ['convert', 'one.sqlite', 'folder/', '--dry-run'],
        'error: Cannot create folder/: it is a folder (EISDIR). Name a file.',
      ],
      [['migrate', 'one.sqlite', 'sqlite://'], 'error: sqlite:// is a storage in memory: what is copied there is gone'],
      [['load', 'one.sqlite', '{}'], 'error: {} is a storage in memory: what is copied there is gone'],
      [['migrate', 'one.sqlite', '{"storage": "memory_db"}'], 'is a storage in memory: what is copied there is gone'],
      [['info', 'mysql://u@h:99999/d'], 'error: The port of mysql://u@h:99999/d is no number up to 65535.'],
      [['ls', 'package.json'], 'This JSON is neither a cinderlib dump'],
      [
        ['convert', 'one.sqlite', 'nowhere/out.json'],
        'Cannot write nowhere/out.json: no such file or folder (ENOENT). Create',
      ],
      [['convert', 'one.sqlite', 'nowhere/out.sqlite'], 'Cannot create nowhere/out.sqlite: no such file or folder'],
      [['convert', 'one.sqlite', 'one.sqlite/out.sqlite'], 'Cannot create one.sqlite/out.sqlite: part of the path'],
      [
        ['ls', 'torn.json'],
        'error: torn.json: Unterminated string starting at: line 1 column 2 (char 1). The text ends too early: it was truncated.\n',
      ],
      // The part of the file that the error is about.
      [['ls', 'odd.json'], "error: odd.json: element 2 of the dump: Unable to parse date string 'yesterday'\n"],
      [['ls', 'token.json'], "error: token.json: element 2 of the dump: Unable to parse date string 'yesterday'\n"],
      [
        ['ls', 'partial.json'],
        "error: partial.json: Element 2 of the dump: The key 'ovo' is missing in the dump: it is not what jsons() or dumps() write.\n",
      ],
      [['ls', 'ember.json'], `error: ember.json: Volume "vol-1": Unable to parse date string 'yesterday'\n`],
      [['ls', 'ember-torn.json'], 'error: ember-torn.json: Volume "vol-1": Unterminated string starting at: line 1'],
      [['ls', 'pod.json'], "error: pod.json: No resource in kubectl's output is ember-csi's: "],
      [['check', 'torn.json'], 'torn.json is a dump, not a database. Convert it first: cinderlib convert'],
      [['check', '-'], 'error: check cannot read standard input: name the file or URL of the database.\n'],
      [['migrate', 'one.sqlite', '-'], 'alone. For JSON on standard output: cinderlib convert FROM -\n'],
      [['check', 'none.sqlite'], 'no such file (ENOENT). Check the path: reading creates no database.'],
      [['ls', 'C:\\data\\cl.sqlite'], 'Cannot read C:\\data\\cl.sqlite: no such file.'],
      [['ls', 'torn.sql.gz'], 'error: torn.sql.gz: The gzip file cannot be decompressed: '],
      [['ls', 'file:good.sqlite'], 'Cannot read file:good.sqlite: no such file.'],
    ] as const) {
      const ran = await cli(command, { cwd: folder, input });
      expect.soft(ran, command.join(' ')).toMatchObject({ code: 1, out: '' });
      expect.soft(ran.err).toContain(message);
      // One error on one line.
      expect.soft(ran.err).toMatch(/^error: .*\n$/);
    }
    expect(readdirSync(folder).sort()).toEqual(given);
  });
});

test('a file whose name is that of a secret is not taken for a key in messages about it', async () => {
  await inTemporaryFolder(async (folder) => {
    const unknown = 'The text is not a known kind of dump';
    for (const name of ['passwd', 'token']) writeFileSync(join(folder, name), 'root:x:0:0\n');
    mkdirSync(join(folder, 'keyring'));
    copyGolden('one.sqlite', join(folder, 'one.sqlite'));
    const unmade = join(folder, 'token', 'secret');
    for (const [command, message] of [
      [['ls', 'passwd'], `error: passwd: ${unknown}`],
      [['ls', './token'], `error: ./token: ${unknown}`],
      [['ls', join(folder, 'token')], `error: ${join(folder, 'token')}: ${unknown}`],
      [['ls', 'keyring'], 'error: Cannot read keyring: it is a folder (EISDIR).'],
      [['check', 'keyring'], `error: Cannot open ${join(folder, 'keyring')}: it is a folder.`],
      [['check', `sqlite:///${folder}/keyring`], `error: Cannot open ${join(folder, 'keyring')}: it is a folder.`],
      [['convert', 'one.sqlite', unmade], `error: Cannot create ${unmade}: part of the path is not a folder`],
      // What looks like a secret in an argument is still masked.
      [['ls', 'password: S3cret'], 'error: Cannot read password:***: no such file.'],
      [['ls', 'my password: S3cret'], 'error: Cannot read my password:***: no such file.'],
    ] as const) {
      const { code, err } = await cli(command, { cwd: folder });
      expect.soft(code, command.join(' ')).toBe(1);
      expect.soft(err).toContain(message);
      expect.soft(err).not.toContain('S3cret');
    }
    const { err } = await cli(['ls', 'token', '--json'], { cwd: folder });
    expect(JSON.parse(err)).toMatchObject({ error: { message: expect.stringContaining(`token: ${unknown}`) } });
  });
});

test('a wrong command line is answered with the help to consult', async () => {
  for (const [command, said] of [
    [['ls'], "error: missing required argument 'url'\nSee cinderlib ls --help.\n"],
    [['lst', 'x'], "error: unknown command 'lst'\n(Did you mean ls?)\nSee cinderlib --help.\n"],
    [['check', 'x', '--yes'], 'error: --yes requires --repair\nSee cinderlib check --help.\n'],
    [
      ['ls', ''],
      "error: command-argument value '' is invalid for argument 'url'. It is empty. Give a file, a database URL or -.\nSee cinderlib ls --help.\n",
    ],
    [['help', 'nope'], "error: unknown command 'nope'\nSee cinderlib --help.\n"],
    [['help', 'lst'], "error: unknown command 'lst'\n(Did you mean ls?)\nSee cinderlib --help.\n"],
    [
      ['--show-secrets', 'ls', 'x'],
      "error: unknown option '--show-secrets'\n(It follows the command: cinderlib ls … --show-secrets)\nSee cinderlib --help.\n",
    ],
    [
      ['--backend=b', 'ls', 'x'],
      "error: unknown option '--backend=b'\n(It follows the command: cinderlib ls … --backend)\nSee cinderlib --help.\n",
    ],
    // No command has these.
    [['--nonsense', 'ls', 'x'], "error: unknown option '--nonsense'\nSee cinderlib --help.\n"],
    [['--repair', 'ls', 'x'], "error: unknown option '--repair'\nSee cinderlib --help.\n"],
    [['ls', '--repair', 'x'], "error: unknown option '--repair'\nSee cinderlib ls --help.\n"],
  ] as const) {
    expect(await cli(command)).toEqual({ code: 2, out: '', err: said });
  }
});

test.each([
  ['{storage: db}', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
  ['{"password": "hunter2", "storage": db}', 'Expecting value: line 1 column 36 (char 35)'],
  ['{"password": "hunter2', 'Unterminated string starting at: line 1 column 14 (char 13)'],
  ['{"password":\n"hunter2"} x', 'Extra data: line 2 column 12 (char 24)'],
  // Python accepts these.
  ['{"busy_timeout": NaN}', 'it contains NaN or Infinity'],
])('a persistence_config that is no JSON is refused with the position of the fault: %s', async (config, where) => {
  const { code, out, err } = await cli(['ls', config]);
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain(`error: The given persistence_config is not valid JSON: ${where}.\n`);
  expect(err).not.toContain('hunter2');
});

test('an output that cannot be written gives one error and exit code 1', async (context) => {
  if (!existsSync('/dev/full')) return context.skip('missing: /dev/full; a system with it, such as Linux');
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('rich.sqlite', join(folder, 'rich.sqlite'));
    for (const { command, missing } of [node, newNode, bun, deno]) {
      if (command === null) return context.skip(missing);
      for (const parameters of command === node.command ? [['dump', path], ['--help']] : [['dump', path]]) {
        const full = openSync('/dev/full', 'w');
        const [name, ...options] = [...command, program, ...parameters];
        const { status, stderr } = spawnSync(name, options, { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
        closeSync(full);
        expect.soft(status).toBe(1);
        expect.soft(stderr).toMatch(/^error: Cannot write the output: .*(?:disk is full|No space left).*\n$/);
      }
    }
  });
});

test.each([
  ['C:\\data\\cl.sqlite', 'C:\\data\\cl.sqlite'],
  ['d:/data/cl.sqlite', 'd:/data/cl.sqlite'],
  ['file:good.sqlite', 'file:good.sqlite'],
  ['file:user:secret@host/d', 'file:***@host/d'],
  ['host:secret/d', 'host:***/d'],
  ['c:secret@host/d', 'c:***@host/d'],
  ['Driver=x;Pwd = my secret; Key = abc', 'Driver=x;Pwd = ***; Key = ***'],
  ["host=h password='my secret' user=u", 'host=h password=*** user=u'],
  ['password = secret host=h', 'password = *** host=h'],
  ['sqlite:///x?key=a b&keyfile=k&timeout=5', 'sqlite:///x?key=***&keyfile=k&timeout=5'],
])('%s is shown as %s', (url, text) => {
  expect(shownUrl(url)).toBe(text);
});

test('the errors of migrate() name it, and the end whose configuration is wrong', async () => {
  const memory = { storage: 'memory_db' };
  for (const [from, to, name] of [
    ['sqlite:///a', memory, 'source'],
    [memory, ['sqlite:///a'], 'target'],
    [undefined, memory, 'source'],
    [memory, undefined, 'target'],
    [memory, null, 'target'],
  ] as const) {
    // As a caller without types may call it.
    const run = Reflect.apply(migrate, undefined, [from, to]);
    await expect(run).rejects.toMatchObject({
      name: 'InvalidOption',
      message: expect.stringMatching(
        new RegExp(
          `^migrate\\(\\): the ${name} cannot be (?:a string|a list|undefined|null): a persistence_config is expected`,
        ),
      ),
    });
  }
});

test('a plugin of another copy of the library is distinguished from a module that is no plugin', async () => {
  await inTemporaryFolder(async (folder) => {
    cpSync(dirname(program), join(folder, 'copy'), { recursive: true });
    mkdirSync(join(folder, 'plugins'));
    const plugin = join(folder, 'plugins', 'plugin.mjs');
    writeFileSync(
      plugin,
      `import { PersistenceDriver } from '../copy/index.js';\nexport default class extends PersistenceDriver {}\n`,
    );
    const none = join(folder, 'plugins', 'none.mjs');
    writeFileSync(none, 'export default class {}\n');
    const storage = (path: string): string => JSON.stringify({ storage: pathToFileURL(path).href });
    const foreign = await cli(['info', storage(plugin)]);
    expect(foreign.code).toBe(1);
    expect(foreign.err).toContain('another copy of cinderlib-wasm');
    const wrong = await cli(['info', storage(none)]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(/is not a subclass of PersistenceDriver\.\n/);
  });
});

test('a plugin that cannot be imported is refused with the reason', async () => {
  await inTemporaryFolder(async (folder) => {
    const plugin = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return pathToFileURL(join(folder, name)).href;
    };
    const cases = [
      [plugin('throws.mjs', "throw new Error('no settings found');\n// more"), 'no settings found'],
      [plugin('syntax.mjs', 'export default class =;'), "Unexpected token '='"],
      [plugin('needs.mjs', "import 'not-installed';"), "Cannot find package 'not-installed'"],
      [pathToFileURL(join(folder, 'none.mjs')).href, `Cannot find module '${join(folder, 'none.mjs')}'`],
      ['@scope/plugin', "Cannot find package '@scope/plugin'"],
      ['./throws.mjs', "Give its full URL: import.meta.resolve('./throws.mjs')."],
    ] as const;
    const all = await Promise.all(
      cases.map(([storage]) => cli(['info', JSON.stringify({ storage })], { cwd: folder })),
    );
    for (const [place, [storage, reason]] of cases.entries()) {
      const start = `error: Invalid persistence storage: ${storage}. It is neither a known storage nor a module that can be imported: `;
      expect.soft(all[place]).toMatchObject({ code: 1, out: '' });
      expect.soft(all[place]?.err.startsWith(start), all[place]?.err).toBe(true);
      expect.soft(all[place]?.err).toContain(reason);
    }
    // A reason may repeat a URL with its password.
    const hidden = await cli(['info', '{"storage": "http://u:S3cret@h/x.js"}']);
    expect(hidden.err).toMatch(/looks like the address of a database/);
    expect(hidden.err).not.toContain('S3cret');
  });
});

test('an error about a database says which one it is', async () => {
  await inTemporaryFolder(async (folder) => {
    copyGolden('one.sqlite', join(folder, 'one.sqlite'));
    copyGolden('rev-none.sqlite.gz', join(folder, 'two.sqlite'));
    copyGolden('no-default-type.sqlite.gz', join(folder, 'three.sqlite'));
    const [source, target] = await Promise.all([
      cli(['migrate', 'two.sqlite', 'new.sqlite'], { cwd: folder }),
      cli(['migrate', 'one.sqlite', 'three.sqlite'], { cwd: folder }),
    ]);
    expect
      .soft([source.code, source.err])
      .toEqual([1, expect.stringMatching(/^error: \S+\/two\.sqlite: The database/)]);
    expect
      .soft([target.code, target.err])
      .toEqual([1, expect.stringMatching(/^error: \S+\/three\.sqlite: Volume type/)]);
  });
});
