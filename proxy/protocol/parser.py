"""The request parser: bytes of one client in, `Request` values out. Sans-IO.

Theory of operation
-------------------
`RequestParser.receive` takes whatever the socket gave and returns every request completed by it. Two shapes
are common enough to be read in one step: a line seen before (looked up whole in a `LineMemo`) and a storage
command in canonical form (one regular expression). Everything else takes the slow path, which reads a line
exactly as memcached 1.6.18 does (``tokenize_command``, ``process_command_ascii``) and forwards it rebuilt
from its tokens, so that no spacing, NUL or overlong number reaches a backend that may read it otherwise.

What is incomplete is kept as a list of chunks together with the least length that is worth another look:
the input is joined once or twice per request, however finely it was sliced, and nothing is allocated for a length
that was only announced.

A line that memcached refuses is answered here and never forwarded. Whether the data block behind it is
swallowed or read as commands decides whether the stream stays in sync; `_with_block` follows the
server case by case.
"""

import re
from typing import Final, final

from proxy.protocol import errors, lines, meta
from proxy.protocol.commands import (
    CAS,
    CLOSE,
    COMMANDS,
    DELETE,
    KEYED,
    MAX_TOKENS,
    META,
    META_DELETE,
    META_GET,
    META_STORAGE,
    QUIT,
    RETRIEVAL,
    STORAGE,
    Command,
)
from proxy.protocol.request import BINARY, NOREPLY, REPLACE, SHOW, Request, answered

#: Without a line end in this many bytes memcached closes the connection, unless a get is under way.
MAX_LINE: Final = 2048
#: 10,000 keys of the greatest length fit; memcached itself has no limit here, which costs it its memory.
MAX_GET_LINE: Final = 4 * 1024 * 1024
#: A get of the longest key, and some flags. A line can be longer and still name one key.
MAX_REMEMBERED: Final = 300
#: Keys of one multi-get: each costs a multiple of its length while the request is under way.
MAX_KEYS: Final = 65536

#: Chunks shorter than this are merged when there are many: an object costs more than the few bytes it holds.
_SHORT_CHUNK: Final = 1024
_MANY_CHUNKS: Final = 256

# Groups: the verb, or none for cas, which alone has a cas unique; key; size; noreply.
_CANONICAL_STORAGE: Final = re.compile(
    rb"(?:(set|add|replace|append|prepend)|cas) ([^ \0\n]{1,250}) [0-9]{1,10} -?[0-9]{1,10} ([0-9]{1,9})"
    rb"(?(1)| [0-9]{1,19})( noreply)?\r\n"
)


@final
class LineMemo:
    """Whole request lines seen before and what they mean, shared by all clients; bounded.

    Only lines of at most MAX_REMEMBERED bytes with one key and no data block are kept. When `limit` is reached it is emptied: on a skewed
    load the lines that matter are back at once, and nothing has to be kept in order meanwhile.
    """

    __slots__ = ("limit", "lines")

    def __init__(self, limit: int = 8192) -> None:
        self.limit = limit
        self.lines: dict[bytes, Request] = {}

    def remember(self, line: bytes, request: Request) -> None:
        if len(line) > MAX_REMEMBERED:
            return
        if len(self.lines) >= self.limit:
            self.lines.clear()
        self.lines[line] = request


@final
class RequestParser:
    """Reads the requests of one client.

    :param memo: shared memo of lines
    :ivar max_value: the longest data block forwarded, in bytes; a longer one is swallowed and refused
    """

    __slots__ = (
        "_chunks",
        "_known",
        "_memo",
        "_merged",
        "_need",
        "_swallow",
        "_untouched",
        "held",
        "is_closed",
        "is_midway",
        "max_value",
    )

    def __init__(self, memo: LineMemo, max_value: int) -> None:
        self._memo = memo
        self._known = memo.lines
        self.max_value = max_value
        self._chunks: list[bytes] = []
        self._merged = 0  # chunks that were made of short ones
        self._need = 0  # the least length worth parsing; 0: whatever brings a line end
        self._swallow = 0  # bytes of a refused data block still to come
        self._untouched = True  # nothing received yet: the first byte tells the binary protocol
        self.held = 0  # bytes of an incomplete request
        self.is_midway = False  # the client owes the rest of a request, or of a data block being swallowed
        self.is_closed = False  # nothing after a fault or a quit is read

    def receive(self, data: bytes) -> list[Request]:
        """Every request completed by `data`, in order."""
        requests: list[Request] = []
        if not self.is_closed:
            self._receive(data, requests)
            self.is_midway = bool(self.held or self._swallow)
        return requests

    def _receive(self, data: bytes, requests: list[Request]) -> None:
        if self._untouched:
            self._untouched = False
            if data[:1] == b"\x80":
                self._close(requests, BINARY)
                return
        if self.held:
            self._chunks.append(data)
            self.held += len(data)
            if self.held < self._need if self._need else b"\n" not in data:
                if len(data) < _SHORT_CHUNK and len(self._chunks) - self._merged > _MANY_CHUNKS:
                    self._chunks[self._merged :] = [b"".join(self._chunks[self._merged :])]
                    self._merged += 1
                if not self._need:
                    self._check_endless_line(requests)
                return
            data = b"".join(self._chunks)
            self._chunks.clear()
            self._merged = 0
            self.held = 0
            self._need = 0
        known = self._known
        position = 0
        end = len(data)
        while position < end:
            if self._swallow:
                skipped = min(self._swallow, end - position)
                self._swallow -= skipped
                position += skipped
                continue
            line_end = data.find(b"\n", position) + 1
            if not line_end:
                self._hold(data[position:], 0)
                self._check_endless_line(requests)
                break
            line = data[position:line_end]
            request = known.get(line)
            if request is not None:
                requests.append(request)
                position = line_end
                continue
            match = _CANONICAL_STORAGE.match(line)
            if match is not None:
                verb, key, length, noreply = match.groups()
                size = int(length)
                command = CAS if verb is None else COMMANDS[verb]
                if size <= self.max_value:
                    block_end = line_end + size + 2
                    if block_end > end:
                        self._hold(data[position:], block_end - position)
                        break
                    if data[block_end - 2 : block_end] == b"\r\n":
                        if noreply is None:
                            request = Request(command, key, data[position:block_end], line_end - position)
                        else:
                            head = line_end - position - 8
                            wire = line[:-10] + b"\r\n" + data[line_end:block_end]
                            request = Request(command, key, wire, head, NOREPLY)
                        requests.append(request)
                        position = block_end
                        continue
            position = self._read_line(data, position, line_end, requests)
            if position < 0:
                break

    def _hold(self, rest: bytes, need: int) -> None:
        self._chunks.append(rest)
        self.held = len(rest)
        self._need = need

    def _close(self, requests: list[Request], reason: bytes, answer: bytes | None = None) -> None:
        self.is_closed = True
        self._chunks.clear()
        self._merged = 0
        self.held = 0
        self._swallow = 0
        requests.append(Request(CLOSE, b"", reason, 0, answer=answer))

    def _check_endless_line(self, requests: list[Request]) -> None:
        if self.held <= MAX_LINE:
            return
        if len(self._chunks) > 1 and len(self._chunks[0]) < MAX_LINE:
            self._chunks = [b"".join(self._chunks)]
            self._merged = 0
        start = self._chunks[0]
        stripped = start.lstrip(b" ")
        if len(start) - len(stripped) > 100 or not stripped.startswith((b"get ", b"gets ")):
            self._close(requests, b"no line end in %d bytes" % MAX_LINE)
        elif self.held > MAX_GET_LINE:
            self._close(requests, b"get line too long", errors.LINE_TOO_LONG)

    # ---- the slow path: one line as memcached reads it ----

    def _read_line(self, data: bytes, start: int, line_end: int, requests: list[Request]) -> int:
        """Read the line at `start`; where to go on, or -1 when its data block is not all there."""
        text = data[start : line_end - 1]
        if len(text) > 1 and text.endswith(b"\r"):
            text = text[:-1]
        nul = text.find(b"\0")
        if nul >= 0:
            text = text[:nul]  # a C string ends here
        if text.count(b" ") > MAX_KEYS:
            self._close(requests, b"too many keys", errors.LINE_TOO_LONG)
            return -1
        tokens = text.split(b" ")
        if b"" in tokens:
            tokens = [token for token in tokens if token]
        if not tokens or len(tokens[0]) < 2:
            requests.append(answered(errors.ERROR))
            return line_end
        command = COMMANDS.get(tokens[0])
        if command is None:
            self._unknown(tokens, requests)
            return -1 if self.is_closed else line_end
        grammar = command.grammar
        if len(text) > MAX_LINE and (grammar == META or grammar == META_STORAGE):
            # Only meta flags make a line this long and are forwarded as they are; a server may close on it.
            self._close(requests, b"no line end in %d bytes" % MAX_LINE)
            return -1
        if grammar == RETRIEVAL:
            request = lines.retrieval(command, tokens)
            if request.command is command and not request.keys and request.key:
                self._memo.remember(data[start:line_end], request)
        elif grammar == STORAGE or grammar == META_STORAGE:
            return self._with_block(command, tokens, data, start, line_end, requests)
        elif grammar == META:
            request = lines.meta_command(command, tokens)
            if request.command is META_GET:
                self._memo.remember(data[start:line_end], request)
        elif grammar == KEYED:
            request = lines.keyed(command, tokens)
        else:
            request = lines.local(command, tokens)
            if command is QUIT:
                self.is_closed = True
                requests.append(request)
                return len(data)
        requests.append(request)
        return line_end

    def _unknown(self, tokens: list[bytes], requests: list[Request]) -> None:
        # memcached looks for HTTP only where its dispatch on the first letter has not ended before.
        verb = tokens[0]
        is_dispatched = verb[:1] in (b"g", b"s", b"a", b"c", b"i", b"d", b"t") or (
            len(verb) == 2 and verb[:1] == b"m"
        )
        if not is_dispatched and tokens[:MAX_TOKENS][-1].startswith(b"HTTP/"):
            self._close(requests, b"HTTP request")
            return
        requests.append(answered(errors.ERROR))

    def _with_block(
        self,
        command: Command,
        tokens: list[bytes],
        data: bytes,
        start: int,
        line_end: int,
        requests: list[Request],
    ) -> int:
        """A command with a data block. Its size is known or the line is refused without swallowing."""
        is_meta = command.grammar == META_STORAGE
        size = lines.meta_block_size(tokens) if is_meta else lines.block_size(command, tokens)
        quiet = SHOW
        if not is_meta and tokens[-1] == b"noreply":
            quiet = NOREPLY
        if isinstance(size, bytes):
            # The number of words is looked at before there is any noreply among them.
            requests.append(answered(size, SHOW if size is errors.ERROR else quiet))
            return line_end
        key = tokens[1]
        if size > self.max_value:
            # memcached unlinks the old item on a refused set (and any refused ms), so that no stale value
            # outlives the failed write: the same state is reached by a delete.
            self._swallow = size + 2
            if is_meta:
                flags = meta.parse_storage(tokens)
                if isinstance(flags, bytes):
                    requests.append(answered(flags))
                    return line_end
                wire = b"md %b b\r\n" % key if flags.has(b"b") else b"md %b\r\n" % key
                requests.append(Request(META_DELETE, key, wire, len(wire), REPLACE, errors.TOO_LARGE))
            elif command.verb == b"set":
                wire = b"delete %b\r\n" % key
                requests.append(Request(DELETE, key, wire, len(wire), quiet or REPLACE, errors.TOO_LARGE))
            else:
                requests.append(answered(errors.TOO_LARGE, quiet))
            return line_end
        block_end = line_end + size + 2
        if block_end > len(data):
            self._hold(data[start:], block_end - start)
            return -1
        if data[block_end - 2 : block_end] != b"\r\n":
            refusal = meta.parse_storage(tokens) if is_meta else None  # a server looks at the flags first
            reply = refusal if isinstance(refusal, bytes) else errors.BAD_DATA_CHUNK
            requests.append(answered(reply, quiet))
            return block_end
        if is_meta:
            tokens[2] = b"%d" % size
            tokens, quiet = lines.without_quiet(tokens, 3)
        else:
            tokens = [*tokens[: command.min_tokens]]
            tokens[4] = b"%d" % size
        line = b"%b\r\n" % b" ".join(tokens)
        wire = line + data[line_end:block_end]
        requests.append(Request(command, key, wire, len(line), quiet))
        return block_end
