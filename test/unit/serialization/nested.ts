/** Values that are nested deeply: without recursion, or making them would fail already. */

/** So many lists, each the only element of the one around it. */
export function nestedLists(depth: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < depth; level++) value = [value];
  return value;
}

/** So many dictionaries, each the value of `key` in the one around it. */
export function nestedDicts(depth: number, key = 'a'): unknown {
  let value: unknown = {};
  for (let level = 1; level < depth; level++) value = { [key]: value };
  return value;
}
