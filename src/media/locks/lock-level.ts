/** SQLite's lock levels, with its own numbers. */
export const LockLevel = { none: 0, shared: 1, reserved: 2, pending: 3, exclusive: 4 } as const;
