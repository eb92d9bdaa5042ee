"""After what memcached closes the connection, and what it still says before."""

from typing import Final

from tests.differential.table import Table, each

#: The last step ends the connection.
CLOSING: Final[Table] = {
    "quit": (*each(b"quit%b", b"\r\n", b" \r\n", b" now\r\n", b"\n", b"\0\r\n", b" noreply\r\n"),),
    "what was asked before quit is answered": (
        b"get a\r\nset b 0 0 1\r\nx\r\nincr n 1\r\nmg a v\r\nquit\r\n",
        b"bogus\r\nquit\r\n",
    ),
    "what follows quit is not read": (b"quit\r\nget a\r\n", b"quit\r\nset b 0 0 1\r\nx\r\n"),
    "an unknown command that ends like an HTTP request": (
        b"GET / HTTP/1.1\r\n",
        b"POST /a HTTP/1.0\r\n",
        b"HTTP/1.1 200 HTTP/\r\n",
        b"HTTP/\r\n",
        b"OPTIONS * HTTP/2.0 \n",
        (b"me HTTP/1.1\r\n", b"bogus HTTP/1.1\r\n"),
        b"bogus" + b" x" * 21 + b" HTTP/1.1\r\n",
        b"bogus" + b" x" * 21 + b" HTTP/1.1 y z\r\n",
        b"quitt HTTP/\r\n",
        b"bogus HTTP/x\0y\r\n",
    ),
    "no line end in 2048 bytes": (
        b"x" * 2100,
        b"set" + b" a" * 1100,
        b"gat 0" + b" a" * 1100,
        b"mg a" + b" k" * 1100,
        b"getx" + b" a" * 1100,
        b" " * 101 + b"get" + b" a" * 1100,
        b" " * 2100,
        b"\0" * 2100,
    ),
}
