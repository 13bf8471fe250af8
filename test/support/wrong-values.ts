/** Values of every wrong type, as a slip or an attack may pass them to a call that expects something else. */

const failing = (): never => {
  throw new TypeError('thrown by what the caller gave');
};

/** An object that throws however it is inspected. */
function hostile(target: object): object {
  const traps = ['get', 'has', 'set', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'apply', 'construct'];
  return new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, failing])));
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function withGetters(names: readonly string[]): object {
  return Object.defineProperties(
    {},
    Object.fromEntries(names.map((name) => [name, { get: failing, enumerable: true }])),
  );
}

function cycle(): object {
  const object: Record<string, unknown> = {};
  object['self'] = object;
  return object;
}

/** The values by name. `names` are those of properties that the call may read. */
export function wrongValues(names: readonly string[]): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ['null', null],
    ['undefined', undefined],
    ['0', 0],
    ['-1.5', -1.5],
    ['NaN', Number.NaN],
    ['2^60', 2 ** 60],
    ['10n', 10n],
    ['true', true],
    ['an empty text', ''],
    ['a text', 'x'],
    ['a long text', 'x'.repeat(100_000)],
    ['a lone surrogate', '\ud800'],
    ['a symbol', Symbol('s')],
    ['an empty list', []],
    ['a list', [1, null, 'x']],
    ['an empty object', {}],
    ['an object of others', { no_such_name: 1 }],
    ['an object without prototype', Object.create(null)],
    ['an own __proto__', JSON.parse('{ "__proto__": { "force": true }, "constructor": 1 }')],
    ['a date', new Date(0)],
    ['a map', new Map([['a', 1]])],
    ['an error', new Error('x')],
    ['a function', () => 1],
    ['a class', class Something {}],
    ['a promise', Promise.resolve(1)],
    ['a thenable', Object.fromEntries([['then', failing]])],
    ['throwing getters', withGetters(names)],
    ['a throwing toString', { toString: failing, valueOf: failing, [Symbol.toPrimitive]: failing }],
    ['a hostile proxy', hostile({})],
    ['a hostile list', hostile([])],
    ['a hostile function', hostile(() => 1)],
    ['a revoked proxy', revoked({})],
    ['a revoked list', revoked([])],
    ['an object that holds itself', cycle()],
    ['hostile inside', Object.fromEntries(names.map((name) => [name, hostile({})]))],
    ['symbols inside', Object.fromEntries(names.map((name) => [name, Symbol('s')]))],
    ['nulls inside', Object.fromEntries(names.map((name) => [name, null]))],
    ['lists inside', Object.fromEntries(names.map((name) => [name, [{}]]))],
    ['numbers inside', Object.fromEntries(names.map((name) => [name, 5]))],
    ['itself inside', Object.fromEntries(names.map((name) => [name, cycle()]))],
  ]);
}
