/** The peer on OPFS: the official SQLite build with its pool of access handles, in its own worker. */
import sqlite3InitModule from '/sqlite-wasm/index.mjs';

let database;
let update;
let pool;
const calls = {
  async open({ name, journal, bytes }) {
    const sqlite3 = await sqlite3InitModule({ print() {}, printErr() {} });
    pool = await sqlite3.installOpfsSAHPoolVfs({ name: 'peer', initialCapacity: 16 });
    const path = `/${name}`;
    if (bytes !== undefined) await pool.importDb(path, bytes);
    database = new pool.OpfsSAHPoolDb(path);
    if (journal === 'wal') database.exec('PRAGMA locking_mode=EXCLUSIVE');
    database.exec(`PRAGMA journal_mode=${journal}; PRAGMA synchronous=FULL`);
    update = database.prepare('UPDATE volumes SET display_name = ?, updated_at = ? WHERE id = ?');
    return database.selectValues('SELECT id FROM volumes ORDER BY id');
  },
  save({ id, name }) {
    const now = new Date().toISOString().replace('T', ' ').replace('Z', '000');
    update.bind([name, now, id]).stepReset();
  },
  close() {
    update.finalize();
    database.close();
    pool.pauseVfs();
  },
};

onmessage = async ({ data: { call, ...parameters } }) => {
  try {
    postMessage({ value: await calls[call](parameters) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
