/** The worker thread that the persistence core runs in, on Node, Deno and Bun. */
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { hostMedia } from '../src/media/open-on-host.ts';
import { serve } from '../src/rpc/host.ts';
import { builtin } from '../src/runtime.ts';
import { openServerDatabase } from '../src/sql/engines/servers/open-server.ts';
import { makeCore } from '../src/sql/make-core.ts';
import { compiledEngine, setEngine } from '../src/vfs/compiled-engine.ts';

const port = builtin('node:worker_threads')?.parentPort;
if (port) serve(makeCore(hostMedia, openServerDatabase), { setEngine, engine: compiledEngine }, nodeEndpoint(port));
