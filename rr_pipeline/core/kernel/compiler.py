"""How functions of the core are compiled: one decorator for helpers, one for kernels, and where machine code is kept.

Belongs here: the choice of the cache folder and the compiler's options. Does not belong here: any rule.

Helpers are inlined into their kernel, so a kernel is compiled once, under one signature. Machine code is kept in a
folder named after the text of all compiled modules: a changed helper can never meet an old kernel, and the folder
where the package is installed may be read-only.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_type_hints

import numba
import numpy as np
from numba import config, types

Function = TypeVar("Function", bound=Callable[..., Any])


def helper(function: Function) -> Function:
    """Compile as a part of whatever kernel calls it."""
    options = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    return numba.njit(error_model="numpy", **options)(function)  # type: ignore[no-any-return]


def kernel(signature: Any) -> Callable[[Function], Function]:
    """Compile at once under exactly this signature, and keep the machine code for later processes."""

    def compile_now(function: Function) -> Function:
        if config.DISABLE_JIT:
            return function
        return _compiled(signature, function)  # pragma: no cover - see there

    return compile_now


def _compiled(signature: Any, function: Function) -> Function:  # pragma: no cover - coverage is measured uncompiled
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        return numba.njit(signature, cache=True, error_model="numpy")(function)  # type: ignore[no-any-return]
    finally:
        config.CACHE_DIR = before


def signature_of(returns: Any, *groups: type[tuple[Any, ...]]) -> Any:
    """Return the signature of a kernel that takes these named tuples of arrays, annotated with their shapes."""
    return returns(*(_type_of(group) for group in groups))


def array_type(dtype: Any, dimensions: int = 1) -> Any:
    """Return the compiler's type of a contiguous array."""
    return types.Array(numba.from_dtype(np.dtype(dtype)), dimensions, "C")


class Shape(NamedTuple):
    """What the compiler must know of one field of a named tuple; stands in the field's annotation."""

    dtype: Any
    dimensions: int


def _type_of(group: Any) -> Any:
    hints = get_type_hints(group, include_extras=True)
    return types.BaseTuple.from_types([array_type(*hints[name].__metadata__[0]) for name in group._fields], group)


@lru_cache(maxsize=1)
def cache_folder() -> Path:
    """Return the folder of the machine code: NUMBA_CACHE_DIR, else the user's cache, else a private temporary one."""
    digest = hashlib.sha256()
    for path in _compiled_sources():
        digest.update(path.read_bytes())
    # Numba itself would take code that looks where it writes for code that does not, and the other way round.
    name = f"kernels-{digest.hexdigest()[:16]}{'-checked' * bool(os.environ.get('NUMBA_BOUNDSCHECK'))}"
    wanted = [Path(os.environ["NUMBA_CACHE_DIR"])] if os.environ.get("NUMBA_CACHE_DIR") else []
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    wanted.append(Path(home) / "rr_pipeline")
    if hasattr(os, "getuid"):  # pragma: no branch - not on Windows
        wanted.append(Path(tempfile.gettempdir()) / f"rr_pipeline-{os.getuid()}")
    for base in wanted:
        if _is_ours(base / name):
            return base / name
    return Path(tempfile.mkdtemp(prefix="rr_pipeline-"))


def _compiled_sources() -> list[Traversable]:
    """Return the modules whose text is in machine code: all of this room, and what is compiled outside it."""
    core = files("rr_pipeline.core")
    kernel = [path for path in core.joinpath("kernel").iterdir() if path.name.endswith(".py")]
    others = [
        core.joinpath("model.py"),
        core.joinpath("person_fold.py"),
        core.joinpath("calendar", "working_clocks.py"),
    ]
    return [*sorted(kernel, key=lambda path: path.name), *others]


def _is_ours(folder: Path) -> bool:
    """Make the folder, and tell whether we can write there and nobody else can: code will be loaded from it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
        status = folder.stat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True  # pragma: no cover - Windows
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
