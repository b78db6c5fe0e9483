"""Every built-in estimator on truth and data of its own, where all of them owe uniform ranks.

Some twenty minutes for all: ``make test-self``. That the gate would tell is shown by
`test_mutants`, and here by the forms that do not sample well.
"""

from __future__ import annotations

import pytest

from sbc.cli.main import main
from sbc.plugins import catalogue, registry
from sbc.plugins.errors import ExitCode

PAIRS = [
    (world, name)
    for world in catalogue.names("generator")
    for name in catalogue.names("estimator")
    if registry.feeds(world, name) and catalogue.states_model(name)
]
#: Forms that many datasets defeat: see docs/proof.md.
FAILING = {
    "tanks_multilevel_centred",
    "tanks_multilevel_noncentred",
    "tanks_predator_centred",
    "tanks_predator_noncentred",
}


@pytest.mark.slow
@pytest.mark.parametrize(("world", "name"), PAIRS, ids=[name for _, name in PAIRS])
def test_it_is_calibrated_in_its_own_world(world, name, tmp_path, capsys):
    words = ["--generator", world, "--estimator", name, "--max-datasets", "500", "--quiet"]
    code = main(["gate", "--run", "--truth", "self", *words, "--out", str(tmp_path / "run")])
    told = capsys.readouterr().out
    with capsys.disabled():
        print(f"\n{told}")
    assert (code == ExitCode.OK) is (name not in FAILING)
