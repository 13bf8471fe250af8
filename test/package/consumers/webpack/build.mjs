/** webpack takes the worker and the engine along by itself. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import webpack from 'webpack';

const here = import.meta.dirname;
const stats = await new Promise((resolve, reject) => {
  const options = { mode: 'production', context: here, entry: './app.mjs', output: { path: join(here, 'out') } };
  webpack(options, (error, result) => (error ? reject(error) : resolve(result)));
});
if (stats.hasErrors()) throw new Error(stats.toString('errors-only'));
copyFileSync(join(here, 'index.html'), join(here, 'out/index.html'));
