/** Lets one process at a time create or change the tables of a server's database. */
import { DatabaseLocked } from '../../errors/index.ts';
import type { SqlConnection } from '../engine.ts';

/** "cinder" as a number: PostgreSQL's locks have no names. */
const lockNumber = 0x63696e646572;
/** Seconds to wait for another process that creates the tables, which takes a second or two. */
const longestWait = 60;

/** Runs a task within a transaction, while no other process runs one. */
export async function lockSchema<T>(connection: SqlConnection, task: () => Promise<T>): Promise<T> {
  if (connection.dialect === 'mysql') return lockOnMysql(connection, task);
  // Released with the transaction, so that the next process sees all of it.
  await connection.all(`SELECT pg_advisory_xact_lock(${lockNumber})`);
  return task();
}

async function lockOnMysql<T>(connection: SqlConnection, task: () => Promise<T>): Promise<T> {
  const name = `CONCAT('cinderlib.', MD5(DATABASE()))`;
  const answer = await connection.all(`SELECT GET_LOCK(${name}, ${longestWait}) AS locked`);
  if (Number(answer.rows[0]?.[0]) !== 1) {
    throw new DatabaseLocked("Another process has been creating the database's tables for a minute. Try again later.");
  }
  try {
    // Take a new snapshot: the present one may be older than the rows that the lock's previous holder stored.
    await connection.run('COMMIT AND CHAIN');
    const value = await task();
    // Tables are committed one by one there; commit the rows too before anyone else looks.
    await connection.run('COMMIT');
    return value;
  } finally {
    // A lost connection has lost the lock too.
    await connection.all(`SELECT RELEASE_LOCK(${name})`).catch(() => {});
  }
}
