/** `npm start`: runs the main job on real input, in three processes that share nothing but files. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

function run(...command) {
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

run(path('build.mjs'), '--if-stale');

const program = (name) => path(`../examples/quick-start/${name}.ts`);
run(path('run.mjs'), program('tree'), `sqlite:///${path('../test/golden/rich.sqlite')}`);
run(path('run.mjs'), program('store'), 'sqlite:///cl.sqlite');
run(path('run.mjs'), program('show'), 'sqlite:///cl.sqlite');
