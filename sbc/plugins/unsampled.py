"""What a file does to sample, told from what states its models, on the syntax tree alone."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping, Sequence

from sbc.plugins.syntax import blocks, changes, exposed

#: Calls that end the statement of a model; what follows them is about the posterior.
SAMPLERS = frozenset(
    [
        *("sample", "fit", "find_MAP", "sample_smc", "compile_pymc_model"),
        *("sample_numpyro_nuts", "sample_blackjax_nuts", "sample_jax_nuts"),
        *("fit_laplace", "fit_pathfinder", "fit_dadvi"),
    ]
)
#: Packages whose functions of these names are meant.
PACKAGES = ("pymc", "nutpie", "pymc_extras")
#: Where a user's module notes the names that only sampling would have set.
LEFT_OUT = "__sbc_left_out__"


def samples(node: ast.AST, known: Mapping[str, str]) -> bool:
    """Say whether a sampler is called within a node.

    Parameters
    ----------
    node : ast.AST
        Anything.
    known : mapping of str to str
        Names of modules and functions, with what they stand for: `sbc.plugins.syntax.imported`.
    """
    return any(isinstance(n, ast.Call) and _is(n, known, SAMPLERS) for n in ast.walk(node))


def opens(node: ast.AST, known: Mapping[str, str]) -> bool:
    """Say whether a model is opened within a node."""
    return any(isinstance(n, ast.Call) and _is(n, known, {"Model"}) for n in ast.walk(node))


def _is(call: ast.Call, known: Mapping[str, str], wanted: frozenset[str] | set[str]) -> bool:
    parts: list[str] = []
    node: ast.expr = call.func
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return False
    dotted = ".".join([known.get(node.id, node.id), *parts]).split(".")
    return dotted[0] in PACKAGES and dotted[-1] in wanted


def cut(statement: ast.stmt, gone: set[str], known: Mapping[str, str], keep: str = "") -> ast.stmt:
    """Give a statement without sampling, and what is computed from that; loops run to their ends.

    Parameters
    ----------
    statement : ast.stmt
        Left as it is; the same one comes back if nothing is taken out.
    gone : set of str
        The names that are not set, or not filled, without sampling; brought up to date.
    known : mapping
        As in `samples`.
    keep : str
        A name that nothing takes away: the model's.
    """
    if not (samples(statement, known) or gone):
        return statement
    left = _cut([copy.deepcopy(statement)], gone, known, keep)[0]
    return statement if ast.dump(left) == ast.dump(statement) else left


def _cut(
    block: list[ast.stmt], gone: set[str], known: Mapping[str, str], keep: str
) -> list[ast.stmt]:
    kept = []
    for statement in block:
        if inner := blocks(statement):
            for part in inner:
                part[:] = _cut(part, gone, known, keep)
            kept.append(statement)
            continue
        reads, sets = exposed([statement])
        defines = isinstance(statement, ast.FunctionDef | ast.ClassDef)
        if not defines and (samples(statement, known) or reads & gone):
            gone |= (sets | _filled(statement, known)) - {keep}
        else:
            gone -= sets
            kept.append(statement)
    return kept or [ast.copy_location(ast.Pass(), block[0])]


def _filled(statement: ast.stmt, known: Mapping[str, str]) -> set[str]:
    """Name what a statement would fill: ``found`` of ``found.append(...)``, not ``print``."""
    called = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(called, ast.Call) and isinstance(called.func, ast.Name):
        return set()
    return changes(statement, known.keys()) - known.keys()


def goes_on(function: ast.FunctionDef, known: Mapping[str, str]) -> bool:
    """Say whether a function states a model after it has sampled one: which is meant is unclear."""
    return _goes_on(function.body, False, known)[0]


def _goes_on(block: list[ast.stmt], sampled: bool, known: Mapping[str, str]) -> tuple[bool, bool]:
    """Say whether a model is opened after sampling, and whether something has been sampled."""
    for statement in block:
        inner = blocks(statement)
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            continue
        heads: Sequence[ast.AST] = (
            statement.items if isinstance(statement, ast.With) else [statement]
        )
        stating = not inner or isinstance(statement, ast.With)
        if sampled and stating and any(opens(head, known) for head in heads):
            return True, True
        if not inner:
            sampled |= samples(statement, known)
        if isinstance(statement, ast.Return):
            return False, False
        for _ in range(2 if isinstance(statement, ast.For | ast.While) else 1):
            ways = [_goes_on(part, sampled, known) for part in inner]
            if any(found for found, _ in ways):
                return True, True
            sampled |= any(after for _, after in ways)
    return False, sampled
