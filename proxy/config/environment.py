"""Environment variables inside of string values."""

import re
from collections.abc import Mapping
from typing import Final

from proxy.config.problems import RefusedError

_REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}")


class Expanded(str):
    """A string that came out of the environment at least in part.

    It may stand for a number or a boolean too: TOML has no other way to take those from a variable.
    """

    __slots__ = ()


def expand(text: str, environ: Mapping[str, str]) -> str:
    """`text` with every ``${NAME}`` and ``${NAME:-default}`` replaced, and anything else as it is.

    As in a shell, the default also stands in for a variable that is set and empty. What was put in is not
    looked at again.

    :raises RefusedError: a variable without default is not set
    """
    if "${" not in text:
        return text

    def replacement(match: re.Match[str]) -> str:
        name, has_default, default = match.groups()
        value = environ.get(name)
        if has_default:
            return value or str(default)
        if value is None:
            raise RefusedError(
                f"the environment variable {name} is not set, and there is no ${{{name}:-default}}"
            )
        return value

    expanded, count = _REFERENCE.subn(replacement, text)
    return Expanded(expanded) if count else text
