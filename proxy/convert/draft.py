"""The configuration that comes out: settings with their origins, and remarks about what has none."""

from collections.abc import Mapping
from typing import Any, Final, final

from proxy.config.environment import expand
from proxy.config.load import examine
from proxy.config.paths import Path, quoted
from proxy.config.problems import Problems, RefusedError
from proxy.convert.given import Given, Origin
from proxy.convert.source import Source
from proxy.convert.toml import Setting, Value, comment, settings_as_toml

_NO_PLACE: Final = Origin(())


@final
class Draft:
    """A TOML file in the making.

    Whatever it finally returns, `outrider check` accepts: Outrider's own schema has read it first.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._settings: list[Setting] = []
        self._origins: dict[Path, Origin] = {}
        self._remarks: dict[str, None] = {}  # each once, however many routes lead to it

    def put(self, path: Path, value: Value, origin: Origin, remark: str = "") -> None:
        """Set the key at `path`, because of what stands at `origin`."""
        with self._source.trying(origin):
            _refuse_references(value)
            self._origins[path] = origin
            self._settings.append(Setting(path, value, f"{origin}: {remark}" if remark else str(origin)))

    def assume(self, path: Path, value: Value, reason: str) -> None:
        """Set the key at `path`, although nothing in the file says so."""
        self._settings.append(Setting(path, value, reason))

    def blame(self, path: Path, origin: Origin) -> None:
        """What is wrong with the table at `path` as a whole is due to `origin`."""
        self._origins[path] = origin

    def remark(self, text: str) -> None:
        """Tell the user about something that is no setting."""
        self._remarks[text] = None

    def remark_on(self, given: Given, text: str) -> None:
        """Tell the user what becomes of something that is not translated."""
        self.remark(f"{given.origin} ({given.described()}): {text}")

    def finish(self, title: str) -> str:
        """The file as text.

        :param title: what it is, for its first lines
        :raises ConfigError: what was refused so far, or what Outrider's schema does not accept
        """
        self._source.raise_if_refused()
        problems = Problems()
        examine(self._document(), {}, problems)
        for found in problems:
            self._source.refuse(self._origin_of(found.path), found.message, found.suggestion)
        self._source.raise_if_refused()
        head = comment(title)
        if self._remarks:
            head += comment("\nNot translated, or different here:")
            head += "".join(comment(f"- {remark}") for remark in self._remarks)
        return head + settings_as_toml(self._settings)

    def _document(self) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for setting in self._settings:
            *way, last = setting.path
            at: Any = document
            for part, following in zip(way, setting.path[1:], strict=True):
                at = _entered(at, part, [] if isinstance(following, int) else {})
            if isinstance(at, list):
                at.append(setting.value)
            else:
                at[last] = setting.value
        return document

    def _origin_of(self, path: Path) -> Origin:
        """The origin of the setting at `path`, or of the nearest one around it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._origins:
                return self._origins[path[:length]]
        return _NO_PLACE


def _entered(container: Any, part: str | int, empty: Any) -> Any:
    """What `container` has at `part`, put there when it is the first."""
    if isinstance(part, str):
        return container.setdefault(part, empty)
    if part == len(container):
        container.append(empty)
    return container[part]


def _refuse_references(value: Value) -> None:
    """No text of another program's file may turn into a reference to an environment variable."""
    parts = value if isinstance(value, list) else value.values() if isinstance(value, Mapping) else (value,)
    for text in parts:
        if not isinstance(text, str):
            continue
        try:
            is_literal = expand(text, {}) == text
        except RefusedError:
            is_literal = False
        if not is_literal:
            raise RefusedError(f"{quoted(text)} would be taken for an environment variable here")
