/** What a migration reads from: a storage, or a file in which one was written down. */
import type { VersionedObject } from '../cinder/versioned-object.ts';
import type { KeyValue } from '../objects/key-value.ts';
import type { Item } from './item.ts';
import type { NotCarried } from './report.ts';

export interface Source {
  /** How many items and key-values there are; null where nobody knows before they are read. */
  count(): Promise<number | null>;
  /** All live items, page by page: every volume before the first of the snapshots. Can be asked again. */
  items(): AsyncIterable<readonly Item[]>;
  keyValues(): Promise<readonly KeyValue[]>;
  /** The type `__DEFAULT__`; null where it shows in the volumes alone. */
  readonly defaultType: VersionedObject | null;
  /** What is there and is not among the items. */
  leftOut(): Promise<readonly NotCarried[]>;
  /** A text that is another one when somebody changed the source meanwhile; null where nobody can tell. */
  state(): Promise<string | null>;
}

/**
 * Items of a page: a power of two, so that new ones are one statement for each table. With 100,000 volumes and as many
 * snapshots a migration to PostgreSQL takes some 220 MB at most; pages of 500 take 50 MB more than pages of 200.
 */
export const PAGE = 128;

export function* pages<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += PAGE) yield all.slice(start, start + PAGE);
}

/** The same pages, each asked for while the one before it is worked on. */
export async function* ahead<T>(pagesOfSource: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const iterator = pagesOfSource[Symbol.asyncIterator]();
  let next = iterator.next();
  for (;;) {
    const { done, value } = await next;
    if (done) return;
    next = iterator.next();
    // Nobody asks for it when what is done with this page fails.
    next.catch(() => {});
    yield value;
  }
}
