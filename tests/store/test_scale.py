"""Neither memory nor the cost of a fit grows with the number of datasets."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "scale.py"


def measured(datasets):
    done = subprocess.run(
        [sys.executable, SCRIPT, "--datasets", str(datasets)],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


@pytest.mark.slow
def test_memory_is_flat_over_twenty_thousand_datasets():
    small, large = measured(200), measured(20_000)
    # `table` and `gate` hold the rows of the whole run: 20 000 fits of 3 quantities are 20 MB.
    grown = large["peak memory in MiB"] - small["peak memory in MiB"]
    assert grown < 100
    assert large["kilobytes a fit on disk"] < 1.5 * small["kilobytes a fit on disk"]
