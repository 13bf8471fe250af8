/** The file of the engine is found, verified and compiled, or refused by name. */
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EngineMismatch } from '../../../src/errors/index.ts';
import { startSqlite } from '../../../src/vfs/start-sqlite.ts';
import { compileEngine, engineUrl } from '../../../wasm/load.ts';
import pin from '../../../wasm/pin.json' with { type: 'json' };

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'load-'));
});
afterEach(() => {
  vi.unstubAllGlobals();
  fs.rmSync(folder, { recursive: true });
});

test('compileEngine() compiles the pinned file', async () => {
  expect(await compileEngine()).toBeInstanceOf(WebAssembly.Module);
});

test('compileEngine() fetches a URL that is no file', async () => {
  const server = http.createServer((_, response) => response.end(fs.readFileSync(engineUrl())));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    expect(await compileEngine(new URL(`http://127.0.0.1:${port}/sql-wasm.wasm`))).toBeInstanceOf(WebAssembly.Module);
  } finally {
    server.close();
  }
});

test('compileEngine() reports the answer of the server', async () => {
  const server = http.createServer((_, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const url = `http://127.0.0.1:${port}/sql-wasm.wasm`;
    const failed = compileEngine(new URL(url));
    await expect(failed).rejects.toBeInstanceOf(EngineMismatch);
    await expect(failed).rejects.toThrow(new RegExp(`${url}.*404 Not Found`));
  } finally {
    server.close();
  }
});

test('compileEngine() refuses a file with one changed byte, and gives both hashes', async () => {
  const bytes = fs.readFileSync(engineUrl());
  bytes[100_000] = (bytes[100_000] ?? 0) ^ 1;
  const file = path.join(folder, 'sql-wasm.wasm');
  fs.writeFileSync(file, bytes);
  const failed = compileEngine(pathToFileURL(file));
  await expect(failed).rejects.toBeInstanceOf(EngineMismatch);
  await expect(failed).rejects.toThrow(pin.sha256);
  await expect(failed).rejects.toThrow(pathToFileURL(file).href);
  await expect(failed).rejects.toThrow(/its SHA-256 is (?!43bbcdd)[0-9a-f]{64}/);
});

test('compileEngine() names the missing file', async () => {
  const url = pathToFileURL(path.join(folder, 'sql-wasm.wasm'));
  const failed = compileEngine(url);
  await expect(failed).rejects.toBeInstanceOf(EngineMismatch);
  await expect(failed).rejects.toThrow(url.href);
});

test('compileEngine() explains that it cannot verify the file on a page without HTTPS', async () => {
  vi.stubGlobal('crypto', {});
  await expect(compileEngine()).rejects.toThrow(/secure context/);
});

test('compileEngine() says that it cannot compile where there is no WebAssembly', async () => {
  vi.stubGlobal('WebAssembly', undefined);
  const failed = compileEngine();
  await expect(failed).rejects.toBeInstanceOf(EngineMismatch);
  await expect(failed).rejects.toThrow('The SQLite engine cannot be compiled');
});

test('startSqlite() can be called again after it has failed', async () => {
  vi.spyOn(WebAssembly, 'compile').mockRejectedValueOnce(new WebAssembly.CompileError('refused'));
  await expect(startSqlite()).rejects.toBeInstanceOf(EngineMismatch);
  const engine = await startSqlite();
  expect(engine.sqlite.sqlite3_open).toBeTypeOf('function');
});
