"""The architecture's table of layers, held against the imports of every module."""

import ast
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent

LEAVES: Final = {"proxy", "proxy.errors", "proxy.config"}
PURE: Final = LEAVES | {"proxy.protocol", "proxy.ring", "proxy.store"}
BYTES: Final = PURE | {"proxy.dataplane"}
POLICY: Final = BYTES | {"proxy.routes", "proxy.pools", "proxy.log"}
EDGES: Final = BYTES | {"proxy.admin", "proxy.discovery"}
CONVERT: Final = LEAVES | {"proxy.convert"}
WIRING: Final = (
    POLICY
    | EDGES
    | CONVERT
    | {"proxy.assembly", "proxy.discovered", "proxy.reload", "proxy.serve", "proxy.cli", "proxy.__main__"}
)

#: package -> which packages of ours it may import, and which libraries that are not the standard one's
LAYERS: Final[dict[str, tuple[set[str], set[str]]]] = {
    "proxy.errors": (set(), set()),
    "proxy.config": (LEAVES, {"msgspec"}),
    "proxy.convert": (CONVERT, {"yaml"}),
    "proxy.protocol": ({"proxy.protocol"}, set()),
    "proxy.ring": ({"proxy.ring"}, {"xxhash"}),
    "proxy.store": ({"proxy.store", "proxy.protocol"}, set()),
    "proxy.dataplane": (BYTES, {"trio"}),
    "proxy.routes": (POLICY, {"trio"}),
    "proxy.pools": (POLICY, {"trio"}),
    "proxy.log": ({"proxy"}, {"structlog", "trio"}),
    "proxy.admin": (EDGES, {"trio"}),
    "proxy.assembly": (WIRING, {"msgspec", "trio"}),
    "proxy.discovered": (WIRING, {"msgspec", "trio"}),
    "proxy.reload": (WIRING, {"structlog", "trio"}),
    "proxy.discovery": (EDGES, {"trio", "dns"}),
    "proxy.serve": (WIRING, {"trio"}),
    "proxy.cli": (WIRING, set()),
    "proxy.__main__": ({"proxy.cli"}, set()),
    "proxy": (set(), set()),
}
#: What the pure layers may not touch even though it is in the standard library: whatever waits, tells the time
#: or draws lots. Time is an argument.
IMPURE: Final = {
    "asyncio",
    "os",
    "random",
    "select",
    "selectors",
    "socket",
    "subprocess",
    "threading",
    "time",
    "trio",
}
PURE_PACKAGES: Final = (
    "proxy.protocol",
    "proxy.ring",
    "proxy.store",
    "proxy.discovery.answers",
    "proxy.discovery.members",
    "proxy.discovery.schedule",
    "proxy.discovery.cluster",
)

MODULES: Final = sorted((ROOT / "proxy").rglob("*.py"))


def _package(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            if node.module == "proxy":
                found.update(
                    f"proxy.{alias.name}"
                    if (ROOT / "proxy" / alias.name).exists()
                    or alias.name in ("log", "serve", "reload", "assembly")
                    else "proxy"
                    for alias in node.names
                )
            else:
                found.add(node.module)
    return found


@pytest.mark.parametrize("file", MODULES, ids=_name)
def test_imports_run_one_way(file: Path) -> None:
    ours, libraries = LAYERS[_package(_name(file))]
    for imported in _imports(file):
        top = imported.split(".")[0]
        if top == "proxy":
            assert _package(imported) in ours, f"{_name(file)} imports {imported}"
        else:
            assert top in libraries or top in sys.stdlib_module_names, f"{_name(file)} imports {imported}"


@pytest.mark.parametrize(
    "file", [file for file in MODULES if _name(file).startswith(PURE_PACKAGES)], ids=_name
)
def test_the_pure_layers_have_no_clock_and_no_io(file: Path) -> None:
    assert not {imported.split(".")[0] for imported in _imports(file)} & IMPURE


@pytest.mark.parametrize("file", MODULES, ids=_name)
def test_no_module_holds_more_than_it_can_tell(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 450
