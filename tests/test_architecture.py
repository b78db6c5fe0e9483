"""Who may look into whom: the imports of every file, held against the plan of the house."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {"sbc": "sbc", "sbc.generators": "generators", "sbc.models": "models"}

#: Package to the packages that it may import, ground first; the table of CONTRIBUTING.md.
ALLOWED = {
    "stats": set(),
    "plugins": {"stats"},
    "store": {"plugins", "stats"},
    "engines": {"plugins", "stats"},
    "generators": {"plugins"},
    "models": {"plugins"},
    "fitting": {"engines", "plugins", "stats", "store"},
    "gates": {"plugins", "stats", "store"},
    "report": {"gates", "plugins", "stats", "store"},
    "studies": {"engines", "fitting", "gates", "plugins", "report", "stats", "store"},
    "cli": {"engines", "fitting", "gates", "plugins", "report", "stats", "store", "studies"},
    "__main__": {"cli"},
    "contracts": {"plugins"},  # the old names of two of its modules
    "likelihoods": {"plugins"},
}
#: Package to the libraries that none of its files may import, functions' own imports included.
FORBIDDEN = {
    "stats": {"pymc", "pytensor", "nutpie", "sqlite3", "pathlib", "os", "joblib", "matplotlib"},
    "store": {"pymc", "pytensor", "nutpie", "numba", "matplotlib"},
    "gates": {"pymc", "pytensor", "nutpie", "numba", "matplotlib"},
    "report": {"pymc", "pytensor", "nutpie", "numba"},
    "generators": {"pymc", "pytensor", "pandas", "matplotlib"},
    "models": {"pandas", "scipy", "matplotlib"},
}


def dotted(package: str, folder: str, file: Path) -> str:
    parts = [package, *file.relative_to(ROOT / folder).with_suffix("").parts]
    return ".".join(part for part in parts if part != "__init__")


FILES = {
    dotted(package, folder, file): file
    for package, folder in SOURCES.items()
    for file in sorted((ROOT / folder).rglob("*.py"))
}
TREES = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in FILES.items()}
PLUG_INS = [
    name
    for name in FILES
    if name.startswith(("sbc.generators.", "sbc.models."))
    and not name.split(".")[-1].startswith("_")
]


def imports(name: str, nested: bool = True) -> Iterator[str]:
    """Yield what a file imports, in full: modules, not what is taken from them."""
    for node in ast.walk(TREES[name]) if nested else TREES[name].body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in FILES else str(node.module)


def package(name: str) -> str:
    return name.removeprefix("sbc").lstrip(".").partition(".")[0]


def offences() -> list[str]:
    """List every import against the order, and every library where it has no place."""
    found = []
    for name in FILES:
        mine = package(name)
        for other in imports(name):
            if other.partition(".")[0] == "sbc":
                whose = package(other)
                if mine and whose not in {"", mine} | ALLOWED[mine]:
                    found.append(f"{name} imports {other}")
            elif other.partition(".")[0] in FORBIDDEN.get(mine, set()):
                found.append(f"{name} imports {other}")
    return found


def test_imports_keep_to_the_order_of_packages():
    assert offences() == []


def test_an_import_against_the_order_is_found(monkeypatch):
    tree = ast.parse("import os, sbc.store.rows")
    monkeypatch.setitem(TREES, "sbc.stats.ranks", tree)
    wrong = ["sbc.stats.ranks imports os", "sbc.stats.ranks imports sbc.store.rows"]
    assert offences() == wrong


def test_no_two_modules_need_each_other_to_be_imported():
    needed = {name: {m for m in imports(name, nested=False) if m in FILES} for name in FILES}
    needed = {name: found - {name, "sbc"} for name, found in needed.items()}
    while free := [name for name, found in needed.items() if not found]:
        for name in free:
            del needed[name]
        for found in needed.values():
            found -= set(free)
    assert needed == {}


def test_the_house_has_nine_packages_and_each_its_line_in_contributing():
    folders = {f.parent.name for f in (ROOT / "sbc").glob("*/__init__.py")}
    assert folders == ALLOWED.keys() - {"generators", "models", "__main__"} - OLD_NAMES
    assert len(folders) <= 9
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [name for name in sorted(folders) if f"| `sbc/{name}/` |" not in table] == []


OLD_NAMES = {"contracts", "likelihoods"}


def test_every_folder_of_code_is_shipped():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    folders = {file.parent.relative_to(ROOT) for file in (ROOT / "sbc").rglob("*.py")}
    found = {".".join(folder.parts) for folder in folders} | {"sbc.generators", "sbc.models"}
    assert set(tools["setuptools"]["packages"]) == found


def lines_of_code(tree: ast.AST) -> int:
    """Count the lines that hold code, docstrings left out."""
    held: set[int] = set()
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.stmt) and not is_text:
            nested = [child for child in ast.walk(node) if isinstance(child, ast.stmt)]
            last = node.end_lineno if len(nested) == 1 else node.lineno
            held |= set(range(node.lineno, (last or node.lineno) + 1))
    return len(held)


def test_a_plug_in_is_a_page_named_after_its_function():
    for name in PLUG_INS:
        functions = [node.name for node in TREES[name].body if isinstance(node, ast.FunctionDef)]
        assert name.split(".")[-1] in functions
        assert lines_of_code(TREES[name]) <= 60, name


def lines_of_body(function: ast.FunctionDef) -> int:
    body = [
        node
        for node in function.body
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_two_files_of_tests_share_a_name():
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    # pytest imports a file by its name alone and refuses the second of two.
    assert sorted(names) == sorted(set(names))


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{name}.{node.name}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and lines_of_body(node) > 40
    ]
    assert long == []


def test_a_module_of_more_than_300_lines_says_why():
    long = [name for name, file in FILES.items() if file.read_text("utf-8").count("\n") > 300]
    reason = "longer than 300 lines because"
    assert [name for name in long if reason not in (ast.get_docstring(TREES[name]) or "")] == []


def loaded_by(code: str) -> set[str]:
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(found.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["--version"]])
def test_help_answers_without_the_libraries_of_a_run(words):
    code = f"import sbc.cli.main as m\ntry: m.main({words})\nexcept SystemExit: pass"
    heavy = {"pymc", "pytensor", "nutpie", "numba", "pandas", "arviz", "scipy", "joblib"}
    assert not loaded_by(code) & heavy


def test_a_store_is_read_without_pymc():
    read = "import sbc.store.database, sbc.store.frames, sbc.report.table, sbc.report.export"
    assert not loaded_by(read) & {"pymc", "pytensor", "nutpie", "numba"}
