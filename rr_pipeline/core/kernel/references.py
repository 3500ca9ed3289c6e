"""The state of a kernel by reference: its functions are handed one address instead of all its tables.

Belongs here: the compiler's type of such a reference. Does not belong here: what the state is (``state``).

A named tuple of forty tables is some three hundred numbers; handed on by value, each call of each function would be
compiled with all of them. Uncompiled a reference is the tuple itself.
"""

from __future__ import annotations

from typing import Any, TypeVar

from llvmlite import ir  # type: ignore[import-untyped]
from numba import config, types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, intrinsic, lower_getattr_generic, models, register_model

Tuple = TypeVar("Tuple", bound=tuple[Any, ...])


class Reference(types.Type):  # type: ignore[misc]  # pragma: no cover - coverage is measured uncompiled
    """The type of an address at which a named tuple stands."""

    def __init__(self, whole: Any) -> None:
        """``whole``: the type of the named tuple."""
        self.whole = whole
        super().__init__(f"Reference({whole.instance_class.__name__})")

    @property
    def key(self) -> Any:
        """What tells one from another. Its hash is asked for at every expression, so it is no long one."""
        return self.whole.instance_class

    @property
    def mangling_args(self) -> tuple[str, tuple[()]]:
        """A short name in machine code, where that of the tuple would name every field of every table."""
        return self.name, ()

    def kind_of(self, name: str) -> Any:
        """Return the type of a field of the tuple."""
        return self.whole.types[self.whole.fields.index(name)]


@register_model(Reference)
class _Address(models.PrimitiveModel):  # type: ignore[misc]  # pragma: no cover
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, cgutils.voidptr_t)


@infer_getattr
class _Fields(AttributeTemplate):  # type: ignore[misc]  # pragma: no cover
    key = Reference

    def generic_resolve(self, reference: Reference, name: str) -> Any:
        if name not in reference.whole.fields:
            return None
        kind = reference.kind_of(name)
        return Reference(kind) if isinstance(kind, types.BaseNamedTuple) else kind


@lower_getattr_generic(Reference)  # type: ignore[untyped-decorator]
def _read_field(context: Any, builder: Any, reference: Reference, address: Any, name: str) -> Any:  # pragma: no cover
    whole = builder.bitcast(address, context.get_value_type(reference.whole).as_pointer())
    place = cgutils.gep_inbounds(builder, whole, 0, reference.whole.fields.index(name))
    if isinstance(reference.kind_of(name), types.BaseNamedTuple):
        return builder.bitcast(place, cgutils.voidptr_t)
    return builder.load(place)


def _refer_compiled(_: Any, whole: Any) -> Any:  # pragma: no cover
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> ir.Value:
        return builder.bitcast(cgutils.alloca_once_value(builder, arguments[0]), cgutils.voidptr_t)

    return Reference(whole)(whole), generate


def _refer_uncompiled(whole: Tuple) -> Tuple:
    """Return a reference to a named tuple of tables, which all functions of the kernel take in its place."""
    return whole


refer = _refer_uncompiled if config.DISABLE_JIT else intrinsic(_refer_compiled)
