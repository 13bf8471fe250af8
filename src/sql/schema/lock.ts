/** One process at a time makes or changes the tables of a server's database. */
import { DatabaseLocked } from '../../errors/index.ts';
import type { SqlConnection } from '../engine.ts';

/** "cinder" as a number: PostgreSQL's locks have no names. */
const LOCK_NUMBER = 0x63696e646572;
/** Seconds to wait for whoever makes the tables: that takes a second or two. */
const LONGEST_WAIT = 60;

/** Runs a task of a transaction while no other process runs one. */
export async function lockSchema<T>(connection: SqlConnection, task: () => Promise<T>): Promise<T> {
  if (connection.dialect === 'mysql') return lockOnMysql(connection, task);
  // Ends with the transaction, so that whoever comes next sees all of it.
  await connection.all(`SELECT pg_advisory_xact_lock(${LOCK_NUMBER})`);
  return task();
}

async function lockOnMysql<T>(connection: SqlConnection, task: () => Promise<T>): Promise<T> {
  const name = `CONCAT('cinderlib.', MD5(DATABASE()))`;
  const answer = await connection.all(`SELECT GET_LOCK(${name}, ${LONGEST_WAIT}) AS locked`);
  if (Number(answer.rows[0]?.[0]) !== 1) {
    throw new DatabaseLocked(
      'Another process has been making the tables of the database for a minute. Try again later.',
    );
  }
  try {
    // What a transaction sees may be from before the wait, and tables that were made since are closed to it.
    await connection.run('START TRANSACTION');
    const value = await task();
    // Tables are committed one by one there; the rows have to be as well before anybody else looks.
    await connection.run('COMMIT');
    return value;
  } finally {
    // A connection that was lost has lost the lock too.
    await connection.all(`SELECT RELEASE_LOCK(${name})`).catch(() => {});
  }
}
