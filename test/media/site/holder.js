/** A worker that opens a file of the private file system, as a foreign program would, and keeps it. */
onmessage = async ({ data: name }) => {
  const root = await navigator.storage.getDirectory();
  const file = await root.getFileHandle(name, { create: true });
  globalThis.handle = await file.createSyncAccessHandle();
  postMessage('held');
};
