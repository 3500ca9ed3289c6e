"""Small faults in Python text: what may stand in place of a node, and the module with one of them put in."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_TURNED = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}  # fmt: skip
_OTHER = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}
_NAMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}


@dataclass(frozen=True)
class Mutant:
    """One fault: the text of the whole file with it, its line, and what it is in words."""

    text: str
    line: int
    words: str


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in place of a node."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _TURNED.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [other()], node.comparators)
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.BinOp) and type(node.op) in _OTHER:
        yield ast.BinOp(node.left, _OTHER[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
    elif isinstance(node, ast.Name) and node.id in _NAMES:
        yield ast.Name(_NAMES[node.id], node.ctx)
    elif isinstance(node, ast.Attribute) and node.attr in _NAMES:
        yield ast.Attribute(node.value, _NAMES[node.attr], node.ctx)
    elif isinstance(node, ast.If | ast.While):
        changed = copy.copy(node)
        changed.test = ast.UnaryOp(ast.Not(), node.test)
        yield changed
    elif isinstance(node, ast.AugAssign) or _is_statement(node):
        yield ast.Pass()


def _is_statement(node: ast.AST) -> bool:
    """Whether it can be left out: a call, or a value put into an array."""
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Subscript)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)


class _Change(ast.NodeTransformer):
    """Counts the places where something may be changed, and changes the one asked for (-1: none)."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.lines, self.words, self.depth = wanted, list[int](), "", 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.depth += 1
        node.body = [self.visit(one) for one in node.body]  # signatures and decorators stay as they are
        self.depth -= 1
        return node

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr | ast.AnnAssign):
            return node
        if self.depth:
            for other in variants(node):
                self.lines.append(getattr(node, "lineno", 0))
                if len(self.lines) == self.wanted + 1:
                    before, after = (ast.unparse(one).split("\n")[0] for one in (node, other))
                    self.words = f"{before}  ->  {after}"
                    return ast.fix_missing_locations(ast.copy_location(other, node))
        return super().visit(node)


def lines(text: str) -> list[int]:
    """Line of each possible mutant of a module, in their order."""
    change = _Change(-1)
    change.visit(ast.parse(text))
    return change.lines


def mutated(text: str, wanted: int) -> Mutant:
    """Return the mutant of that number."""
    change = _Change(wanted)
    tree = change.visit(ast.parse(text))
    return Mutant(ast.unparse(tree), change.lines[wanted], change.words)
