"""What the proxy itself tells a client when no backend can: one table of the reasons."""

from typing import Final

BACKEND_TIMEOUT: Final = b"SERVER_ERROR backend timeout\r\n"
BACKEND_DOWN: Final = b"SERVER_ERROR backend down\r\n"
BACKEND_CLOSED: Final = b"SERVER_ERROR backend closed\r\n"
BACKEND_OVERLOADED: Final = b"SERVER_ERROR backend overloaded\r\n"
BAD_BACKEND_REPLY: Final = b"SERVER_ERROR bad backend reply\r\n"
SHUTTING_DOWN: Final = b"SERVER_ERROR proxy shutting down\r\n"
