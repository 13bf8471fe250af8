/** SQLite's result codes and open flags, as far as they are used; see sqlite3.h. */
export const Code = {
  ok: 0,
  error: 1,
  busy: 5,
  locked: 6,
  noMemory: 7,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  notFound: 12,
  full: 13,
  cantOpen: 14,
  constraint: 19,
  range: 25,
  notADatabase: 26,
  row: 100,
  done: 101,
  ioErrorRead: 266,
  ioErrorShortRead: 522,
  ioErrorWrite: 778,
  ioErrorFsync: 1034,
  ioErrorTruncate: 1546,
  ioErrorFstat: 1802,
  ioErrorDelete: 2570,
  ioErrorAccess: 3338,
  ioErrorCheckReservedLock: 3594,
  ioErrorLock: 3850,
} as const;

/** SQLITE_OPEN_READONLY, SQLITE_OPEN_READWRITE and SQLITE_OPEN_CREATE. */
export const openReadOnly = 0x1;
export const openReadWrite = 0x2;
export const openCreate = 0x4;
/** SQLITE_FCNTL_HAS_MOVED: SQLite asks before it starts to write. */
export const controlHasMoved = 20;
/**
 * SQLITE_IOCAP_POWERSAFE_OVERWRITE, which SQLite's own VFS for Unix also claims by default: a power cut
 * during a write does not change the bytes beside it. With it journal headers are 512 bytes long, as in
 * the journals of native programs; without it each would be padded to a whole sector.
 */
export const powersafeOverwrite = 0x1000;
