/** What some file systems cannot do, told by the errors with which they refuse it. */

/**
 * The errors of file systems without hard links: EPERM (FAT on Linux), EISDIR (exFAT on Windows:
 * https://github.com/nodejs/node/issues/65817), ENOTSUP under both its names, ENOSYS, EMLINK, EXDEV, and EACCES
 * (Android forbids links to all apps: https://github.com/termux/termux-app/issues/837).
 *
 * EACCES, like EPERM, can also mean that the folder must not be changed. It is listed all the same: callers go on to
 * rename or create a file in that folder, and report the error of that, which is then EACCES again.
 */
const withoutHardLinks = new Set(['EPERM', 'EACCES', 'EISDIR', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

/** Whether linking a file within its folder failed since there are no hard links. */
export function lacksHardLinks(errno: string | null | undefined): boolean {
  return withoutHardLinks.has(errno ?? '');
}

/** The errors of systems that cannot open or sync a folder: Windows, some network file systems. */
const withoutFolderSync = new Set(['EISDIR', 'EACCES', 'EPERM', 'EINVAL', 'ENOTSUP', 'EBADF', 'ENOSYS']);

/** Whether opening or syncing a folder failed since it cannot be synced there: nothing else is wrong with it. */
export function lacksFolderSync(errno: string | null | undefined): boolean {
  return withoutFolderSync.has(errno ?? '');
}
