"""Which module may import which: computed from the sources, `TYPE_CHECKING` imports counted."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

from custom_components.call_recorder.api import RECORDERS
from custom_components.call_recorder.config_flow import FORMS, CallRecorderConfigFlow
from simulator.server import RECORDERS as SIMULATED

_ROOT: Final = Path(__file__).parent.parent
_INTEGRATION: Final = "custom_components.call_recorder"
_API: Final = f"{_INTEGRATION}.api"
_SIMULATOR: Final = "simulator"
_LEAVES: Final = {
    f"{_API}.{name}" for name in ("models", "errors", "numbers", "parsing")
}
"""The vocabulary of `api`: these import only one another."""
_FORMS: Final = f"{_INTEGRATION}.config_flow"
"""Above `api`, only the forms differ by recorder: a row and a step for each."""

_TOP: Final = {
    f"{_INTEGRATION}.{name}"
    for name in (
        *("binary_sensor", "button", "event", "sensor", "switch"),
        *("condition", "config_flow", "llm", "logbook", "media_source", "trigger"),
        *("diagnostics", "repairs", "system_health"),
        *("frontend", "services", "websocket_api"),
    )
}
"""The top floor: what Home Assistant, or `__init__` for it, sets up."""

type Graph = dict[str, set[str]]
"""Per module, the modules that it imports; those from elsewhere by their full names."""


def _sources(package: str) -> dict[str, Path]:
    """Return the file of each module below a package."""
    files = {}
    for path in (_ROOT / package.replace(".", "/")).rglob("*.py"):
        parts = path.relative_to(_ROOT).with_suffix("").parts
        files[".".join(parts).removesuffix(".__init__")] = path
    return files


def _imports(module: str, path: Path, modules: set[str]) -> Iterator[str]:
    """Yield what a module imports, wherever in it the import stands."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            start = parents[: len(parents) - node.level + 1] if node.level else []
            source = ".".join([*start, *filter(None, [node.module])])
            for alias in node.names:
                submodule = f"{source}.{alias.name}"
                yield submodule if submodule in modules else source


def _graph(package: str) -> Graph:
    """Return the import graph of a package."""
    files = _sources(package)
    return {
        module: set(_imports(module, path, set(files)))
        for module, path in files.items()
    }


def _is_in(module: str, package: str) -> bool:
    """Return whether a module is a package or lies in it."""
    return f"{module}.".startswith(f"{package}.")


def _arrows(graph: Graph) -> Iterator[tuple[str, str]]:
    """Yield each pair of an importing and an imported module."""
    for module, imported in graph.items():
        yield from ((module, other) for other in imported)


@pytest.fixture(scope="module")
def integration() -> Graph:
    """Return the integration's import graph."""
    return _graph(_INTEGRATION)


@pytest.mark.parametrize("package", [_INTEGRATION, _SIMULATOR])
def test_imports_make_no_circle(package: str) -> None:
    """A module never comes back to itself through what it imports."""
    graph = _graph(package)
    inner = [(module, other) for module, other in _arrows(graph) if other in graph]
    assert len(inner) > len(graph), "most modules import another one of the package"
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as err:
        pytest.fail(" <- ".join(err.args[1]))


def test_api_knows_neither_home_assistant_nor_what_is_above(integration: Graph) -> None:
    """The recorders' clients run in a plain script."""
    upwards = {
        (module, other)
        for module, other in _arrows(integration)
        if _is_in(module, _API)
        and not _is_in(other, _API)
        and other.partition(".")[0] in ("homeassistant", "custom_components")
    }
    assert not upwards


def test_vocabulary_imports_only_itself(integration: Graph) -> None:
    """Models, errors, numbers and parsing use nothing else of the integration."""
    assert integration.keys() >= _LEAVES
    others = {
        (module, other)
        for module, other in _arrows(integration)
        if module in _LEAVES and _is_in(other, _INTEGRATION) and other not in _LEAVES
    }
    assert not others


def test_nothing_imports_the_top_floor(integration: Graph) -> None:
    """What shows or serves something is used by nothing below it."""
    assert integration.keys() >= _TOP
    upwards = {
        (module, other)
        for module, other in _arrows(integration)
        if other in _TOP and module != _INTEGRATION
    }
    assert not upwards


def test_recorders_know_nothing_of_each_other(integration: Graph) -> None:
    """A recorder's folder in `api` is used by its own modules, the registry and the forms."""
    allowed = {_API, _FORMS}
    others = {
        (module, other)
        for module, other in _arrows(integration)
        for recorder in RECORDERS
        if _is_in(other, f"{_API}.{recorder}")
        and not _is_in(module, f"{_API}.{recorder}")
        and module not in allowed
    }
    assert not others


def test_simulator_shares_no_code_with_the_integration() -> None:
    """The simulator is written from the vendors' pages: a shared mistake would hide itself."""
    shared = {
        (module, other)
        for module, other in _arrows(_graph(_SIMULATOR))
        if other.partition(".")[0] in ("custom_components", "homeassistant", "tests")
    }
    assert not shared


def _strings(tree: ast.AST) -> Iterator[str]:
    """Yield the strings that the code uses: not the docstrings."""
    statements = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node not in statements
        ):
            yield node.value


def test_recorders_are_named_only_in_the_forms() -> None:
    """Above `api` no code asks which recorder it has before it: it asks the client."""
    naming = {
        module
        for module, path in _sources(_INTEGRATION).items()
        if not _is_in(module, _API)
        for text in _strings(ast.parse(path.read_text()))
        if any(recorder in text.lower() for recorder in RECORDERS)
    }
    assert naming == {_FORMS}


def test_every_recorder_is_in_each_table() -> None:
    """A client has a form and a step of the config flow; a simulated recorder has a client."""
    assert RECORDERS.keys() == FORMS.keys()
    assert SIMULATED.keys() <= RECORDERS.keys()
    for recorder in RECORDERS:
        assert hasattr(CallRecorderConfigFlow, f"async_step_{recorder}")
