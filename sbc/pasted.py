"""Model code as it stands in a notebook: the statements that one ``with pm.Model() as m:`` needs.

What the statements read and nobody sets (X, GROUP, N_GROUPS) is what a generator has to give; what
comes before and after (plots, other models, sampling) is left out.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Set
from dataclasses import dataclass

#: Names that pasted code may use without importing them.
LIBRARIES = {"pm": "pymc", "np": "numpy", "pt": "pytensor.tensor", "pytensor": "pytensor"}
LIBRARIES |= {"az": "arviz", "scipy": "scipy", "stats": "scipy.stats", "pd": "pandas"}


@dataclass(frozen=True)
class Pasted:
    """The part of a module that states one model.

    Attributes
    ----------
    name : str
        The variable that holds the model.
    arguments : tuple of str
        Names that are read and never set, in alphabetical order.
    code : ast.Module
        What to execute.
    """

    name: str
    arguments: tuple[str, ...]
    code: ast.Module

    @classmethod
    def find(cls, tree: ast.Module, name: str) -> Pasted | None:
        """Cut the statements out that the model of this name needs; None if there is no such."""
        last = max((i for i, s in enumerate(tree.body) if _states(s, name)), default=None)
        if last is None:
            return None
        kept: list[ast.stmt] = []
        needed: set[str] = set()
        modules = LIBRARIES.keys() | _imported(tree)
        for statement in reversed(tree.body[: last + 1]):
            reads, sets = exposed([statement])
            if _states(statement, name) or (sets | _changes(statement, modules)) & needed:
                kept.insert(0, statement)
                # A list that is added to or a with-block that goes on is needed from before.
                needed = (needed - sets) | reads
        needed -= {name, *dir(builtins), *LIBRARIES}
        return cls(name, tuple(sorted(needed)), ast.Module(kept, type_ignores=[]))


def models(tree: ast.Module) -> list[str]:
    """List the models that a module states, as ``with pm.Model() as NAME`` for one."""
    found = [name for s in tree.body for name in exposed([s])[1] if _states(s, name)]
    return list(dict.fromkeys(found))


def _states(statement: ast.stmt, name: str) -> bool:
    if isinstance(statement, ast.With):
        for item in statement.items:
            opened, target = item.context_expr, item.optional_vars
            if isinstance(opened, ast.Name) and opened.id == name:
                return True
            if _opens(opened) and isinstance(target, ast.Name) and target.id == name:
                return True
    if isinstance(statement, ast.Assign) and _opens(statement.value):
        return any(isinstance(t, ast.Name) and t.id == name for t in statement.targets)
    return False


def _opens(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return (isinstance(called, ast.Attribute) and called.attr == "Model") or (
        isinstance(called, ast.Name) and called.id == "Model"
    )


def _changes(statement: ast.stmt, modules: Set[str]) -> set[str]:
    """Name what a statement may change without setting it anew, loops and branches looked into.

    That is ``rng`` of ``rng.shuffle(X)`` and ``Xbar`` of ``Xbar[g] = ...``; and ``np`` of
    ``np.random.seed(1)``, but a module only where its function is called outside of any block.
    """
    found = set()
    for part in ast.walk(statement):
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            found |= _root(part.value) - (set() if part is statement else modules)
        elif isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store):
            found |= _root(part)
    return found


def _root(node: ast.expr) -> set[str]:
    """Give the name at the beginning of an expression such as ``a.b[0].c()``."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _imported(tree: ast.Module) -> set[str]:
    imports = [s for s in tree.body if isinstance(s, ast.Import | ast.ImportFrom)]
    return exposed(list(imports))[1]


def exposed(statements: list[ast.stmt]) -> tuple[set[str], set[str]]:
    """Give the names that statements read before they set them, and those that they set."""
    reads: set[str] = set()
    sets: set[str] = set()
    for statement in statements:
        inner: list[ast.stmt] = []
        for field in ("body", "orelse", "finalbody"):
            inner += getattr(statement, field, [])
        if isinstance(statement, ast.FunctionDef):
            arguments = statement.args
            every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            own = {a.arg for a in every} | {a.arg for a in (arguments.vararg, arguments.kwarg) if a}
            used, local = exposed(statement.body)
            heads: list[ast.AST] = [*statement.decorator_list, *arguments.defaults]
            reads |= (used - own - local - {statement.name}) - sets
            sets.add(statement.name)
        elif isinstance(statement, ast.ClassDef):
            used, _ = exposed(statement.body)
            reads |= used - sets
            heads = [*statement.decorator_list, *statement.bases]
            sets.add(statement.name)
        else:
            heads = [c for c in ast.iter_child_nodes(statement) if c not in inner]
        stored: set[str] = set()
        for head in heads:
            loaded, bound = _names(head)
            reads |= loaded - sets
            stored |= bound
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            reads |= {statement.target.id} - sets
        if isinstance(statement, ast.Import | ast.ImportFrom):
            stored |= {(a.asname or a.name).partition(".")[0] for a in statement.names}
        sets |= stored
        if inner and not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            used, local = exposed(inner)
            reads |= used - sets
            sets |= local
    return reads, sets


def _names(node: ast.AST) -> tuple[set[str], set[str]]:
    """Give the names that an expression reads and sets, its own loops' and lambdas' left out."""
    loaded: set[str] = set()
    bound: set[str] = set()
    private: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            (loaded if isinstance(part.ctx, ast.Load) else bound).add(part.id)
        elif isinstance(part, ast.comprehension):
            private |= {n.id for n in ast.walk(part.target) if isinstance(n, ast.Name)}
        elif isinstance(part, ast.Lambda):
            private |= {a.arg for a in (*part.args.args, *part.args.kwonlyargs)}
        elif isinstance(part, ast.ExceptHandler | ast.match_case):
            used, local = exposed(part.body)
            loaded |= used
            bound |= local
    return loaded - private, bound - private
