/** The backend whose volumes are files, configured the same in both processes. */
export const files = {
  volume_backend_name: 'files',
  volume_driver: 'cinderlib_wasm.drivers.FileVolumeDriver',
  directory: 'cl-volumes',
};
