/** Simulates a machine without native SQLite, for tests of what this library does alone. */

/** Runs something on this thread with neither the runtime's own SQLite nor the `sqlite3` program to be found. */
export async function withoutNativeSqlite<T>(use: () => Promise<T>): Promise<T> {
  const { getBuiltinModule } = process;
  const path = process.env['PATH'] ?? '';
  process.getBuiltinModule = ((name: string) =>
    name === 'node:sqlite' ? undefined : getBuiltinModule(name)) as typeof getBuiltinModule; // It has no such module.
  process.env['PATH'] = '';
  try {
    return await use();
  } finally {
    process.getBuiltinModule = getBuiltinModule;
    process.env['PATH'] = path;
  }
}
