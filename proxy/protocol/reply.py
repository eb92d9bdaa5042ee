"""The reply parser: bytes of one backend in, whole replies out, driven by what each request expects. Sans-IO.

A reply is handed on as it came. It is read only as far as needed to know where it ends and that it can be
the answer to its request; anything else raises `BadReplyError`, after which no further byte of the
connection may be trusted.

Values longer than one read are kept as chunks and joined once. Nothing is allocated for an announced length.
For a client that is gone they are counted off instead of kept.
"""

from typing import Final, final

from proxy.protocol.commands import META_REPLY, NUMBER, VALUES, WORD
from proxy.protocol.request import Request

END: Final = b"END\r\n"
#: The greatest item size a memcached can be started with (-I); a longer announcement is garbage.
MAX_VALUE: Final = 1 << 30
#: No status line, VALUE line or meta line of a server comes near this.
MAX_LINE: Final = 4096


class BadReplyError(Exception):
    """What a backend sent cannot be the reply to the request at the head of the queue."""


@final
class ReplyParser:
    """Reads the replies of one backend connection.

    :ivar values: after the reply to a multi-get: the VALUE block of each key asked, empty where it missed
    """

    __slots__ = (
        "_chunks",
        "_data",
        "_held",
        "_is_cut",
        "_kept",
        "_need",
        "_next_key",
        "_position",
        "_skip",
        "values",
    )

    def __init__(self) -> None:
        self._data = b""
        self._position = 0
        self._chunks: list[bytes] = []  # behind _data, while it is known that more is needed
        self._held = 0  # bytes in _data from _position on, and in _chunks
        self._need = 0  # the least number of held bytes worth another look
        self._skip = 0  # bytes of a discarded value still to come
        self._is_cut = False  # the head of the value under way was dropped with it
        self._next_key = 0  # of the request's keys, the first that can still follow
        self._kept = 0  # bytes in values
        self.values: list[bytes] = []

    @property
    def held(self) -> int:
        """Bytes kept of the reply under way; meaningful after `next_reply` returned None."""
        return self._held + self._kept

    @property
    def is_idle(self) -> bool:
        """Whether no byte of a reply under way has come."""
        return not (self.has_rest or self._skip or self._is_cut or self._next_key)

    @property
    def has_rest(self) -> bool:
        """Whether bytes are left that no request has taken."""
        return self._position < len(self._data) or bool(self._chunks)

    def receive(self, data: bytes, discard: bool = False) -> None:
        """Take what the socket gave. With `discard` nobody wants the reply under way: its values are dropped."""
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
            if not data:
                return
        if self._position >= len(self._data) and not self._chunks:
            self._data = data
            self._position = 0
            return
        self._chunks.append(data)
        self._held += len(data)
        if self._held < self._need:
            if discard:
                self._start_skipping()
            return
        self._chunks.insert(0, self._data[self._position :])
        self._data = b"".join(self._chunks)
        self._position = 0
        self._chunks.clear()
        self._need = 0

    def next_reply(self, request: Request) -> bytes | None:
        """The reply to `request`, or None until it is complete.

        For a multi-get the reply is ``END`` and the VALUE blocks stand in `values`; an error line stands for all.
        """
        data = self._data
        position = self._position
        shape = request.command.shape
        if shape == VALUES:
            if not request.keys and not self._next_key:
                # The common cases in one step, when all of the reply is there.
                if data.startswith(request.hit, position):
                    # A key's items mostly look alike: the same VALUE line as last time, so the same length.
                    end = position + request.hit_size
                    if data.startswith(b"\r\nEND\r\n", end - 7):
                        self._position = end
                        return data[position:end]
                elif data.startswith(END, position):
                    self._position = position + 5
                    return END
                elif data.startswith(request.expect, position):
                    line_end = data.find(b"\r\n", position)
                    if line_end > 0:
                        fields = data[position:line_end].split(b" ")
                        if len(fields) > 3 and fields[3].isdigit() and len(fields[3]) < 11:
                            end = line_end + int(fields[3]) + 9
                            if data.startswith(b"\r\nEND\r\n", end - 7):
                                self._position = end
                                request.hit = data[position : line_end + 2]
                                request.hit_size = end - position
                                return data[position:end]
            return self._values_reply(request)
        if shape == WORD and data.startswith(b"STORED\r\n", position) and b"STORED" in request.command.words:
            self._position = position + 8
            return b"STORED\r\n"
        if self._is_cut:
            self._is_cut = False  # only a meta value can have been under way
            return b""
        line = self._line()
        if line is None:
            return None
        if shape == META_REPLY:
            if request.raw_key:
                line = self._line_with_raw_key(request, line)
                if line is None:
                    return None
            return self._meta_reply(request, line)
        self._position += len(line)
        word = line[:-2]
        if word in request.command.words or (shape == NUMBER and word.isdigit()) or _is_error(line):
            return line
        raise BadReplyError(_describe(request, line))

    def _line(self) -> bytes | None:
        """The line at the position, with its CRLF, or None."""
        data = self._data
        position = self._position
        if self._skip:
            return None
        line_end = data.find(b"\r\n", position, position + MAX_LINE)
        if line_end < 0:
            if len(data) - position >= MAX_LINE:
                raise BadReplyError(f"no line end in {MAX_LINE} bytes")
            self._wait_for(0)
            return None
        return data[position : line_end + 2]

    def _line_with_raw_key(self, request: Request, line: bytes) -> bytes | None:
        """All of a line that goes on behind a CRLF in the key it echoes; None until it is there.

        memcached echoes a base64 key decoded when its item was autovivified, counted or appended to: it has
        forgotten then that the key was base64. Read as two lines, the second one could answer another request.
        """
        key = request.raw_key
        head = key[: key.index(b"\r\n")]
        if not line.endswith((b" k%b\r\n" % head, b"ME %b\r\n" % head)):
            return line
        data = self._data
        start = self._position + len(line) - 2 - len(head)
        end = start + len(key)
        if not key.startswith(data[start:end]):
            raise BadReplyError(_describe(request, line))
        line_end = data.find(b"\r\n", end)
        if line_end < 0:
            self._wait_for(0)
            return None
        return data[self._position : line_end + 2]

    def _wait_for(self, need: int) -> None:
        """Nothing more can be read until `need` bytes are held."""
        if not self._chunks:  # else `receive` has counted them, and they are not enough yet
            self._held = len(self._data) - self._position
            self._need = need

    def _start_skipping(self) -> None:
        """Drop what is held of a value and count off the rest of it."""
        self._skip = self._need - self._held
        self._data = b""
        self._position = 0
        self._held = 0
        self._need = 0
        self._chunks.clear()
        self._is_cut = True
        self.values = [b""] * len(self.values)
        self._kept = 0

    def _values_reply(self, request: Request) -> bytes | None:
        keys = request.keys or (request.key,)
        count = len(keys)
        values = self.values
        data = self._data
        held = len(data)
        self._is_cut = False
        while True:
            position = self._position
            line_end = data.find(b"\r\n", position, position + MAX_LINE)
            if line_end < 0 or self._skip:
                self._line()  # waits, or finds it endless
                return None
            fields = data[position:line_end].split(b" ")
            if fields[0] != b"VALUE":
                break
            if not 4 <= len(fields) <= 5 or not fields[3].isdigit() or len(fields[3]) > 10:
                raise BadReplyError(_describe(request, data[position:line_end]))
            index = self._next_key
            key = fields[1]
            while index < count and keys[index] != key:
                index += 1
                values.append(b"")
            if index == count:
                raise BadReplyError(_describe(request, data[position:line_end]))
            self._next_key = index
            end = line_end + 4 + int(fields[3])
            if end > held or data[end - 2 : end] != b"\r\n":
                self._block(line_end + 2 - position, int(fields[3]))  # waits, or finds it wrong
                return None
            values.append(data[position:end])
            self._kept += end - position
            self._position = end
            self._next_key = index + 1
        line = data[position : line_end + 2]
        self._position += len(line)
        self._next_key = 0
        self._kept = 0
        if line == END:
            if len(values) < len(keys):
                values.extend([b""] * (len(keys) - len(values)))
            if request.keys:
                return END
            self.values = []
            return values[0] + END
        self.values = []
        if _is_error(line):
            return line
        raise BadReplyError(_describe(request, line))

    def _meta_reply(self, request: Request, line: bytes) -> bytes | None:
        code = line[:2]
        if code in request.command.words and line[2:3] in (b" ", b"\r"):
            if code != b"VA":
                self._position += len(line)
                return line
            fields = line[:-2].split(b" ")
            if len(fields) > 1 and fields[1].isdigit() and len(fields[1]) <= 10:
                return self._block(len(line), int(fields[1]))
        elif _is_error(line):
            self._position += len(line)
            return line
        raise BadReplyError(_describe(request, line))

    def _block(self, line: int, size: int) -> bytes | None:
        """A line of `line` bytes and the `size` bytes behind it, or None until they are there."""
        if size > MAX_VALUE:
            raise BadReplyError(f"a value of {size} bytes announced")
        start = self._position
        end = start + line + size + 2
        data = self._data
        if end > len(data):
            self._wait_for(end - start)
            return None
        if data[end - 2 : end] != b"\r\n":
            raise BadReplyError("a value does not end where its length says")
        self._position = end
        return data[start:end]


def _is_error(line: bytes) -> bool:
    return line.startswith((b"SERVER_ERROR ", b"CLIENT_ERROR ", b"ERROR\r\n", b"ERROR "))


def _describe(request: Request, line: bytes) -> str:
    return f"{line[:80]!r} in reply to {request.command.verb.decode()}"
