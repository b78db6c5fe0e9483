"""Model code as it stands in a notebook: the statements that one ``with pm.Model() as m:`` needs.

What the statements read and nobody sets (X, GROUP, N_GROUPS) is what a generator has to give; what
comes before and after (plots, other models, sampling) is left out.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass

from sbc.plugins.syntax import changes, exposed, imported, walk
from sbc.plugins.unsampled import cut

#: Names that pasted code may use without importing them.
LIBRARIES = {"pm": "pymc", "np": "numpy", "pt": "pytensor.tensor", "pytensor": "pytensor"}
LIBRARIES |= {"az": "arviz", "scipy": "scipy", "stats": "scipy.stats", "pd": "pandas"}


@dataclass(frozen=True)
class NotebookModel:
    """The part of a module that states one model.

    Attributes
    ----------
    name : str
        The variable that holds the model, or that and an attribute: ``study.model``.
    arguments : tuple of str
        Names that are read and never set, in alphabetical order.
    code : ast.Module
        What to execute, statement by statement.
    cut : bool
        Whether sampling was taken out of it.
    """

    name: str
    arguments: tuple[str, ...]
    code: ast.Module
    cut: bool = False

    @property
    def root(self) -> str:
        """The variable."""
        return self.name.partition(".")[0]

    @classmethod
    def find(cls, tree: ast.Module, name: str) -> NotebookModel | None:
        """Cut the statements out that the model of this name needs; None if nothing sets it."""
        root = name.partition(".")[0]
        if not any(root in exposed([s])[1] for s in tree.body):
            return None
        last = max(i for i, s in enumerate(tree.body) if _states(s, root))
        kept: list[ast.stmt] = []
        needed: set[str] = set()
        known = LIBRARIES | imported(tree)
        for stated in reversed(tree.body[: last + 1]):
            loops = isinstance(stated, ast.For | ast.While)
            statement = cut(stated, set(), known, root) if loops else stated
            reads = exposed([statement])[0]
            sets = exposed([stated])[1]
            future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
            if (
                future
                or "*" in sets
                or _states(statement, root)
                or (sets | changes(stated, known.keys())) & needed
            ):
                kept.insert(0, statement)
                # A list that is added to or a with-block that goes on is needed from before.
                needed = (needed - sets) | reads
        needed -= {root, *dir(builtins), *LIBRARIES}
        module = ast.Module(kept, type_ignores=[])
        shorter = any(s not in tree.body for s in kept)
        return cls(name, tuple(sorted(needed)), module, shorter)


def models(tree: ast.Module) -> list[str]:
    """List the models that a module states, as ``with pm.Model() as NAME`` for one."""
    found = []
    for statement in walk(tree.body):
        if isinstance(statement, ast.With):
            named = [(i.context_expr, i.optional_vars) for i in statement.items]
        elif isinstance(statement, ast.Assign):
            named = [(statement.value, target) for target in statement.targets]
        else:
            continue
        found += [n.id for value, n in named if _opens(value) and isinstance(n, ast.Name)]
    return list(dict.fromkeys(found))


def binds(statement: ast.stmt, name: str) -> bool:
    """Say whether a statement sets a name, rather than going on with what it holds."""
    return name in exposed([statement])[1]


def _states(statement: ast.stmt, name: str) -> bool:
    """Say whether a statement sets a name, or opens the model that it holds again."""
    reopened = (
        isinstance(item.context_expr, ast.Name) and item.context_expr.id == name
        for part in walk([statement])
        if isinstance(part, ast.With)
        for item in part.items
    )
    return binds(statement, name) or any(reopened)


def _opens(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return (isinstance(called, ast.Attribute) and called.attr == "Model") or (
        isinstance(called, ast.Name) and called.id == "Model"
    )
