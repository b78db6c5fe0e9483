"""Which names a piece of Python reads, sets and changes, found on its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set

#: Statements that hold blocks of statements.
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def exposed(statements: Iterable[ast.stmt]) -> tuple[set[str], set[str]]:
    """Give the names that statements read before they set them, and those that they set."""
    reads: set[str] = set()
    sets: set[str] = set()
    for statement in statements:
        used, bound = _one(statement)
        reads |= used - sets
        sets |= bound
    return reads, sets


def _one(statement: ast.stmt) -> tuple[set[str], set[str]]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        used, local = exposed(statement.body)
        used -= _arguments(statement.args) | local | {statement.name}
        heads = [*statement.decorator_list, *_evaluated(statement.args)]
        heads += [statement.returns] if statement.returns else []
        return used | _read(heads), {statement.name}
    if isinstance(statement, ast.ClassDef):
        used, local = exposed(statement.body)
        heads = [*statement.decorator_list, *statement.bases]
        heads += [keyword.value for keyword in statement.keywords]
        return used | _read(heads), {statement.name}
    inner = blocks(statement)
    within = {id(part) for block in inner for part in block}
    reads: set[str] = set()
    sets: set[str] = set()
    for child in ast.iter_child_nodes(statement):
        if id(child) in within or isinstance(child, ast.ExceptHandler | ast.match_case):
            continue
        used, bound = names(child)
        reads |= used
        sets |= bound
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        reads.add(statement.target.id)
    if isinstance(statement, ast.Import | ast.ImportFrom):
        sets |= {(a.asname or a.name).partition(".")[0] for a in statement.names}
    for part in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
        reads |= _read(h for n in ("type", "guard") if (h := getattr(part, n, None)) is not None)
        sets |= {n for p in ast.walk(part) if (n := getattr(p, "name", None)) and _captures(p)}
    for block in inner:
        used, bound = exposed(block)
        reads |= used - sets
        sets |= bound
    return reads, sets


def _captures(part: ast.AST) -> bool:
    return isinstance(part, ast.ExceptHandler | ast.MatchAs | ast.MatchStar)


def blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """Give the blocks of statements that a statement holds, in their order."""
    found: list[list[ast.stmt]] = []
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return found
    found.append(getattr(statement, "body", []))
    for part in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
        found.append(part.body)
    found += [getattr(statement, name, []) for name in ("orelse", "finalbody")]
    return [block for block in found if block]


def walk(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Go through statements and those in their blocks, but not into functions and classes."""
    for statement in statements:
        yield statement
        for block in blocks(statement):
            yield from walk(block)


def names(node: ast.AST) -> tuple[set[str], set[str]]:
    """Give the names that an expression reads and sets, without those of its inner scopes."""
    if isinstance(node, ast.Name):
        return (set(), {node.id}) if isinstance(node.ctx, ast.Store) else ({node.id}, set())
    if isinstance(node, ast.Lambda):
        return _read(_evaluated(node.args)) | names(node.body)[0] - _arguments(node.args), set()
    loops: list[ast.comprehension] = getattr(node, "generators", [])
    private = set().union(*(names(loop.target)[1] for loop in loops))
    reads: set[str] = set()
    sets: set[str] = set()
    for child in ast.iter_child_nodes(node):
        used, bound = names(child)
        reads |= used
        sets |= bound
    # The first of them is evaluated outside.
    return reads - private | _read([loop.iter for loop in loops[:1]]), sets - private


def _read(nodes: Iterable[ast.AST]) -> set[str]:
    return set().union(*(names(node)[0] for node in nodes))


def _every(arguments: ast.arguments) -> list[ast.arg]:
    starred = [a for a in (arguments.vararg, arguments.kwarg) if a]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *starred]


def _arguments(arguments: ast.arguments) -> set[str]:
    return {a.arg for a in _every(arguments)}


def _evaluated(arguments: ast.arguments) -> list[ast.AST]:
    """Give what is evaluated where the function is defined: defaults and annotations."""
    found: list[ast.AST] = [d for d in (*arguments.defaults, *arguments.kw_defaults) if d]
    return [*found, *(a.annotation for a in _every(arguments) if a.annotation)]


def changes(statement: ast.stmt, modules: Set[str]) -> set[str]:
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


def functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """Find the functions of a module, those in branches too; of two of a name the last."""
    return {s.name: s for s in walk(tree.body) if isinstance(s, ast.FunctionDef)}


def imported(tree: ast.Module) -> dict[str, str]:
    """Give the names that a module imports, with what they stand for, dotted."""
    found = {}
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Import):
            for a in statement.names:
                found[a.asname or a.name.partition(".")[0]] = (
                    a.name if a.asname else a.name.partition(".")[0]
                )
        elif isinstance(statement, ast.ImportFrom):
            for a in statement.names:
                found[a.asname or a.name] = f"{statement.module or ''}.{a.name}"
    return found
