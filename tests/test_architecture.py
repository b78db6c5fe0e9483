"""Who may look into whom: the imports of every file, held against the plan of the house."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {
    "sbc": ROOT / "sbc",
    "sbc.generators": ROOT / "generators",
    "sbc.models": ROOT / "models",
}


def dotted(package: str, folder: Path, file: Path) -> str:
    parts = [package, *file.relative_to(folder).with_suffix("").parts]
    return ".".join(part for part in parts if part != "__init__")


FILES = {
    dotted(package, folder, file): file
    for package, folder in PACKAGES.items()
    for file in sorted(folder.rglob("*.py"))
}
PLUG_INS = [
    name
    for name in FILES
    if name.startswith(("sbc.generators.", "sbc.models."))
    and not name.split(".")[-1].startswith("_")
]
STDLIB = sys.stdlib_module_names

#: Functions of numbers: no model, no sampler, no file. They may know one another.
PURE = {
    *("ranks", "metrics", "uniformity", "sequential", "gates", "paired", "intervals", "strata"),
    *("diagnostics", "power", "asymptotic", "decisions", "evidence", "expectations", "failures"),
    *("elements", "pooled", "pooled_ranks", "crps"),
    *("panel", "summarise", "coverage", "shard", "reasons"),
}
#: Where users come in: commands, and pytest.
DOORS = {"cli", "__main__", "pytest_gate", "pytest_plugin"}
#: What shows a run and never samples.
READING = {"lock", "runfile", "store", "read", "subjects", "table", "export", "merge", "sweep"}
SAMPLING = {
    "running",
    "sweeping",
    "designing",
    "workers",
    "local",
    "isolated",
    "isolated_worker",
    "cluster",
    "cluster_worker",
    "fit",
    "simulate",
    "joint",
    "joints",
    "replicated",
    "truths",
    "prior",
    "suitable",
    "verify",
    "examine",
    "engine_choice",
    "handed",
    "simulator",
    "engines",
    "generators",
    "models",
    "likelihoods",
}
HEAVY = {"pymc", "pytensor", "nutpie", "numba"}

#: Room to the rooms of ours that it may look into; the first part of a name after ``sbc.``.
ALLOWED = {
    "errors": set(),
    "contracts": {"errors"},
    "rows": set(),
    "seeds": set(),
    "likelihoods": set(),
    "specs": {"errors"},
    "source": {"errors"},
    "syntax": set(),
    "unsampled": {"syntax"},
    "pasted": {"syntax", "unsampled"},
    "userfile": {"engines", "errors", "pasted", "prints", "seeds", "source", "syntax", "unsampled"},
    "plain": {"contracts", "errors"},
    "prints": set(),
    "own": {"contracts", "engines", "errors", "pasted", "userfile"},
    "datafile": {"contracts", "errors", "validate"},
    "live": {"errors"},
    "registry": {
        "live",
        *("contracts", "datafile", "engines", "errors", "own", "pasted", "plain", "source"),
        *("specs", "syntax", "unsampled", "userfile"),
    },
    "settings": {"contracts", "errors", "plain", "registry", "specs"},
    "validate": {"contracts", "errors"},
    "engines": {
        *("contracts", "diagnostics", "errors", "engines", "likelihoods", "prints", "unsampled"),
    },
    "generators": {"contracts", "generators"},
    "models": {"contracts", "likelihoods", "models"},
    **dict.fromkeys(PURE, PURE | {"contracts", "errors", "rows"}),
    **dict.fromkeys(READING, READING | PURE | {"contracts", "errors", "rows", "settings"}),
}
ALLOWED["sweep"] = ALLOWED["sweep"] | {"gate_run"}  # its cells are judged as runs are


def imports(name: str, nested: bool = True) -> Iterator[str]:
    """Yield what a file imports, in full: modules, not what is taken from them."""
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if nested else iter(tree.body)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in FILES else str(node.module)


def room(name: str) -> str:
    return name.removeprefix("sbc").lstrip(".").partition(".")[0]


def ours(name: str) -> set[str]:
    return {room(found) for found in imports(name) if found.split(".")[0] == "sbc"} - {""}


def others(name: str) -> set[str]:
    return {found.split(".")[0] for found in imports(name)} - STDLIB - {"sbc"}


def test_every_folder_of_code_is_shipped():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    folders = {file.parent.relative_to(ROOT) for file in (ROOT / "sbc").rglob("*.py")}
    found = {".".join(folder.parts) for folder in folders} | {"sbc.generators", "sbc.models"}
    assert set(tools["setuptools"]["packages"]) == found


IN_ROOMS = [name for name in FILES if room(name) in ALLOWED]


def test_the_files_were_found():
    assert {"sbc.contracts", "sbc.generators.confound", "sbc.models.naive"} <= FILES.keys()
    assert ours("sbc.models.mundlak") == {"contracts", "likelihoods", "models"}
    assert "numpy" in others("sbc.generators.confound")
    assert ALLOWED.keys() - {"report"} <= {room(name) for name in FILES}


@pytest.mark.parametrize("name", IN_ROOMS)
def test_a_room_looks_into_no_other_than_it_may(name):
    assert ours(name) <= ALLOWED[room(name)]


@pytest.mark.parametrize("name", [n for n in FILES if room(n) not in DOORS])
def test_nobody_behind_the_doors_looks_out_of_them(name):
    assert not ours(name) & DOORS


@pytest.mark.parametrize("name", [n for n in FILES if room(n) in READING | PURE | {"report"}])
def test_whoever_shows_a_run_never_samples(name):
    assert not ours(name) & SAMPLING
    assert not others(name) & HEAVY


@pytest.mark.parametrize("name", [n for n in FILES if room(n) in PURE])
def test_functions_of_numbers_touch_no_file(name):
    assert not set(imports(name)) & {"sqlite3", "pathlib", "os", "joblib", "matplotlib"}


@pytest.mark.parametrize("name", [n for n in FILES if room(n) == "contracts"])
def test_the_contracts_need_numpy_alone(name):
    assert others(name) == {"numpy"}


@pytest.mark.parametrize("name", [n for n in FILES if room(n) == "generators"])
def test_generators_need_numpy_alone(name):
    assert others(name) <= {"numpy", "scipy"}


@pytest.mark.parametrize("name", [n for n in FILES if room(n) == "models"])
def test_models_need_pymc_and_numpy_alone(name):
    assert others(name) <= {"pymc", "pytensor", "numpy"}


@pytest.mark.parametrize("name", PLUG_INS)
def test_a_plug_in_defines_the_function_that_it_is_named_after(name):
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert name.split(".")[-1] in functions


def lines_of_code(tree: ast.Module) -> int:
    """Count the lines that hold code, docstrings left out."""
    held = set()
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.stmt) and not is_text:
            nested = [child for child in ast.walk(node) if isinstance(child, ast.stmt)]
            last = node.end_lineno if len(nested) == 1 else node.lineno
            held |= set(range(node.lineno, last + 1))
    return len(held)


@pytest.mark.parametrize("name", PLUG_INS)
def test_a_plug_in_is_a_page(name):
    assert lines_of_code(ast.parse(FILES[name].read_text(encoding="utf-8"))) <= 60


@pytest.mark.parametrize("name", [n for n in PLUG_INS if room(n) == "models"])
def test_a_model_is_a_page_with_its_docstring(name):
    assert len(FILES[name].read_text(encoding="utf-8").splitlines()) <= 60


def test_no_two_modules_need_each_other_to_be_imported():
    needed = {name: {m for m in imports(name, nested=False) if m in FILES} for name in FILES}
    needed = {name: found - {name, "sbc"} for name, found in needed.items()}
    while free := [name for name, found in needed.items() if not found]:
        for name in free:
            del needed[name]
        for found in needed.values():
            found -= set(free)
    assert needed == {}


def loaded_by(code: str) -> set[str]:
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(found.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import sbc.cli.main",
        "import sbc.cli.main as m\ntry: m.main(['--help'])\nexcept SystemExit: pass",
        "import sbc.cli.main as m\ntry: m.main(['run', '--help'])\nexcept SystemExit: pass",
        "import sbc.cli.main as m\ntry: m.main(['--version'])\nexcept SystemExit: pass",
    ],
)
def test_help_answers_without_the_libraries_of_a_run(code):
    assert not loaded_by(code) & {*HEAVY, "pandas", "arviz", "arviz_stats", "scipy", "joblib"}


def test_a_store_is_read_without_pymc():
    assert not loaded_by("import sbc.store, sbc.read, sbc.table, sbc.export") & HEAVY
