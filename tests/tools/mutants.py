"""Small faults put into the core one at a time: does a test notice? Prints each that none does.

    python -m tests.tools.mutants [--count 200] [--seed 1] [--minutes 20] [--only kernel/fold:132]

A mutant is one change inside a function: a comparison moved by one or turned round, a number one higher, plus for
minus, and for or, min for max, a condition turned round, a statement left out. Tests run uncompiled, in a process of
their own over a copy of the tree; a mutant that makes them fail, or never end, is caught. The common tools cannot do
this: they mutate what they import, and compiled functions are not Python any more. What survives wants a test, unless
it changes nothing that can be decided.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = (
    *(
        f"kernel/{name}"
        for name in ("fold", "offers", "turns", "open_items", "holds", "windows", "timers", "free_rows", "trees")
    ),
    *(f"calendar/{name}" for name in ("eligibility", "schedules", "working_clocks", "local_time")),
    "packing/fair_shares",
)
TESTS = (
    *(f"tests/core/test_oracle_cases{part}.py" for part in ("", "_after", "_clocks", "_nobody")),
    *(f"tests/core/test_{part}.py" for part in ("corners", "worlds_uncompiled", "router_cases")),
    *(f"tests/core/calendar/test_{part}.py" for part in ("schedules", "eligibility", "working_clocks", "local_time")),
)
SLOW = "not cheap_to_hold and not every_zone_is_found and not less_than_that_in_400"
MOST_SECONDS = 240
_TURNED = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}  # fmt: skip
_OTHER = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}
_NAMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}


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


class Change(ast.NodeTransformer):
    """Counts the places where something may be changed, and changes the one asked for (-1: none)."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.count, self.line, self.text, self.depth = wanted, 0, 0, "", 0

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
                if self.count == self.wanted:
                    self.line = getattr(node, "lineno", 0)
                    before, after = (ast.unparse(one).split("\n")[0] for one in (node, other))
                    self.text = f"{before}  ->  {after}"
                    self.count += 1
                    return ast.fix_missing_locations(ast.copy_location(other, node))
                self.count += 1
        return super().visit(node)


def _tests_of(module: str) -> str:
    room, _, name = module.partition("/")
    return f"tests/core/{room}/test_{name}.py"


def mutated(module: str, wanted: int) -> tuple[Change, str]:
    """Return the change of that number and the module with it."""
    tree = ast.parse((ROOT / "rr_pipeline" / "core" / f"{module}.py").read_text(encoding="utf-8"))
    change = Change(wanted)
    return change, ast.unparse(change.visit(tree))


def caught(folder: Path, module: str = "") -> bool:
    """Whether a test fails, or does not end; those of the module itself go first."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "RR_WORLDS": "48", "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-k", SLOW]
    command += sorted(TESTS, key=lambda name: name != _tests_of(module))
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main() -> None:
    """Take a sample, or the one asked for, and print the survivors and the share that was caught."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--only", help="module:number, as printed")
    wanted = parser.parse_args()
    places = [(module, number) for module in MODULES for number in range(mutated(module, -1)[0].count)]
    sample = random.Random(wanted.seed).sample(places, min(wanted.count, len(places)))
    if wanted.only:
        module, number = wanted.only.split(":")[:2]
        sample = [(module, int(number))]
    begun, killed, survivors = time.monotonic(), 0, []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for part in ("rr_pipeline", "tests", "sql", "expectations"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        if caught(folder):
            sys.exit("the tests fail without any mutant: fix them first")
        for module, number in sample:
            if time.monotonic() - begun > 60 * wanted.minutes:
                break
            change, text = mutated(module, number)
            place = folder / "rr_pipeline" / "core" / f"{module}.py"
            place.write_text(text, encoding="utf-8")
            if caught(folder, module):
                killed += 1
            else:
                survivors.append(f"{module}:{number} line {change.line}: {change.text}")
                print("survived ", survivors[-1], flush=True)
            shutil.copy(ROOT / "rr_pipeline" / "core" / f"{module}.py", place)
    tried = killed + len(survivors)
    print(f"{tried} of {len(places)} possible mutants tried, {killed} caught, {len(survivors)} survived")


if __name__ == "__main__":
    main()
