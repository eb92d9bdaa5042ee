"""The readers of values without parts, one for each kind that the file knows."""

import re

from proxy.config import address
from proxy.config.environment import Expanded
from proxy.config.paths import quoted
from proxy.config.problems import RefusedError
from proxy.config.ranges import has_range
from proxy.config.reading import Scalar, describe, nearest
from proxy.config.units import missing_unit, parse_duration, parse_rate, parse_size


def expect_text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise RefusedError(f"expected {what}, got {describe(value)}")
    return value


class Flag(Scalar):
    def convert(self, value: object) -> object:
        if isinstance(value, Expanded) and value in ("true", "false"):
            return value == "true"
        if not isinstance(value, bool):
            raise RefusedError(f"expected true or false, got {describe(value)}")
        return value


class Count(Scalar):
    def __init__(self, least: int, most: int = (1 << 31) - 1) -> None:
        self._least = least
        self._most = most

    def convert(self, value: object) -> object:
        if isinstance(value, Expanded) and re.fullmatch(r"[0-9]{1,15}", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise RefusedError(f"expected a whole number, got {describe(value)}")
        if not self._least <= value <= self._most:
            raise RefusedError(f"{value} is out of range: {self._least} to {self._most}")
        return value


class Share(Scalar):
    """A part of a whole: 0 to 1, both included."""

    def convert(self, value: object) -> object:
        if isinstance(value, Expanded) and re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", value):
            value = float(value)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise RefusedError(f"expected a number from 0 to 1, got {describe(value)}")
        if not 0 <= value <= 1:  # false for nan too
            raise RefusedError(f"{value} is out of range: 0 to 1")
        return float(value)


class Duration(Scalar):
    """:param least: the shortest one allowed, in seconds; None: anything longer than zero."""

    def __init__(self, least: float | None) -> None:
        self._least = least

    def convert(self, value: object) -> object:
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise missing_unit(value, is_size=False)
        seconds = parse_duration(expect_text(value, 'a duration such as "250ms"'))
        if self._least is None:
            if seconds == 0:
                raise RefusedError("must be more than zero")
        elif seconds < self._least:
            raise RefusedError(f"must be at least {self._least:g}s")
        return seconds


class Size(Scalar):
    """:param most: the greatest one allowed, in bytes."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most

    def convert(self, value: object) -> object:
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise missing_unit(value, is_size=True)
        size = parse_size(expect_text(value, 'a size such as "64KiB"'))
        if self._most is not None and size > self._most:
            raise RefusedError(f"must be at most {self._most >> 20}MiB")
        return size


class Rate(Scalar):
    def convert(self, value: object) -> object:
        return parse_rate(expect_text(value, 'a rate such as "20000/s" or "10MiB/s" as a string'))


class Choice(Scalar):
    def __init__(self, *options: str) -> None:
        self._options = options

    def convert(self, value: object) -> object:
        listed = ", ".join(f'"{option}"' for option in self._options)
        if not isinstance(value, str):
            raise RefusedError(f"expected one of {listed}, got {describe(value)}")
        if value not in self._options:
            raise RefusedError(f"{quoted(value)} is not one of {listed}", nearest(value, self._options))
        return str(value)


class FlagOr(Scalar):
    """A boolean or one of a few words."""

    def __init__(self, *options: str) -> None:
        self._flag = Flag()
        self._choice = Choice(*options)

    def convert(self, value: object) -> object:
        if isinstance(value, bool) or value in ("true", "false"):
            return self._flag.convert(value)
        return self._choice.convert(value)


class Text(Scalar):
    def convert(self, value: object) -> object:
        text = expect_text(value, "a string")
        if "\0" in text:
            raise RefusedError("contains a NUL character")
        return str(text)


class ServerName(Scalar):
    """A name for the ring and for metrics, or the empty string for none."""

    def convert(self, value: object) -> object:
        name = expect_text(value, "a string")
        if not re.fullmatch(r"[!-~]{0,255}", name):
            raise RefusedError(f"{quoted(name)} is not a name: at most 255 ASCII characters without spaces")
        return str(name)


class KeyPrefix(Scalar):
    """What keys begin with; no key has spaces or control characters, or more than 250 bytes."""

    def convert(self, value: object) -> object:
        prefix = expect_text(value, "a string")
        if re.search(r"[\0-\x20\x7f]", prefix) or len(prefix.encode(errors="surrogateescape")) > 250:
            raise RefusedError(
                f"no key begins with {quoted(prefix)}: at most 250 bytes, no spaces or control characters"
            )
        return str(prefix)


class HashTag(Scalar):
    def convert(self, value: object) -> object:
        tag = expect_text(value, "a string")
        if not re.fullmatch(r"([!-~]{2})?", tag):
            raise RefusedError(
                f'{quoted(tag)} is not exactly two ASCII characters, as "{{}}"; "" turns hash tags off'
            )
        return str(tag)


class FileMode(Scalar):
    def convert(self, value: object) -> object:
        mode = expect_text(value, 'octal digits as a string, as "0660"')
        if not re.fullmatch(r"(0o?)?[0-7]{3}", mode):
            raise RefusedError(f'{quoted(mode)} is not a file mode: octal digits, as "0660"')
        return int(mode, 8)


class Listen(Scalar):
    def convert(self, value: object) -> object:
        return address.parse_listen(
            expect_text(value, 'an address such as "127.0.0.1:11211" or "unix:/path"')
        )


class Admin(Scalar):
    """A TCP address to listen on, or the empty string for none."""

    def convert(self, value: object) -> object:
        text = expect_text(value, 'an address such as "127.0.0.1:9150"')
        if not text:
            return None
        parsed = address.parse_listen(text)
        if not isinstance(parsed, address.TcpAddress):
            raise RefusedError(f'{quoted(text)} is not "host:port"')
        return parsed


class ServerLocation(Scalar):
    def convert(self, value: object) -> object:
        text = expect_text(value, 'an address such as "10.0.0.1:11211"')
        if has_range(text):
            raise RefusedError("a range stands alone, as a string, and not in a table")
        return address.parse_server(text)
