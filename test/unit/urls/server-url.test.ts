/** URLs of servers: the meaning of each option, and that none is ignored. */
import { describe, expect, test } from 'vitest';
import { serverOf } from '../../../src/urls/server-url.ts';

/** The error of a URL, with its class; empty if there is none. */
function messageOf(url: string): string {
  try {
    serverOf(url);
    return '';
  } catch (error) {
    return String(error);
  }
}

describe('serverOf()', () => {
  test('reads user, password, host, port and database', () => {
    expect(serverOf('mysql+pymysql://u%40x:p%2Fq@[::1]:3307/cinder')).toMatchObject({
      ...{ dialect: 'mysql', user: 'u@x', password: 'p/q', host: '::1', port: 3307, database: 'cinder' },
      name: 'mysql://u@x@[::1]:3307/cinder',
    });
    expect(serverOf('postgresql://h')).toMatchObject({
      ...{ dialect: 'postgresql', user: null, password: null, host: 'h', port: null, database: null },
      name: 'postgresql://h/',
    });
    expect(serverOf('mariadb://h/d').dialect).toBe('mysql');
  });

  test.each([
    ['mysql://h/d?unix_socket=/run/m.sock', { socket: '/run/m.sock' }],
    ['mysql://h/d?charset=UTF8MB4&use_unicode=1', {}],
    ['mysql://h/d?connect_timeout=2.5&read_timeout=7', { connect_timeout: 2500, statement_timeout: 7000 }],
    ['mysql://h/d?user=u&password=p&database=e&port=5', { user: 'u', password: 'p', database: 'e', port: 5 }],
    ['mysql://h/d?init_command=SET+x%3D1', { startup: { init_command: 'SET x=1' } }],
    ['postgresql:///d?host=/run/pg&port=5433', { socket: '/run/pg', port: 5433 }],
    ['postgresql:///d?host=h:5433', { host: 'h', port: 5433 }],
    ['postgresql://h/d?application_name=a', { startup: { application_name: 'a' } }],
    ['postgresql://h/d?options=-c%20x%3D1&client_encoding=utf8', { startup: { options: '-c x=1' } }],
    ['postgresql://h/d?connect_timeout=3&dbname=e', { connect_timeout: 3000, database: 'e' }],
  ])('honours the options of %s', (url, expected) => {
    expect(serverOf(url)).toMatchObject(expected);
  });

  test.each(['mysql://u:p@S3cret@h/d', 'postgresql+psycopg2://u:p@S3cret@h:5/d'])(
    'refuses %s, where part of the password would be shown as the host',
    (url) => {
      expect(messageOf(url)).toMatch(/^InvalidUrl: .*Write %40 for an @ in the password\.$/);
      expect(messageOf(url)).not.toContain('S3cret');
    },
  );

  // According to the documentation of PyMySQL, mysqlclient and libpq.
  test.each([
    ['mysql://h/d', 'disable'],
    ['mysql://h/d?ssl=true', 'require'],
    ['mysql://h/d?ssl_ca=/ca.pem', 'verify-full'],
    ['mysql://h/d?ssl_ca=/ca.pem&ssl_check_hostname=false', 'verify-ca'],
    ['mysql://h/d?ssl_cert=/c.pem&ssl_key=/k.pem', 'require'],
    ['mysql://h/d?ssl_mode=VERIFY_IDENTITY&ssl_ca=/ca.pem', 'verify-full'],
    ['mysql://h/d?ssl_mode=PREFERRED', 'prefer'],
    ['mysql://h/d?ssl_disabled=true', 'disable'],
    ['postgresql://h/d', 'prefer'],
    ['postgresql://h/d?sslmode=disable', 'disable'],
    ['postgresql://h/d?sslmode=require', 'require'],
    ['postgresql://h/d?sslmode=require&sslrootcert=/ca.pem', 'verify-ca'],
    ['postgresql://h/d?sslmode=verify-full&sslrootcert=system', 'verify-full'],
    ['postgresql+asyncpg://h/d?ssl=require', 'require'],
    ['postgresql:///d?host=/run/pg&sslmode=require', 'disable'],
  ])('%s means the TLS mode %s', (url, mode) => {
    expect(serverOf(url).tls.mode).toBe(mode);
  });

  test.each([
    ['mysql://h', 'names no database'],
    ['mysql://h/d?chrset=utf8', 'The option chrset of mysql://h/d?chrset=utf8 is not available. Did you mean charset?'],
    ['mysql://h/d?charset=latin1', 'charset'],
    ['mysql://h/d?ssl_capath=/etc', 'ssl_capath'],
    ['mysql://h/d?sslmode=require', 'sslmode'],
    ['mysql://h/d?ssl_mode=SOMETIMES', 'SOMETIMES'],
    ['mysql://h/d?ssl_disabled=1&ssl_ca=/ca.pem', 'switched off'],
    ['mysql://h/d?ssl=perhaps', 'true or false'],
    ['mysql://h/d?connect_timeout=soon', 'seconds'],
    ['mysql://h/d?charset=utf8&charset=utf8', 'more than once'],
    ['mysql://h/d?read_timeout', 'read_timeout'],
    ['postgresql://h/d?sslmode=maybe', 'sslmode'],
    ['postgresql://h/d?sslcrl=/crl.pem', 'sslcrl'],
    ['postgresql://h/d?tcp_user_timeout=5', 'tcp_user_timeout'],
    ['postgresql://h/d?gssencmode=require', 'gssencmode'],
    ['postgresql://h/d?target_session_attrs=read-write', 'target_session_attrs'],
    ['postgresql://h/d?host=a,b', 'several hosts'],
    ['postgresql://h/d?host=a&host=b', 'more than once'],
    ['postgresql://h/d?port=1,2', 'port'],
  ])('refuses %s by name', (url, part) => {
    expect(messageOf(url)).toMatch(/^InvalidUrl: /);
    expect(messageOf(url)).toContain(part);
  });

  test('shows no password in its errors and names', () => {
    for (const url of ['mysql://u:secret@h/d?x=1', 'mysql://u@h/d?password=secret&x=1', 'mysql://u:secret@h']) {
      expect(messageOf(url)).toMatch(/^InvalidUrl: /);
      expect(messageOf(url)).not.toContain('secret');
    }
    expect(serverOf('mysql://u:secret@h/d?passwd=secret').name).toBe('mysql://u@h/d');
  });
});
