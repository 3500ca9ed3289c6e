"""How functions of the core are compiled: one decorator for helpers, one for kernels, and where machine code is kept.

Belongs here: the choice of the cache folder and the compiler's options. Does not belong here: any rule.

Helpers are parts of their kernel: each is typed once, and machine code is made of the kernel alone, once, under one
signature. It is kept in a folder named after the text of all compiled modules: a changed helper can never meet an old
kernel, and the folder where the package is installed may be read-only.
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
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import numba
import numpy as np
from numba import config, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.untyped_passes import FixupArgs, GenericRewrites, IRProcessing, ReconstructSSA, TranslateByteCode

from rr_pipeline.core.kernel.records import Record

Function = TypeVar("Function", bound=Callable[..., Any])


class _NoEnvironment:  # pragma: no cover - coverage is measured uncompiled
    """A helper raises nothing, so nothing of the interpreter is kept for it."""

    @staticmethod
    def set_env(name: str, environment: Any) -> None:
        """Keep nothing."""


class _Part(JITCodeLibrary):  # type: ignore[misc]  # pragma: no cover - coverage is measured uncompiled
    """Code of a helper: linked into what calls it, and optimised and made machine code of there only.

    Numba would do both for every helper as well, with all that it calls: half of the time of compiling.
    """

    @property
    def codegen(self) -> Any:
        return _NoEnvironment

    def get_pointer_to_function(self, name: str) -> int:
        """Return 0: there is no machine code of a part alone."""
        return 0

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalized = True


class _PartCompiler(CompilerBase):  # type: ignore[misc]  # pragma: no cover - coverage is measured uncompiled
    """Compiles a helper up to what a kernel needs of it, with those of Numba's steps that plain loops need."""

    def define_pipelines(self) -> list[Any]:
        """Hand the steps a library that is a part."""
        self.state.library = _Part(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        steps = PassManager("part")
        for step in _STEPS:
            steps.add_pass(step, step.__name__)
        steps.finalize()
        return [steps]


_STEPS = (
    TranslateByteCode,
    FixupArgs,
    IRProcessing,
    GenericRewrites,
    ReconstructSSA,
    NopythonTypeInference,
    PreLowerStripPhis,
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
)


def helper(function: Function) -> Function:
    """Compile as a part of whatever kernel calls it."""
    options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    return numba.njit(error_model="numpy", pipeline_class=_PartCompiler, **options)(function)  # type: ignore[no-any-return]


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
    """Return the signature of a kernel that takes these named tuples of arrays, records, or such tuples."""
    return returns(*(_type_of(group) for group in groups))


def array_type(dtype: Any, dimensions: int = 1) -> Any:
    """Return the compiler's type of a contiguous array."""
    return types.Array(numba.from_dtype(np.dtype(dtype)), dimensions, "C")


class Dimensions(NamedTuple):
    """How many an array has where it is not one; stands in the field's annotation."""

    axes: int


def _type_of(hint: Any) -> Any:
    """Return the compiler's type of what is annotated so."""
    if get_origin(hint) is Annotated:
        array, dimensions = get_args(hint)
        return array_type(_element_of(array), dimensions.axes)
    if get_origin(hint) is np.ndarray:
        return array_type(_element_of(hint))
    if issubclass(hint, Record):
        return numba.from_dtype(hint.layout)
    hints = get_type_hints(hint, include_extras=True)
    return types.BaseTuple.from_types([_type_of(hints[name]) for name in hint._fields], hint)


def _element_of(array: Any) -> Any:
    """Return the NumPy type of the elements of an annotated array."""
    element = get_args(get_args(array)[1])[0]
    return element.layout if issubclass(element, Record) else element


def is_kept(kernel_name: str) -> bool:
    """Tell whether machine code of a kernel is kept, or none is needed: then nobody waits for the compiler."""
    return bool(config.DISABLE_JIT) or any(cache_folder().rglob(f"*.{kernel_name}-*.nbi"))


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
    others = [core.joinpath(f"{name}.py") for name in ("limits", "model", "person_fold", "vocabulary")]
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
