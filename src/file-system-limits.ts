/** What some file systems cannot do, told by the errors with which they refuse it. */

/** The errors of systems that cannot open or sync a folder: Windows, some network file systems. */
const withoutFolderSync = new Set(['EISDIR', 'EACCES', 'EPERM', 'EINVAL', 'ENOTSUP', 'EBADF', 'ENOSYS']);

/** Whether opening or syncing a folder failed since it cannot be synced there: nothing else is wrong with it. */
export function lacksFolderSync(errno: string | null | undefined): boolean {
  return withoutFolderSync.has(errno ?? '');
}
