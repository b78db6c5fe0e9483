"""A long run, watched: memory, rate, threads and open files over thousands of fits.

``python tests/benchmarks/soak.py --out docs/data/soak.json --figure docs/images/soak.png`` makes
20,000 fits of a posterior in closed form and 20,000 by nutpie, one process after another. Rates are
in fits per second of processor time, so that what else the machine does hardly matters.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORLD = ROOT / "tests/files/normal_mean.py"
SETTINGS = {
    "exact": {
        "generator": f"{WORLD}:normal_world",
        "truth": "prior",
        "estimators": (f"{WORLD}:normal_mean",),
        "budget": (127, 1, 2, 0.8),
        "parameters": {},
    },
    "nutpie": {
        "generator": "confound",
        "truth": "effects",
        "estimators": ("naive",),
        "budget": (300, 150, 2, 0.8),
        "parameters": {"n_rows": 100, "n_groups": 10},
    },
}
FITS = {"exact": 20_000, "nutpie": 20_000}
LABELS = {
    "megabytes": "resident memory, MB",
    "rate": "fits a second of processor time",
    "threads": "threads",
    "files": "open files",
}


def soak(engine: str, fits: int) -> list[dict[str, float]]:
    """Make one run in this process and look a hundred times on the way."""
    from sbc.fitting import loop
    from sbc.fitting.workers import local
    from sbc.plugins.engine import Budget
    from sbc.store.settings import Settings

    made = dict(SETTINGS[engine])
    settings = Settings(
        **{**made, "budget": Budget(*made["budget"])}, engines=(engine,), datasets=fits, seed=1
    )
    looks: list[dict[str, float]] = []

    def watched(*given):
        for number, row in enumerate(local.fits(*given), start=1):
            yield row
            if number % (fits // 100) == 0:
                looks.append(look(number))

    with (
        tempfile.TemporaryDirectory() as folder,
        loop.create(settings, Path(folder) / "run") as store,
    ):
        loop.execute(settings, store, 2, progress=False, hand_out=watched)
    return looks


def look(number: int) -> dict[str, float]:
    """Say how this process stands."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "fits": number,
        "megabytes": pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        "processor": time.process_time(),
        "threads": threading.active_count(),
        "files": len(os.listdir("/proc/self/fd")),
    }


def draw(looks: dict[str, list[dict[str, float]]], file: Path) -> None:
    """Draw all of it over the number of fits."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(len(LABELS), len(looks), figsize=(9, 8), sharex="col")
    for column, (engine, rows) in enumerate(looks.items()):
        for axis, (name, label) in zip(axes[:, column], LABELS.items(), strict=True):
            values = rates(rows) if name == "rate" else [row[name] for row in rows]
            axis.plot([row["fits"] for row in rows][-len(values) :], values, lw=1)
            axis.set_ylim(0, 1.15 * max(values))
            axis.set_ylabel(label, fontsize=8)
            axis.grid(alpha=0.3)
        axes[0, column].set_title(f"{rows[-1]['fits']:,} fits by '{engine}', two threads")
        axes[-1, column].set_xlabel("fits made")
    figure.tight_layout()
    figure.savefig(file, dpi=110)


def rates(rows: list[dict[str, float]], over: int = 5) -> list[float]:
    """Give fits per second of processor time over the last looks."""
    return [
        (b["fits"] - a["fits"]) / (b["processor"] - a["processor"])
        for a, b in zip(rows[:-over], rows[over:], strict=True)
    ]


def main() -> None:
    """Soak each engine in a process of its own, then write figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--only", choices=FITS)
    parser.add_argument("--fits", type=int)
    arguments = parser.parse_args()
    if arguments.only:
        rows = soak(arguments.only, arguments.fits or FITS[arguments.only])
        arguments.out.write_text(json.dumps(rows))
        return
    looks = {}
    with tempfile.TemporaryDirectory() as folder:
        for engine in FITS:
            part = Path(folder) / engine
            command = [sys.executable, __file__, "--only", engine, "--out", str(part)]
            subprocess.run(command, check=True)
            looks[engine] = json.loads(part.read_text())
    arguments.out.write_text(json.dumps(looks, indent=None) + "\n")
    if arguments.figure:
        draw(looks, arguments.figure)


if __name__ == "__main__":
    main()
