"""Whether two checkouts compute and write the same: exports, tables, verdicts, pages.

    python tests/benchmarks/unchanged.py OLD_CHECKOUT NEW_CHECKOUT [--only NAME,NAME]

Each checkout makes every run twice with caches of its own, and the second ones are compared: in
checkouts of before 0.1.0 code that has just been compiled differs in its last bits from the same
code loaded. Times, versions, digests and paths are left out. It takes some twenty minutes.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SHORT = "--draws 100 --tune 100"
EXAMPLES = "tests/files"
RUNS = {
    "effects": f"run --truth effects --estimator naive,mundlak,oracle --datasets 12 {SHORT}",
    "fixed": f"run --truth fixed --estimator naive,multilevel,fixed --datasets 6 {SHORT}",
    "prior": f"run --truth prior --estimator latent,naive --datasets 8 {SHORT}",
    "self": f"run --truth self --estimator mundlak --datasets 8 {SHORT}",
    "tanks": "run --generator reedfrogs --estimator tanks_multilevel,tanks_unpooled --datasets 4",
    "option": "run --generator reedfrogs --truth fixed --estimator tanks_fixed_sigma@sigma=0.5 "
    f"--datasets 4 {SHORT}",
    "trolley": f"run --generator trolley --estimator trolley_partial --datasets 4 {SHORT}",
    "engines": "run --estimator naive --engine nutpie,laplace,advi,pathfinder --datasets 6 "
    f"{SHORT}",
    "pm-sample": "run --estimator naive --engine pymc,fullrank_advi --datasets 2 "
    "--draws 50 --tune 50",
    "posterior": "run --generator reedfrogs --truth posterior --estimator tanks_unpooled "
    "--data docs/examples/reedfrogs.csv --datasets 6",
    "own": f"run --estimator {{files}}/ordinary.py:eight_schools --datasets 8 {SHORT}",
    "exact": "run --generator {files}/normal_mean.py:normal_world "
    "--estimator {files}/normal_mean.py:normal_mean --engine exact,nutpie --datasets 10 "
    f"{SHORT}",
    "sweep": "sweep --estimator naive,mundlak --vary sd_U=0,2 --datasets 6 --bound bias=0.2 "
    f"{SHORT}",
    "gate": "gate --run --config gates.toml --estimator naive,oracle --max-datasets 60 "
    "--json {out}/gate.json --junit {out}/gate.xml --markdown {out}/gate.md",
    "lecture": "lecture --quick",
}
#: What differs between any two runs of one commit.
NOISE = (
    (r"<figure><h5>Time</h5>.*?</figure>", ""),
    (r'<td data-label="[^"]*(time|seconds|gradient|CPU)[^"]*">[^<]*</td>', ""),
    (r"(<dt>commit</dt><dd>|\"commit\": \")[^<\"]*", r"\\1"),
    (r"\b[0-9a-f]{12,64}\b", "DIGEST"),
    (r"20\d\d-\d\d-\d\d[T ]?[\d:.]*(\+00:00|Z| UTC)?", "DATE"),
    (r"\d+(\.\d+)? (ms|s|seconds|fits/s|min|h)\b", "TIME"),
    (r"(?m)^(\d+,[^,\n]*,\w+,[^\n]*?),[\d.e-]+$", r"\\1"),
)


def make(checkout: Path, out: Path, cache: Path, names: list[str]) -> None:
    """Make the runs in a checkout and write what there is to see of them."""
    files = out.parent.parent / "files"
    surroundings = dict(os.environ, PYTHONPATH=str(checkout), COLUMNS="100", MPLBACKEND="Agg")
    surroundings["PYTENSOR_FLAGS"] = f"base_compiledir={cache}"

    def sbc(words: str) -> str:
        command = [sys.executable, "-m", "sbc", *words.split()]
        done = subprocess.run(
            command, cwd=checkout, env=surroundings, capture_output=True, text=True, check=False
        )
        return f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"

    for name in names:
        place = out / name
        place.mkdir(parents=True)
        run = place / "run"
        words = RUNS[name].format(files=files, out=place)
        (place / "said.txt").write_text(sbc(f"{words} --out {run} --quiet --jobs 2"))
        if name == "lecture":
            continue
        for kind in ("json", "markdown", "text", "csv"):
            (place / f"table.{kind}").write_text(sbc(f"table {run} --format {kind}"))
        (place / "report.txt").write_text(sbc(f"report {run} --out {place}/page.html"))
        (place / "page.md").write_text(sbc(f"report {run} --format markdown"))
        (place / "export.txt").write_text(sbc(f"export {run} --format csv --out {place}"))
        (place / "gate.txt").write_text(sbc(f"gate {run} --json {place}/judged.json"))


def read(file: Path, roots: list[Path]) -> list[str] | None:
    """Read a text without what differs between any two runs; None for what is no text."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
    for root in roots:
        text = text.replace(str(root), "ROOT")
    if file.suffix == ".csv":
        return sorted(columns(text))  # a table of scores is written as the workers come back
    for pattern, instead in NOISE:
        text = re.sub(pattern, instead, text)
    return text.splitlines()


def columns(text: str) -> list[str]:
    """Drop the columns of times from a table."""
    rows = [line.split(",") for line in text.splitlines()]
    kept = [i for i, name in enumerate(rows[0]) if "second" not in name] if rows else []
    return [",".join(row[i] for i in kept if i < len(row)) for row in rows]


def compare(old: Path, new: Path, roots: list[Path]) -> int:
    """Print what differs between two folders and count the files that do."""
    mine, its = ({f.relative_to(r) for f in r.rglob("*") if f.is_file()} for r in (old, new))
    for file in sorted(mine ^ its):
        print("only in", "the old one:" if file in mine else "the new one:", file)
    wrong = len(mine ^ its)
    for file in sorted(mine & its):
        before, after = read(old / file, [old, *roots]), read(new / file, [new, *roots])
        if before != after:
            wrong += 1
            print("differs:", file)
            told = list(difflib.unified_diff(before or [], after or [], lineterm="", n=0))[2:8]
            print("\n".join(f"    {line[:200]}" for line in told))
    return wrong


def main() -> int:
    """Make all runs in both checkouts, compare the warm ones, and say how many files differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--only", default=",".join(RUNS))
    arguments = parser.parse_args()
    names = arguments.only.split(",")
    checkouts = {name: getattr(arguments, name).resolve() for name in ("old", "new")}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(checkouts["old"] / EXAMPLES, root / "files")
        for name, checkout in checkouts.items():
            for heat in ("cold", "warm"):
                make(checkout, root / heat / name, root / f"cache-{name}", names)
        wrong = compare(root / "warm/old", root / "warm/new", [*checkouts.values(), root])
    print(f"{wrong} files differ")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
