/**
 * Makes the browser's storage fail, as a page asks for through the channel `faults`: `{ fault, times }`.
 *
 * Only transactions that write fail, and as many of them as were asked for.
 */
let fault = null;
let times = 0;
const query = new URL(location.href).searchParams;
/** Whether anything can be opened, or what is thrown instead. */
let opens = query.has('denied') ? 'SecurityError' : true;

const channel = new BroadcastChannel('faults');
channel.onmessage = ({ data }) => {
  if (data.answered) return;
  ({ fault = null, times = 1, opens = true } = data);
  channel.postMessage({ answered: true });
};

function takeFault() {
  if (fault === null || times === 0) return null;
  times -= 1;
  return fault;
}

/** What happens to a transaction in the moment in which it would be committed. */
const atCommit = {
  abort: (transaction) => transaction.abort(),
  quota(transaction) {
    Object.defineProperty(transaction, 'error', { value: new DOMException('no space', 'QuotaExceededError') });
    transaction.abort();
  },
  /** The browser closes the connection, and what was to be stored is not. */
  close(transaction) {
    transaction.abort();
    lose(transaction);
  },
  /** The browser closes the connection after it has stored everything, before it says so. */
  unanswered(transaction, commit) {
    transaction.unanswered = true;
    commit();
  },
};

function lose({ db }) {
  setTimeout(() => {
    db.close();
    db.dispatchEvent(new Event('close'));
  });
}

const { transaction: begin } = IDBDatabase.prototype;
IDBDatabase.prototype.transaction = function (names, mode, options) {
  const transaction = begin.call(this, names, mode, options);
  const found = mode === 'readwrite' ? takeFault() : null;
  if (found === 'partial') {
    const store = transaction.objectStore('header');
    const { put } = IDBObjectStore.prototype;
    // The last record of all cannot be asked for any more.
    IDBObjectStore.prototype.put = function (...parameters) {
      if (this.name !== store.name) return put.apply(this, parameters);
      IDBObjectStore.prototype.put = put;
      throw new DOMException('cannot be cloned', 'DataCloneError');
    };
  } else if (found !== null && found in atCommit) {
    const commit = transaction.commit.bind(transaction);
    transaction.commit = () => atCommit[found](transaction, commit);
    // Before anybody else listens.
    transaction.addEventListener('complete', (event) => {
      if (!transaction.unanswered) return;
      event.stopImmediatePropagation();
      transaction.dispatchEvent(new Event('abort'));
      lose(transaction);
    });
  }
  return transaction;
};

const { open } = IDBFactory.prototype;
IDBFactory.prototype.open = function (...parameters) {
  if (opens === true) return open.apply(this, parameters);
  throw new DOMException('denied', opens);
};

const handle = globalThis.FileSystemSyncAccessHandle?.prototype;
if (handle !== undefined) {
  for (const method of ['write', 'flush', 'truncate']) {
    const original = handle[method];
    handle[method] = function (...parameters) {
      if (fault === method && takeFault() !== null) throw new DOMException('no space', 'QuotaExceededError');
      return original.apply(this, parameters);
    };
  }
}
if (query.has('without-handles')) {
  delete FileSystemFileHandle.prototype.createSyncAccessHandle;
}
