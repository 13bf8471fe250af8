/** What to do about a plugin or driver that extends a class from another copy of this library. */
export function copyHint(kind: 'plugin' | 'driver'): string {
  return (
    ' It extends a class from another copy of cinderlib-wasm. Use one copy: list it in the peerDependencies of the ' +
    `${kind}, and install it once (npm ls cinderlib-wasm).`
  );
}
