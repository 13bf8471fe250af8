/** The symbol of the method that Node, Deno and Bun call to print an object. */
export const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom');
