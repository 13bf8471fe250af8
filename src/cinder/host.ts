/** The parts of a volume's `host`, `machine@backend#pool`. */

/** Everything before the pool, up to the first `#`. */
export function beforePool(host: string): string {
  return host.split('#', 1)[0] ?? '';
}

/** The backend: from the last `@` before the pool, since the name of a machine may contain one. Null if there is none. */
export function backendIn(host: string): string | null {
  const text = beforePool(host);
  const at = text.lastIndexOf('@');
  return at < 0 ? null : text.slice(at + 1);
}
