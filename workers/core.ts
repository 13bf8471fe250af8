/** The Web Worker that the persistence core runs in, in browsers. */
import { browserMedia } from '../src/media/open-in-browser.ts';
import { serve } from '../src/rpc/host.ts';
import { makeCore } from '../src/sql/make-core.ts';
import { TabCore } from '../src/tabs/tab-core.ts';
import { compiledEngine, setEngine } from '../src/vfs/compiled-engine.ts';
import { startSqlite } from '../src/vfs/start-sqlite.ts';

serve(new TabCore({ makeCore: () => makeCore(browserMedia), warmUp: startSqlite }), {
  setEngine,
  engine: compiledEngine,
});
