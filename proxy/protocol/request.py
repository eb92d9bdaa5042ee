"""The request parser: bytes of one client in, `Request` values out. Sans-IO.

Theory of operation
-------------------
`RequestParser.receive` takes whatever the socket gave and returns every request completed by it. Two shapes
are common enough to be read in one step: a line seen before (looked up whole in a `LineMemo`) and a storage
command in canonical form (one regular expression). Everything else takes the slow path, which reads a line
exactly as memcached 1.6.18 does (``tokenize_command``, ``process_command_ascii``) and forwards it rebuilt
from its tokens, so that no spacing, NUL or overlong number reaches a backend that may read it otherwise.

What is incomplete is kept as a list of chunks together with the least length that is worth another look:
the input is joined once per request, however finely it was sliced, and nothing is allocated for a length
that was only announced.

A line that memcached refuses is answered here and never forwarded. Whether the data block behind it is
swallowed or read as commands decides whether the stream stays in sync; `_storage` and `_meta_storage` follow
the server case by case.
"""

import re
from typing import Final, final

from proxy.protocol import errors, meta
from proxy.protocol.commands import (
    ANSWERED,
    CAS,
    CLOSE,
    COMMANDS,
    DELETE,
    FLUSH_ALL,
    KEYED,
    MAX_META_TOKENS,
    MAX_TOKENS,
    META,
    META_DELETE,
    META_GET,
    META_STORAGE,
    QUIT,
    RETRIEVAL,
    STORAGE,
    VALUES,
    Command,
)
from proxy.protocol.numbers import int32, uint32, uint64

MAX_KEY: Final = 250
#: Without a line end in this many bytes memcached closes the connection, unless a get is under way.
MAX_LINE: Final = 2048
#: 10,000 keys of the greatest length fit; memcached itself has no limit here, which costs it its memory.
MAX_GET_LINE: Final = 4 * 1024 * 1024
#: The reason in the `CLOSE` request for a client that speaks the binary protocol.
BINARY: Final = b"binary protocol"
#: Keys of one multi-get: each costs a multiple of its length while the request is under way.
MAX_KEYS: Final = 65536
_INT32_MAX: Final = (1 << 31) - 1

# What of its reply a client sees.
SHOW: Final = 0
NOREPLY: Final = 1  # nothing at all
QUIET: Final = 2  # the nominal codes of a meta command (`Command.hidden`) are hidden
REPLACE: Final = 3  # `Request.answer` instead

# Who answers it.
ONE_KEY: Final = 0  # the backend of its key
MANY_KEYS: Final = 1  # a multi-get: the backends of its keys
NO_KEY: Final = 2  # the parser has (`Request.answer`), or the proxy does

# Groups: the verb, or none for cas, which alone has a cas unique; key; size; noreply.
_CANONICAL_STORAGE: Final = re.compile(
    rb"(?:(set|add|replace|append|prepend)|cas) ([^ \0\n]{1,250}) [0-9]{1,10} -?[0-9]{1,10} ([0-9]{1,9})"
    rb"(?(1)| [0-9]{1,19})( noreply)?\r\n"
)


@final
class Request:
    """One complete request. It does not change: equal lines share one object.

    :ivar command: its row in the table
    :ivar key: the key as on the wire (base64 keys are not decoded); the first one of several; empty if none
    :ivar keys: all keys of a multi-get, in the client's order, duplicates kept; empty for a single key
    :ivar wire: what a backend is sent: never with noreply or a quiet flag
    :ivar head: where in `wire` the data block starts: the length of the line
    :ivar kind: ONE_KEY, MANY_KEYS or NO_KEY
    :ivar quiet: SHOW, NOREPLY, QUIET or REPLACE
    :ivar answer: the reply, where the parser knows it; for `CLOSE` what is said before closing
    :ivar expect: how the VALUE line of a hit must begin
    :ivar hit: a memo of the reply parser's: the whole VALUE line of the last hit, and `hit_size` of that reply
    """

    __slots__ = (
        "answer",
        "command",
        "expect",
        "head",
        "hit",
        "hit_size",
        "key",
        "keys",
        "kind",
        "quiet",
        "wire",
    )

    def __init__(
        self,
        command: Command,
        key: bytes,
        wire: bytes,
        head: int,
        quiet: int = SHOW,
        answer: bytes | None = None,
        keys: tuple[bytes, ...] = (),
    ) -> None:
        self.command = command
        self.key = key
        self.wire = wire
        self.head = head
        self.quiet = quiet
        self.answer = answer
        self.keys = keys
        self.kind = MANY_KEYS if keys else ONE_KEY if key else NO_KEY
        # Nothing a server sends begins with NUL: no match until there is something to match.
        self.hit = b"\0"
        if command.shape == VALUES:
            self.expect = b"VALUE %b " % key
            self.hit_size = 0

    def __repr__(self) -> str:
        return f"<Request {self.wire[: self.head]!r} {self.command!r}>"

    def removal(self) -> "Request":
        """The request that deletes the item this one is about, whichever way its key is written."""
        if self.command.grammar == META or self.command.grammar == META_STORAGE:
            flags = self.wire[: self.head - 2].split(b" ")[2:]
            wire = b"md %b%b\r\n" % (self.key, b" b" if any(flag[:1] == b"b" for flag in flags) else b"")
            return Request(META_DELETE, self.key, wire, len(wire))
        wire = b"delete %b\r\n" % self.key
        return Request(DELETE, self.key, wire, len(wire))

    def subset(self, keys: tuple[bytes, ...]) -> "Request":
        """The same retrieval for fewer keys, as one backend is asked; MANY_KEYS even if it is but one."""
        prefix = b" ".join(self.wire.split(b" ", self.command.first_key)[: self.command.first_key])
        wire = b"%b %b\r\n" % (prefix, b" ".join(keys))
        return Request(self.command, keys[0], wire, len(wire), keys=keys)


@final
class LineMemo:
    """Whole request lines seen before and what they mean, shared by all clients; bounded.

    Only lines with one key and no data block are kept. When `limit` is reached it is emptied: on a skewed
    load the lines that matter are back at once, and nothing has to be kept in order meanwhile.
    """

    __slots__ = ("limit", "lines")

    def __init__(self, limit: int = 8192) -> None:
        self.limit = limit
        self.lines: dict[bytes, Request] = {}

    def remember(self, line: bytes, request: Request) -> None:
        if len(self.lines) >= self.limit:
            self.lines.clear()
        self.lines[line] = request


@final
class RequestParser:
    """Reads the requests of one client.

    :param memo: shared memo of lines
    :param max_value: the longest data block forwarded, in bytes; a longer one is swallowed and refused
    """

    __slots__ = (
        "_chunks",
        "_lines",
        "_max_value",
        "_memo",
        "_need",
        "_swallow",
        "_untouched",
        "held",
        "is_closed",
        "is_midway",
    )

    def __init__(self, memo: LineMemo, max_value: int) -> None:
        self._memo = memo
        self._lines = memo.lines
        self._max_value = max_value
        self._chunks: list[bytes] = []
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
                if not self._need:
                    self._check_endless_line(requests)
                return
            data = b"".join(self._chunks)
            self._chunks.clear()
            self.held = 0
            self._need = 0
        lines = self._lines
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
            request = lines.get(line)
            if request is not None:
                requests.append(request)
                position = line_end
                continue
            match = _CANONICAL_STORAGE.match(line)
            if match is not None:
                verb, key, length, noreply = match.groups()
                size = int(length)
                command = CAS if verb is None else COMMANDS[verb]
                if size <= self._max_value:
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
        self.held = 0
        self._swallow = 0
        requests.append(Request(CLOSE, b"", reason, 0, answer=answer))

    def _check_endless_line(self, requests: list[Request]) -> None:
        if self.held <= MAX_LINE:
            return
        if len(self._chunks) > 1 and len(self._chunks[0]) < MAX_LINE:
            self._chunks = [b"".join(self._chunks)]
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
            return line_end
        grammar = command.grammar
        if len(text) > MAX_LINE and (grammar == META or grammar == META_STORAGE):
            # Only meta flags make a line this long and are forwarded as they are; a server may close on it.
            self._close(requests, b"no line end in %d bytes" % MAX_LINE)
            return -1
        if grammar == RETRIEVAL:
            request = _retrieval(command, tokens)
            if request.command is command and not request.keys and request.key:
                self._memo.remember(data[start:line_end], request)
        elif grammar == STORAGE or grammar == META_STORAGE:
            return self._with_block(command, tokens, data, start, line_end, requests)
        elif grammar == META:
            request = _meta(command, tokens)
            if request.command is META_GET:
                self._memo.remember(data[start:line_end], request)
        elif grammar == KEYED:
            request = _keyed(command, tokens)
        else:
            request = _local(command, tokens)
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
        size = _meta_block_size(tokens) if is_meta else _block_size(command, tokens)
        quiet = SHOW
        if not is_meta and tokens[-1] == b"noreply":
            quiet = NOREPLY
        if isinstance(size, bytes):
            # The number of words is looked at before there is any noreply among them.
            requests.append(answered(size, SHOW if size is errors.ERROR else quiet))
            return line_end
        key = tokens[1]
        if size > self._max_value:
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
            tokens, quiet = _without_quiet(tokens, 3)
        else:
            tokens = [*tokens[: command.min_tokens]]
            tokens[4] = b"%d" % size
        line = b"%b\r\n" % b" ".join(tokens)
        wire = line + data[line_end:block_end]
        requests.append(Request(command, key, wire, len(line), quiet))
        return block_end


def answered(reply: bytes, quiet: int = SHOW) -> Request:
    """A request whose reply is known already; noreply hides it."""
    return Request(ANSWERED, b"", b"", 0, quiet, b"" if quiet == NOREPLY else reply)


def _retrieval(command: Command, tokens: list[bytes]) -> Request:
    if len(tokens) < command.min_tokens:
        return answered(errors.ERROR)
    first = command.first_key
    if first == 2 and int32(tokens[1]) is None:
        return answered(errors.BAD_EXPTIME)
    keys = tokens[first:]
    if not keys:
        return answered(b"END\r\n")  # gat with an exptime and no key
    if max(map(len, keys)) > MAX_KEY:
        return answered(errors.BAD_FORMAT)
    wire = b"%b\r\n" % b" ".join(tokens)
    return Request(command, keys[0], wire, len(wire), keys=tuple(keys) if len(keys) > 1 else ())


def _keyed(command: Command, tokens: list[bytes]) -> Request:
    count = len(tokens)
    if not command.min_tokens <= count <= command.max_tokens:
        return answered(errors.ERROR)
    quiet = NOREPLY if count > 2 and tokens[-1] == b"noreply" else SHOW
    if command is DELETE:
        if count > 2:
            has_zero = tokens[2] == b"0"
            is_valid = (has_zero or quiet == NOREPLY) if count == 3 else (has_zero and quiet == NOREPLY)
            if not is_valid:
                return answered(errors.BAD_DELETE, quiet)
        tokens = tokens[:2]
    key = tokens[1]
    if len(key) > MAX_KEY:
        return answered(errors.BAD_FORMAT, quiet)
    # Checked here, so that `incr k noreply`, whose last word is both, is not sent with a noreply in it.
    if command.verb == b"touch":
        if int32(tokens[2]) is None:
            return answered(errors.BAD_EXPTIME, quiet)
    elif command is not DELETE and uint64(tokens[2]) is None:
        return answered(errors.BAD_DELTA, quiet)
    wire = b"%b\r\n" % b" ".join(tokens[: command.min_tokens])
    return Request(command, key, wire, len(wire), quiet)


def _meta(command: Command, tokens: list[bytes]) -> Request:
    count = len(tokens)
    if command.verb == b"me":
        if count < command.min_tokens or len(tokens[1]) > MAX_KEY:
            return answered(errors.BAD_FORMAT)
        tokens = tokens[:3]  # a server looks at no more than the base64 flag
        wire = b"%b\r\n" % b" ".join(tokens)
        return Request(command, tokens[1], wire, len(wire))
    if count < command.min_tokens:
        return answered(errors.ERROR)
    if len(tokens[1]) > MAX_KEY:
        return answered(errors.BAD_FORMAT)
    if count > MAX_META_TOKENS:
        return answered(errors.MG_TOO_MANY_FLAGS if command is META_GET else errors.TOO_MANY_FLAGS)
    tokens, quiet = _without_quiet(tokens, 2)
    wire = b"%b\r\n" % b" ".join(tokens)
    return Request(command, tokens[1], wire, len(wire), quiet)


def _without_quiet(tokens: list[bytes], first: int) -> tuple[list[bytes], int]:
    """The tokens without their quiet flag. Two of them are an error that the server shall report."""
    found = 0
    for index in range(first, len(tokens)):
        if tokens[index][:1] == b"q":
            if found:
                return tokens, SHOW
            found = index
    if not found:
        return tokens, SHOW
    return tokens[:found] + tokens[found + 1 :], QUIET


def _block_size(command: Command, tokens: list[bytes]) -> int | bytes:
    """The size of a classic data block, or the error of a line whose block is not swallowed."""
    if not command.min_tokens <= len(tokens) <= command.max_tokens:
        return errors.ERROR
    if len(tokens[1]) > MAX_KEY or uint32(tokens[2]) is None or int32(tokens[3]) is None:
        return errors.BAD_FORMAT
    if command.min_tokens == 6 and uint64(tokens[5]) is None:
        return errors.BAD_FORMAT
    size = int32(tokens[4])
    if size is None or not 0 <= size <= _INT32_MAX - 2:
        return errors.BAD_FORMAT
    return size


def _meta_block_size(tokens: list[bytes]) -> int | bytes:
    """The size of the data block of ms, or the error of a line whose block is not swallowed."""
    count = len(tokens)
    if count < 2:
        return errors.ERROR
    if len(tokens[1]) > MAX_KEY or count == 2:
        return errors.BAD_FORMAT
    if count > MAX_META_TOKENS:
        return errors.TOO_MANY_FLAGS
    size = int32(tokens[2])
    if size is None or not 0 <= size <= _INT32_MAX - 2:
        return errors.BAD_FORMAT
    return size


def _local(command: Command, tokens: list[bytes]) -> Request:
    count = len(tokens)
    if not command.min_tokens <= count <= command.max_tokens:
        return answered(errors.ERROR)
    quiet = NOREPLY if count > 1 and tokens[-1] == b"noreply" else SHOW
    verb = command.verb
    if verb == b"mn":
        return answered(b"MN\r\n")
    if verb == b"shutdown":
        return answered(errors.SHUTDOWN_DISABLED)
    if verb == b"verbosity":
        return answered(errors.BAD_FORMAT if uint32(tokens[1]) is None else b"OK\r\n", quiet)
    if command is FLUSH_ALL:
        wire = b"flush_all\r\n"
        if count != (2 if quiet == NOREPLY else 1):
            delay = int32(tokens[1])
            if delay is None:
                return answered(errors.BAD_EXPTIME, quiet)
            wire = b"flush_all %d\r\n" % delay
        return Request(command, b"", wire, len(wire), quiet)
    wire = b"%b\r\n" % b" ".join(tokens[:MAX_TOKENS])
    return Request(command, b"", wire, len(wire))


__all__ = [
    "BINARY",
    "MANY_KEYS",
    "MAX_GET_LINE",
    "MAX_KEY",
    "MAX_LINE",
    "NOREPLY",
    "NO_KEY",
    "ONE_KEY",
    "QUIET",
    "REPLACE",
    "SHOW",
    "LineMemo",
    "Request",
    "RequestParser",
    "answered",
]
