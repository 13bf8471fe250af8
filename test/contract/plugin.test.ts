/** The contract of storages, on the plugin of the examples. */
import { setup } from 'cinderlib-wasm';
import { persistenceContract } from 'cinderlib-wasm/testing';
import { test } from 'vitest';
import { NoteBook } from '../../examples/support/note-book.ts';

persistenceContract({ test, setup, storage: () => ({ storage: NoteBook }) });
