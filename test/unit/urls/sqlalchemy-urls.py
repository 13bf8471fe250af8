"""Says what SQLAlchemy makes of database URLs, as JSON: `python3 sqlalchemy-urls.py > sqlalchemy-urls.fixture.json`."""
import json
import sqlalchemy
from sqlalchemy.engine.url import make_url

hosts = ['h', 'db.example.org', '127.0.0.1', '[::1]', '[fe80::1%25eth0]', '', 'h_1', 'UPPER', 'a b', 'h%20x']
ports = ['', ':', ':0', ':3306', ':65535', ':99999', ':abc']
users = ['', '@', 'u@', 'u:@', 'u:p@', ':p@', 'u%40x:p%2Fq%3A%40r@', 'u:p+q@', 'u:%C3%A9@', 'u:%zz@', 'u:%E9@', 'u:a:b@',
         'u:p%25@', 'ü:ß@', 'u:p#1@', 'u:p?q@', 'u:p/q@', 'u%:p@', 'u:[p]@', 'u:p@q@']
databases = ['', '/', '/cinder', '/a/b', '/a%20b', '/a+b', '/c@d', '/c:d']
queries = ['', '?', '?charset=utf8', '?charset=utf8mb4&ssl_ca=%2Fa%20b.pem', '?a=1&a=2', '?a=b+c', '?a', '?a=', '?a=b=c',
           '?sslmode=verify-full&connect_timeout=5', '?host=/var/run&port=5433', '?a=1;b=2', '?%61=%62', '?a=%zz', '?x=%E9',
           '?options=-c%20statement_timeout%3D5', '?unix_socket=/run/mysqld.sock', '?&&a=1']
names = ['mysql', 'mysql+pymysql', 'mariadb', 'mariadb+mariadbconnector', 'postgresql', 'postgresql+psycopg2', 'mysql+']

urls = [f'{n}://u:p@h/d' for n in names]
urls += [f'postgresql://{u}{h}{p}/d' for u in ('', 'u:p@') for h in hosts for p in ports]
urls += [f'mysql://{u}h:1{d}' for u in users for d in ('', '/cinder')]
urls += [f'mysql://h{d}{q}' for d in databases for q in queries]
urls += ['mysql:///d', 'mysql://', 'mysql:/h/d', 'mysql//h/d', 'mysql', '', 'mysql://h\n/d', 'mysql://[::1/d', 'mysql://::1/d',
         'postgresql://u@/d?host=/tmp', 'mysql://[::1]x/d', ' mysql://h/d', 'mysql://h/d ', 'my-sql://h/d']


def outcome(text):
    try:
        url = make_url(text)
        query = {k: list(v) if isinstance(v, tuple) else [v] for k, v in url.query.items()}
        return dict(name=url.drivername, username=url.username, password=url.password, host=url.host, port=url.port,
                    database=url.database, query=query)
    except Exception as error:
        return dict(error=type(error).__name__)


cases = [dict(url=text, **outcome(text)) for text in dict.fromkeys(urls)]
lines = ',\n'.join(json.dumps(case) for case in cases)
print(f'{{"sqlalchemy": "{sqlalchemy.__version__}", "cases": [\n{lines}\n]}}')
