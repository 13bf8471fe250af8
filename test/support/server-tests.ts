/** Provides a server for the tests of a file: started before the first, stopped after the last. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, type TestContext, vi } from 'vitest';
import { missingProgram } from './native-programs.ts';
import { buildProgram } from './program.ts';
import { missingServer, type ServerKind, type ServerOptions, startServer, type TestServer } from './servers.ts';

export interface ServerInTests {
  readonly running: TestServer;
  /** Skips the test if there is no such server; in CI, a skip for something missing fails the run. */
  require(context: TestContext): void;
}

/** Call it where tests are registered. */
export function useServer(kind: ServerKind, options: ServerOptions = {}): ServerInTests {
  const missing = missingServer(kind) ?? (options.tls === undefined ? null : missingProgram('openssl'));
  // A server runs in separate processes, which compete with everything else on a busy machine.
  vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });
  let server: TestServer | null = null;
  beforeAll(async () => {
    if (missing === null) server = await startServer(kind, options);
  });
  afterAll(async () => {
    await server?.stop();
  });
  return {
    get running() {
      if (server === null) throw new Error(missing ?? 'The server runs only while tests do.');
      return server;
    },
    require(context) {
      if (missing !== null) context.skip(missing);
    },
  };
}

/** Builds a program before the first test of a file; call it where tests are registered. */
export function useProgram(source: URL): { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'program-'));
  let path = '';
  beforeAll(async () => {
    path = await buildProgram(source, folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  return {
    get path() {
      return path;
    },
  };
}

export const serverKinds: readonly ServerKind[] = ['mysql', 'postgresql'];

/** The name of the database in a URL. */
export function nameIn(url: string): string {
  return new URL(url).pathname.slice(1);
}
