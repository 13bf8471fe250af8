/** What users of sql.js typically write: the whole database exported and put into IndexedDB after each change. */
importScripts('/sql.js/sql-wasm.js');

let database;
let store;
const calls = {
  async open({ name, bytes }) {
    const SQL = await globalThis.initSqlJs({ locateFile: (file) => `/sql.js/${file}` });
    store = await settled(indexedDB.open(`naive-${name}`, 1), (request) => request.result.createObjectStore('files'));
    if (bytes !== undefined) await put(bytes);
    const stored = await settled(store.transaction('files').objectStore('files').get('file'));
    database = new SQL.Database(stored);
    return database.exec('SELECT id FROM volumes ORDER BY id')[0].values.map(([id]) => id);
  },
  async save({ id, name }) {
    const now = new Date().toISOString().replace('T', ' ').replace('Z', '000');
    database.run('UPDATE volumes SET display_name = ?, updated_at = ? WHERE id = ?', [name, now, id]);
    await put(database.export());
  },
  close() {
    database.close();
    store.close();
  },
};

function settled(request, upgrade) {
  return new Promise((resolve, reject) => {
    if (upgrade !== undefined) request.onupgradeneeded = () => upgrade(request);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function put(bytes) {
  return new Promise((resolve, reject) => {
    const transaction = store.transaction('files', 'readwrite', { durability: 'strict' });
    transaction.objectStore('files').put(bytes, 'file');
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.commit();
  });
}

onmessage = async ({ data: { call, ...parameters } }) => {
  try {
    postMessage({ value: await calls[call](parameters) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
