"""One tokenized line of each grammar, read as memcached 1.6.18 reads it: a request, or the error it answers."""

from typing import Final

from proxy.protocol import base64key, errors
from proxy.protocol.commands import DELETE, FLUSH_ALL, MAX_META_TOKENS, MAX_TOKENS, META_GET, Command
from proxy.protocol.numbers import int32, uint32, uint64
from proxy.protocol.request import NOREPLY, QUIET, SHOW, Request, answered

MAX_KEY: Final = 250
_INT32_MAX: Final = (1 << 31) - 1


def retrieval(command: Command, tokens: list[bytes]) -> Request:
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


def keyed(command: Command, tokens: list[bytes]) -> Request:
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


def meta_command(command: Command, tokens: list[bytes]) -> Request:
    count = len(tokens)
    if command.verb == b"me":
        if count < command.min_tokens or len(tokens[1]) > MAX_KEY:
            return answered(errors.BAD_FORMAT)
        tokens = tokens[:3]  # a server looks at no more than the base64 flag
        wire = b"%b\r\n" % b" ".join(tokens)
        return _with_raw_key(Request(command, tokens[1], wire, len(wire)))
    if count < command.min_tokens:
        return answered(errors.ERROR)
    if len(tokens[1]) > MAX_KEY:
        return answered(errors.BAD_FORMAT)
    if count > MAX_META_TOKENS:
        return answered(errors.MG_TOO_MANY_FLAGS if command is META_GET else errors.TOO_MANY_FLAGS)
    tokens, quiet = without_quiet(tokens, 2)
    wire = b"%b\r\n" % b" ".join(tokens)
    return _with_raw_key(Request(command, tokens[1], wire, len(wire), quiet))


def _with_raw_key(request: Request) -> Request:
    if b" b" in request.wire:
        key = base64key.decode(request.key)
        if key is not None and b"\r\n" in key:
            request.raw_key = key
    return request


def without_quiet(tokens: list[bytes], first: int) -> tuple[list[bytes], int]:
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


def block_size(command: Command, tokens: list[bytes]) -> int | bytes:
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


def meta_block_size(tokens: list[bytes]) -> int | bytes:
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


def local(command: Command, tokens: list[bytes]) -> Request:
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
