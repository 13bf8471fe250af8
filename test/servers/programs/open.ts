/** Opens a database, which makes its tables, and closes it. `node open.mjs <URL>` */
import { setup } from 'cinderlib-wasm';

console.log(JSON.stringify({ phase: 'opening' }));
const cl = await setup({ persistence_config: { storage: 'db', connection: process.argv[2] ?? '' }, worker: false });
console.log(JSON.stringify({ phase: 'open' }));
await cl.close();
