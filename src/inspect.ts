/** The symbol under which Node, Deno and Bun look for an object's own way to be printed. */
export const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom');
