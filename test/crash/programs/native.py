"""Writes or reads one database through Python's sqlite3 while others do too, until a line comes in.

native.py write|read <database> <seconds to wait for a lock>

Prints a line of JSON for each round: how it ended, and what a writer has written by then or a reader saw. The
isolation level is the default of the DB-API: a transaction begins by itself before the first change.
"""

import json
import random
import select
import sqlite3
import sys
import time

KEYS = 50
SIZES = (10, 300, 3000, 20000)
TABLE = 'cinderlib_persistence_key_value'


def nth(n):
    """The same as nth() of test/support/sequences.ts, for the writer 'python'."""
    key = f'python-{n % KEYS}'
    return key, f'{n}:{"x" * SIZES[n % len(SIZES)]}:{key}'


def write(connection, written):
    connection.execute(f'INSERT OR REPLACE INTO {TABLE} (key, value) VALUES (?, ?)', nth(written))
    time.sleep(random.random() * 0.003)
    connection.commit()
    return {'written': written + 1}


def read(connection, _):
    rows = connection.execute(f'SELECT key, value FROM {TABLE}').fetchall()
    check = connection.execute('PRAGMA integrity_check').fetchall()
    return {'rows': [{'key': key, 'value': value} for key, value in rows], 'integrity': check[0][0]}


def main(what, path, timeout):
    work = {'write': write, 'read': read}[what]
    written = 0
    connection = None
    while not select.select([sys.stdin], [], [], 0)[0]:
        answer = {'answer': 'success'}
        try:
            if connection is None:
                connection = sqlite3.connect(path, timeout=float(timeout))
            answer.update(work(connection, written))
            written = answer.get('written', written)
        except sqlite3.Error as error:
            answer = {'answer': 'locked' if 'database is locked' in str(error) else repr(error)}
            connection.rollback()
        print(json.dumps(answer), flush=True)
        if random.random() < 0.2:  # A connection that is opened anew has nothing in its cache.
            connection.close()
            connection = None
        time.sleep(random.random() * 0.06)
    if connection is not None:
        connection.close()


main(*sys.argv[1:])
