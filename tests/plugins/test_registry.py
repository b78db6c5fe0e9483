"""Plug-ins are found by their files, and a wrong name is told with the right ones."""

import ast
import subprocess
import sys

import pytest

from sbc.fitting.allowed import parameters_of
from sbc.plugins import catalogue, registry
from sbc.plugins.errors import UserError
from sbc.plugins.estimator import Estimator
from sbc.plugins.generator import Generator
from sbc.store.regime import SELF

KINDS = ("generator", "estimator", "engine")
BUILT_IN = [(kind, name) for kind in KINDS for name in catalogue.names(kind)]


def write(folder, name, text):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("kind", "name"),
    [("generator", "confound"), ("estimator", "mundlak"), ("engine", "nutpie"), ("engine", "pymc")],
)
def test_built_ins_are_listed(kind, name):
    assert name in catalogue.names(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_sorted_and_helpers_are_not_among_them(kind):
    found = catalogue.names(kind)
    assert found == sorted(found)
    assert not [name for name in found if name.startswith("_")]


@pytest.mark.parametrize(("kind", "name"), BUILT_IN)
def test_every_built_in_has_a_one_line_description(kind, name):
    assert len(catalogue.describe(kind, name)) > 10


@pytest.mark.parametrize("name", catalogue.names("estimator"))
def test_every_estimator_is_named_like_its_file_and_complete(name):
    found = registry.estimator(name)
    assert isinstance(found, Estimator)
    assert found.name == name
    assert found.estimands
    assert set(found.derived) <= set(found.arguments)
    assert found.summary == catalogue.describe("estimator", name)


@pytest.mark.parametrize("name", catalogue.names("generator"))
def test_every_generator_is_named_like_its_file_and_complete(name):
    found = registry.generator(name)
    assert isinstance(found, Generator)
    assert found.name == name
    assert bool(found.regimes) == (name != catalogue.OWN_DATA)
    assert all(regime.summary for regime in found.regimes.values())
    assert set(found.indexes) <= set(found.dims)


@pytest.mark.parametrize("name", catalogue.names("engine"))
def test_every_engine_offers_what_engines_offer(name):
    found = registry.engine(name)
    assert found.backend in ("threading", "loky")
    assert callable(found.compile)


def test_all_leaves_out_exactly_the_controls():
    left_out = set(catalogue.names("estimator")) - set(registry.standard("estimator"))
    assert left_out == {n for n in catalogue.names("estimator") if registry.estimator(n).control}
    assert registry.standard("engine") == catalogue.names("engine")


def test_listing_and_refusing_import_no_plug_in():
    code = (
        "import sys\n"
        "from sbc.plugins import catalogue, registry\n"
        "from sbc.plugins.errors import UserError\n"
        "for kind in ('generator', 'estimator', 'engine'):\n"
        "    for name in catalogue.names(kind):\n"
        "        catalogue.describe(kind, name)\n"
        "    registry.standard(kind)\n"
        "    try:\n"
        "        catalogue.check(kind, 'nothing')\n"
        "    except UserError:\n"
        "        print(kind)\n"
        "print([m for m in sys.modules if m == 'pymc' or m.startswith('sbc.models.')])\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == [*KINDS, "[]"]


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        ("estimator", "mundalk", "mundlak"),
        ("generator", "confuond", "confound"),
        ("engine", "nutpy", "nutpie"),
    ],
)
def test_unknown_name_gets_the_nearest_and_the_list(kind, wrong, right):
    with pytest.raises(UserError) as told:
        catalogue.check(kind, wrong)
    first, second = str(told.value).split("\n")
    assert first == f"no {kind} called '{wrong}'. Did you mean '{right}'?"
    assert second == f"  available: {', '.join(catalogue.names(kind))}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["", "__init__", "_helpers", "../models/naive", ":naive", "Naive"])
def test_names_of_nothing_are_refused(kind, name):
    with pytest.raises(UserError, match="available:"):
        catalogue.check(kind, name)


ENGINE = """
from sbc import engine

@engine(backend="threading")
def mine(estimator, generator, data):
    '''Sample nothing.'''
"""


def test_an_engine_may_stand_in_a_users_file(tmp_path):
    file = write(tmp_path, "own.py", ENGINE)
    assert registry.engine(f"{file}:mine").backend == "threading"


ESTIMATOR = '''
from sbc import estimator

@estimator(estimands=("b",))
def mine(X, Y):
    """Mine."""
'''

GENERATOR = '''
from sbc import generator

@generator(dims={"X": "rows"})
def world(rng, truth, *, n_rows=5):
    """World."""
    return {"X": truth["b"] + rng.normal(size=n_rows)}

@world.regime
def one(rng, *, b=1.0):
    """One."""
    return {"b": b}
'''


def test_an_estimator_is_taken_from_a_users_file(tmp_path):
    found = registry.estimator(f"{write(tmp_path, 'own.py', ESTIMATOR)}:mine")
    assert (found.name, found.arguments, found.estimands) == ("mine", ("X", "Y"), ("b",))
    assert (found.summary, found.control) == ("Mine.", False)


def test_a_generator_is_taken_from_a_users_file(tmp_path):
    found = registry.generator(f"{write(tmp_path, 'own.py', GENERATOR)}:world")
    assert found.name == "world"
    assert found.parameters("one") == {"n_rows": 5, "b": 1.0}


def test_two_files_of_one_name_are_kept_apart(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = write(tmp_path / "a", "own.py", ESTIMATOR)
    second = write(tmp_path / "b", "own.py", ESTIMATOR.replace('"b"', '"c"'))
    assert registry.estimator(f"{first}:mine").estimands == ("b",)
    assert registry.estimator(f"{second}:mine").estimands == ("c",)


def test_a_file_is_imported_once(tmp_path):
    text = ESTIMATOR.replace("def mine", "def other") + ESTIMATOR
    file = write(
        tmp_path, "own.py", f"import sys\nsys.imports = getattr(sys, 'imports', 0) + 1\n{text}"
    )
    try:
        registry.estimator(f"{file}:mine")
        registry.estimator(f"{file}:other")
        assert sys.imports == 1
    finally:
        del sys.imports


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "spec", "told"),
    [
        (None, "gone.py:mine", "no file .*gone.py"),
        ("", "own.py", "names a file but no .* in it; write .*own.py:NAME"),
        ("def mnie(): ...", "own.py:mine", "Did you mean 'mnie'"),
        ("x = 1", "own.py:mine", "available: none"),
        ("def mine(:", "own.py:mine", "is not Python"),
        ("\0", "own.py:mine", "is not Python"),
        ("import nothing_of_that_name\ndef mine(): ...", "own.py:mine", "cannot be imported"),
        ("1 / 0\ndef mine(): ...", "own.py:mine", "ZeroDivisionError"),
    ],
)
def test_a_users_file_that_will_not_do_is_told_in_one_line(tmp_path, kind, text, spec, told):
    if text is not None:
        write(tmp_path, "own.py", text)
    with pytest.raises(UserError, match=told) as mistake:
        getattr(registry, kind)(f"{tmp_path}/{spec}")
    assert len(str(mistake.value).split("\n")) <= 2


@pytest.mark.parametrize("kind", ["engine", "generator"])
def test_an_ordinary_function_is_neither_a_generator_nor_an_engine(tmp_path, kind):
    file = write(tmp_path, "own.py", "def mine(X): ...")
    with pytest.raises(UserError, match=f"@sbc.{kind}|truth, data"):
        getattr(registry, kind)(f"{file}:mine")


def test_a_users_file_that_is_not_text_is_told(tmp_path):
    (tmp_path / "own.py").write_bytes(b"# \xff\ndef mine(): ...\n")
    with pytest.raises(UserError, match="is not Python"):
        registry.estimator(f"{tmp_path}/own.py:mine")


def test_an_estimator_without_estimands_is_refused(tmp_path):
    file = write(tmp_path, "own.py", ESTIMATOR.replace('("b",)', "()"))
    with pytest.raises(UserError, match="names no estimands"):
        registry.estimator(f"{file}:mine")


def test_a_generator_without_regimes_gives_a_design_alone(tmp_path):
    file = write(tmp_path, "own.py", GENERATOR.partition("@world.regime")[0])
    found = registry.generator(f"{file}:world")
    with pytest.raises(UserError, match="no truth regime called 'prior' in world"):
        parameters_of(found, "prior")
    assert parameters_of(found, SELF.name) == found.sizes


def test_a_generator_is_no_estimator_nor_the_reverse(tmp_path):
    worlds, models = write(tmp_path, "w.py", GENERATOR), write(tmp_path, "m.py", ESTIMATOR)
    with pytest.raises(UserError, match="is neither an estimator nor a function"):
        registry.estimator(f"{worlds}:world")
    with pytest.raises(UserError, match="is not a generator"):
        registry.generator(f"{models}:mine")


def test_a_file_that_failed_to_import_is_read_again(tmp_path):
    file = write(tmp_path, "own.py", "1 / 0\ndef mine(): ...")
    with pytest.raises(UserError, match="cannot be imported"):
        registry.estimator(f"{file}:mine")
    write(tmp_path, "own.py", ESTIMATOR)
    assert registry.estimator(f"{file}:mine").name == "mine"


@pytest.mark.parametrize(("kind", "name"), [c for c in BUILT_IN if c[0] != "engine"])
def test_file_stem_is_the_function_s_name(kind, name):
    functions = [
        n.name for n in catalogue.parsed(kind, name).body if isinstance(n, ast.FunctionDef)
    ]
    assert name in functions
