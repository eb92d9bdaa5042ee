"""memcached's own error lines, byte for byte as 1.6.18 writes them."""

from typing import Final

ERROR: Final = b"ERROR\r\n"
BAD_FORMAT: Final = b"CLIENT_ERROR bad command line format\r\n"
BAD_DATA_CHUNK: Final = b"CLIENT_ERROR bad data chunk\r\n"
BAD_EXPTIME: Final = b"CLIENT_ERROR invalid exptime argument\r\n"
BAD_DELTA: Final = b"CLIENT_ERROR invalid numeric delta argument\r\n"
BAD_DELETE: Final = b"CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n"
MG_TOO_MANY_FLAGS: Final = b"CLIENT_ERROR options flags are too long\r\n"
TOO_MANY_FLAGS: Final = b"CLIENT_ERROR options flags too long\r\n"
LINE_TOO_LONG: Final = b"CLIENT_ERROR line too long\r\n"
FLUSH_NOT_ALLOWED: Final = b"CLIENT_ERROR flush_all not allowed\r\n"
SHUTDOWN_DISABLED: Final = b"ERROR: shutdown not enabled\r\n"
TOO_LARGE: Final = b"SERVER_ERROR object too large for cache\r\n"
OUT_OF_MEMORY: Final = b"SERVER_ERROR out of memory writing get response\r\n"
TOO_MANY_CONNECTIONS: Final = b"ERROR Too many open connections\r\n"
