"""Tables: read into a struct of the schema, key by key, each with the reader that its field's type names."""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Struct, structs

from proxy.config.address import NAME
from proxy.config.paths import Path, quoted
from proxy.config.reading import INVALID, ListOf, Reader, Reading, describe, nearest
from proxy.config.scalars import Choice, Flag, Text


class NoKey:
    """Marks a field that no key of the file fills directly."""


NO_KEY: Final = NoKey()


class Fields(dict[str, object]):
    """What a reader returns that fills more fields than its own, by their names."""


class Required(Reader):
    """A key that must be given, although its field has a default to stand in while problems are collected."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def read(self, value: object, path: Path, reading: Reading) -> object:
        return self._reader.read(value, path, reading)


class Key(NamedTuple):
    """:ivar has_stand_in: whether a struct can be made without the key."""

    field: str
    reader: Reader
    is_required: bool
    has_stand_in: bool


class Table(Reader):
    """Reads a table into a struct."""

    def __init__(self, struct: type[Struct]) -> None:
        self.struct: Final = struct

    def read(self, value: object, path: Path, reading: Reading) -> object:
        if not isinstance(value, dict):
            return reading.refuse(path, f"expected a table, got {describe(value)}")
        keys = keys_of(self.struct)
        fields: dict[str, Any] = {}
        is_complete = True
        for name, entry in value.items():
            if name not in keys:
                self._refuse_unknown(name, value, path, reading)
                continue
            result = keys[name].reader.read(entry, (*path, name), reading)
            if isinstance(result, Fields):
                fields.update(result)
            elif result is not INVALID:
                fields[keys[name].field] = result
        for name, key in keys.items():
            if key.is_required and name not in value and not reading.problems.is_doubtful((*path, name)):
                reading.refuse((*path, name), "is missing")
            if key.field not in fields and not key.has_stand_in:
                is_complete = False
        return self.struct(**fields) if is_complete else INVALID

    def _refuse_unknown(self, name: str, table: dict[str, object], path: Path, reading: Reading) -> None:
        others = reading.tables_of_key.get(name)
        if others:
            reading.problems.add((*path, name), f"unknown key here; it belongs to {' or '.join(others)}")
            return
        meant = nearest(name, keys_of(self.struct))
        reading.problems.add((*path, name), "unknown key", meant)
        if meant is not None and meant not in table:
            reading.problems.distrust((*path, meant))


class NamedTables(Reader):
    """Reads a table of tables whose names are the user's own, into a read-only mapping."""

    def __init__(self, table: Table) -> None:
        self.table: Final = table

    def read(self, value: object, path: Path, reading: Reading) -> object:
        if not isinstance(value, dict):
            return reading.refuse(
                path, f"expected tables, as [{'.'.join(map(str, path))}.NAME], got {describe(value)}"
            )
        entries: dict[str, object] = {}
        for name, entry in value.items():
            if not NAME.fullmatch(name):
                reading.refuse(
                    (*path, name), f"{quoted(name)} is not a name: 1 to 128 ASCII letters, digits, _ . -"
                )
            result = self.table.read(entry, (*path, name), reading)
            if result is not INVALID:
                entries[name] = result
        return MappingProxyType(entries)


@cache
def keys_of(struct: type[Struct]) -> dict[str, Key]:
    """The keys of a table of the file, in the order of the schema."""
    hints = get_type_hints(struct, include_extras=True)
    keys = {}
    for field in structs.fields(struct):
        hint = hints[field.name]
        if NO_KEY in getattr(hint, "__metadata__", ()):
            continue
        reader = reader_of(hint)
        has_default = field.default is not NODEFAULT or field.default_factory is not NODEFAULT
        keys[field.encode_name] = Key(
            field.name,
            reader,
            is_required=isinstance(reader, Required) or not has_default,
            has_stand_in=has_default,
        )
    return keys


def reader_of(hint: Any) -> Reader:
    """The reader of a field with the type `hint`: the one it is annotated with, else the type's own."""
    for annotation in getattr(hint, "__metadata__", ()):
        if isinstance(annotation, Reader):
            return annotation
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return reader_of(arguments[0])
    if hint is bool:
        return Flag()
    if hint is str:
        return Text()
    if origin is Literal:
        return Choice(*arguments)
    if origin is tuple:
        return ListOf(reader_of(arguments[0]))
    if origin is Mapping:
        return NamedTables(Table(arguments[1]))
    if isinstance(hint, type) and issubclass(hint, Struct):
        return Table(hint)
    raise TypeError(f"no reader for {hint}")


def walk(table: Table, header: str = "") -> Iterator[tuple[str, Table]]:
    """`table` and every table below it, with its header as the file would have it."""
    yield (f"[{header}]" if header else ""), table
    for name, key in keys_of(table.struct).items():
        below = f"{header}.{name}" if header else name
        match key.reader:
            case Table() as inner:
                yield from walk(inner, below)
            case NamedTables(table=inner):
                yield from walk(inner, f"{below}.NAME")
            case ListOf(entry=Table() as inner):
                yield f"[[{below}]]", inner
