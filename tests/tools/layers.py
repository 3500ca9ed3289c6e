"""Finds modules that break the layer rule: what each package may import, call and read.

Belongs here: reading source as syntax trees and naming what breaks the rule. Does not belong here: the rule itself,
which stands in ``tests/test_layers.py`` as data. Everything works on a mapping from path to source, so that a test can
plant an offender without touching the tree.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Sources = Mapping[str, str]
"""Source text by path below the root of the tree, such as ``rr_pipeline/core/kernel/fold.py``."""

CLOCK_CALLS = frozenset({"now", "utcnow", "today", "time_ns", "localtime", "gmtime", "perf_counter", "monotonic"})
FILE_CALLS = frozenset(
    {
        "open",
        "read_text",
        "write_text",
        "read_bytes",
        "write_bytes",
        "unlink",
        "mkdir",
        "rmdir",
        "rename",
        "touch",
        "exists",
        "is_file",
        "is_dir",
        "iterdir",
        "glob",
        "rglob",
        "stat",
        "lstat",
        "symlink_to",
        "hardlink_to",
        "fromfile",
        "tofile",
        "loadtxt",
        "savetxt",
        "genfromtxt",
        "memmap",
        "read_csv",
        "read_parquet",
        "read_ipc",
        "read_json",
        "read_ndjson",
        "read_excel",
        "read_database",
        "read_avro",
        "read_delta",
        "scan_csv",
        "scan_parquet",
        "scan_ipc",
        "scan_ndjson",
        "sink_csv",
        "sink_parquet",
        "sink_ipc",
        "sink_ndjson",
        "write_csv",
        "write_parquet",
        "write_ipc",
        "write_json",
        "write_ndjson",
        "write_excel",
        "write_database",
    }
)
EVASIONS = frozenset({"__import__", "import_module", "exec", "eval"})
BUILT_IN = EVASIONS | {"open"}
"""Names that count when they are called bare; all others only as methods or imported from a library."""
CLOCK_MODULES = frozenset({"time"})
FILE_MODULES = frozenset(
    {"os", "io", "shutil", "tempfile", "glob", "fnmatch", "fileinput", "mmap", "stat", "pathlib", "zipfile", "tarfile"}
)
NETWORK_MODULES = frozenset(
    {
        "socket",
        "ssl",
        "http",
        "urllib",
        "ftplib",
        "smtplib",
        "imaplib",
        "poplib",
        "telnetlib",
        "socketserver",
        "xmlrpc",
        "asyncio",
        "select",
        "selectors",
        "requests",
        "httpx",
        "aiohttp",
        "urllib3",
    }
)
PROCESS_MODULES = frozenset({"subprocess", "multiprocessing", "ctypes", "sqlite3", "dbm", "shelve", "pickle"})

MEANS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "clock": (CLOCK_MODULES, CLOCK_CALLS),
    "files": (FILE_MODULES, FILE_CALLS),
    "network": (NETWORK_MODULES, frozenset()),
    "processes": (PROCESS_MODULES, frozenset()),
    "dynamic imports": (frozenset(), EVASIONS),
}
"""What a package can be kept from: modules whose import, and names whose call, shows that it does it."""


@dataclass(frozen=True)
class Layer:
    """What one package or top-level module may use.

    ``own``: packages of the project beside itself. ``libraries``: None for any that no other layer keeps to itself.
    ``without``: keys of ``MEANS`` that it must do without.
    """

    own: frozenset[str]
    libraries: frozenset[str] | None = None
    without: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rule:
    """The whole layer rule.

    ``layers`` by package or module name; ``only_in``: layers that alone may import a library; ``in_functions``:
    libraries that no module imports at its top; ``exempt``: means that one module may use although its layer must not.
    """

    layers: Mapping[str, Layer]
    only_in: Mapping[str, frozenset[str]]
    in_functions: frozenset[str] = frozenset()
    exempt: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read_sources(root: Path, *packages: str) -> dict[str, str]:
    """Source of every module of the packages."""
    paths = (path for package in packages for path in sorted((root / package).rglob("*.py")))
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def layer_of(path: str) -> str:
    """Name of the package below the top one, or of the module where it stands at the top."""
    part = path.split("/")[1]
    return part.removesuffix(".py")


def imported(tree: ast.AST, *, at_top: bool = False) -> set[str]:
    """Dotted names that a module imports, wherever it does; with ``at_top`` those that importing it imports."""
    nodes = _run_at_import(tree) if at_top else ast.walk(tree)
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names}
    return names


def _run_at_import(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _run_at_import(node)


def used_means(tree: ast.AST) -> dict[str, set[str]]:
    """By key of ``MEANS``, what in a module shows that it does it."""
    tops = {name.split(".")[0] for name in imported(tree)}
    found: dict[str, set[str]] = {}
    called = {_called(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    called |= {name.rpartition(".")[2] for name in imported(tree) if not name.startswith("rr_pipeline.")}
    # A clock passed on without being called (``key=datetime.now``, ``clock = time.time``) is one too.
    handed = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in CLOCK_CALLS}
    for means, (modules, calls) in MEANS.items():
        shown = {f"import {name}" for name in tops & modules} | {f"{name}()" for name in called & calls}
        if means == "clock":
            shown |= {f".{name}" for name in handed if _is_of_a_clock(tree, name)}
        if shown:
            found[means] = shown
    return found


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) and function.id in BUILT_IN else ""


def _is_of_a_clock(tree: ast.AST, name: str) -> bool:
    owners = {
        node.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.value, ast.Name)
    }
    return bool(owners & {"time", "datetime", "date"})


def offences(sources: Sources, rule: Rule) -> list[str]:
    """Each thing that breaks the rule, as ``path: what``; sorted. Exemptions that nothing needs are offences too."""
    found: list[str] = []
    needed: dict[str, set[str]] = {}
    for path, text in sources.items():
        tree = ast.parse(text)
        layer = rule.layers.get(layer_of(path))
        if layer is None:
            found.append(f"{path}: {layer_of(path)} is in no layer")
            continue
        found += [f"{path}: {what}" for what in _wrong_imports(path, tree, layer, rule)]
        for means, shown in used_means(tree).items():
            if means not in layer.without:
                continue
            if means in rule.exempt.get(path, frozenset()):
                needed.setdefault(path, set()).add(means)
            else:
                found.append(f"{path}: {means} ({', '.join(sorted(shown))}) are not for {layer_of(path)}")
    for path, exempt in rule.exempt.items():
        found += [f"{path}: needs no exemption for {means}" for means in sorted(exempt - needed.get(path, set()))]
    return sorted(found)


def _wrong_imports(path: str, tree: ast.AST, layer: Layer, rule: Rule) -> Iterator[str]:
    here, package = layer_of(path), path.split("/")[0]
    names = imported(tree)
    for name in sorted(names):
        top, *rest = name.split(".")
        if not top:
            yield f"relative import {name}"
        elif top == package:
            own = rest[0] if rest else ""
            if own and own not in layer.own and own != here and not own.startswith("__"):
                yield f"{own} is not for {here}"
        elif top not in sys.stdlib_module_names and top != "__future__":
            kept = rule.only_in.get(top)
            if (kept is not None and here not in kept) or (layer.libraries is not None and top not in layer.libraries):
                yield f"{top} is not for {here}"
    for library in sorted({name.split(".")[0] for name in imported(tree, at_top=True)} & rule.in_functions):
        yield f"{library} is imported outside of a function"


def cycles(sources: Sources) -> list[list[str]]:
    """Groups of modules that import each other, imports inside functions and for the type checker counted."""
    modules = {_module(path): path for path in sources}
    graph = {name: _own_imports(name, sources[path], modules) for name, path in modules.items()}
    return sorted(sorted(group) for group in _components(graph) if len(group) > 1)


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def _own_imports(name: str, text: str, modules: Iterable[str]) -> set[str]:
    known, found = set(modules), set()
    for dotted in imported(ast.parse(text)):
        wanted = dotted
        while wanted and wanted not in known:
            wanted = wanted.rpartition(".")[0]
        # A package's __init__ gathers what its modules offer: who asks a package asks those, not the gathering.
        if wanted and wanted != name and not name.startswith(f"{wanted}."):
            found.add(wanted)
    return found


def _components(graph: Mapping[str, set[str]]) -> list[set[str]]:
    """Strongly connected components: modules that reach each other."""
    reach = {name: _reached(graph, name) for name in graph}
    groups, placed = [], set()
    for name in graph:
        if name not in placed:
            group = {other for other in reach[name] if name in reach[other]} | {name}
            placed |= group
            groups.append(group)
    return groups


def _reached(graph: Mapping[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(graph[name])
    return seen
