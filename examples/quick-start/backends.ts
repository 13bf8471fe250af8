/** The backend whose volumes are files: both processes name it in the same way. */
export const files = {
  volume_backend_name: 'files',
  volume_driver: 'cinderlib_wasm.drivers.FileVolumeDriver',
  directory: 'cl-volumes',
};
