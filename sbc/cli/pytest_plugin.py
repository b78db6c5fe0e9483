"""A fixture and a marker by which a test says that an estimator is calibrated, or must not be.

    def test_mundlak(sbc_gate):
        sbc_gate.calibrated("mundlak", "beta_XY", generator="confound", truth="effects")

Nothing of sbc's is imported before the first test that asks for the fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sbc.cli.pytest_gate import PytestGate

_MARKER = (
    "sbc(**settings): settings of `sbc_gate` in this test, such as max_datasets=400 or delta=0.07. "
    "Every test that asks for `sbc_gate` bears it, so that -m 'not sbc' leaves them all out."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("sbc", "simulation-based calibration")
    group.addoption(
        *("--sbc-max-datasets", "--sbc-datasets"),  # the second is the old name
        type=int,
        metavar="N",
        help="look at no more than N datasets a check",
    )
    group.addoption(
        "--sbc-seed", type=int, metavar="N", help="of all datasets and fits (default 1)"
    )
    group.addoption(
        "--sbc-preset", metavar="NAME", help="smoke, pr or nightly: tolerance and datasets"
    )
    group.addoption(
        "--sbc-allow-inconclusive", action="store_true", help="let a test pass that is undecided"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests that ask for the fixture, before -m chooses."""
    for item in items:
        if "sbc_gate" in getattr(item, "fixturenames", ()):
            item.add_marker("sbc")


@pytest.fixture
def sbc_gate(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> PytestGate:
    """Judge estimators while they are fitted; runs are shared by the tests of a session."""
    from sbc.cli.pytest_gate import PytestGate

    settings: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("sbc"))):  # the closest one last
        settings |= marker.kwargs
    folder = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        folder = folder.parent  # that of all workers of pytest-xdist
    return PytestGate(request, folder / "sbc", settings)
