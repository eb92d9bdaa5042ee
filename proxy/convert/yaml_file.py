"""YAML as nutcracker reads it: scalars are text whatever they look like, in lists and mappings.

The library is an extra: the proxy itself has no use for it, and is not to be installed with it.
"""

from typing import Any, Final

from proxy.config.paths import Path, quoted
from proxy.convert.given import HALF_CHARACTER, Given, Origin
from proxy.convert.source import Source

#: Nothing that nutcracker reads lies deeper; bounds the work on a file that does, or that contains itself.
_DEEPEST: Final = 4
_MISSING: Final = "YAML is read by PyYAML, which is not installed: pip install 'outrider[convert]'"


def read_yaml(text: str, source: Source) -> Given:
    """The only document of `text`.

    :raises ConfigError: it is no YAML, or the library is missing
    """
    try:
        import yaml  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise source.broken(_MISSING) from error
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise source.broken(f"is not valid YAML: {reason}", mark.line + 1 if mark else None) from error
    except RecursionError as error:
        raise source.broken("is nested too deeply") from error
    except (ValueError, OverflowError) as error:  # "\Uffffffff"
        raise source.broken("is not valid YAML: it names a character that there is not") from error
    if root is None:
        raise source.broken("is empty")
    return _given(root, (), source)


def _given(node: Any, path: Path, source: Source) -> Given:
    origin = Origin(path, node.start_mark.line + 1)
    if len(path) > _DEEPEST:
        raise source.broken("is nested too deeply", origin.line)
    match node.id:
        case "scalar":
            if HALF_CHARACTER.search(node.value):
                source.refuse(origin, "holds half a character: a surrogate")
                return Given("", origin)
            return Given(node.value, origin)
        case "sequence":
            return Given(
                [_given(entry, (*path, index), source) for index, entry in enumerate(node.value)], origin
            )
        case _:
            return Given(_keys(node, path, source), origin)


def _keys(node: Any, path: Path, source: Source) -> dict[str, Given]:
    keys: dict[str, Given] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.id != "scalar" or HALF_CHARACTER.search(key.value):
            source.refuse(Origin(path, line), "a key has to be a word")
        elif key.value in keys:
            source.refuse(
                Origin((*path, key.value), line),
                f"{quoted(key.value)} is here twice, first in line {keys[key.value].origin.line}",
            )
        else:
            given = _given(value, (*path, key.value), source)
            # Of a list it is the key that people look for.
            keys[key.value] = Given(given.value, Origin(given.origin.path, line))
    return keys
