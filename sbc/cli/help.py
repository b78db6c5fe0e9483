"""What a command's help says besides its options: examples, exit codes, the page to read next."""

from __future__ import annotations

import argparse
import textwrap

from sbc.plugins.errors import ExitCode

_MEANING = {
    ExitCode.OK: "passed, or done",
    ExitCode.FAILED: "a gate fails; no size of a design will do",
    ExitCode.USAGE: "a mistake of yours, told in a line",
    ExitCode.UNDECIDED: "not decided yet, or the time was up",
    ExitCode.FAILED_FITS: "too many fits failed",
    ExitCode.BUG: "a bug of sbc's, with its traceback",
    ExitCode.INTERRUPTED: "interrupted; what was fitted is kept",
}
#: Command to examples, and the page of the documentation that goes on from there.
_EXAMPLES: dict[str, tuple[tuple[str, ...], str]] = {
    "run": (
        (
            "sbc run --estimator naive,mundlak --datasets 40 --out demo",
            "sbc run --resume demo --datasets 60",
            "sbc run --generator my.py:process --estimator my.py:model --max-time 10m",
        ),
        "docs/own-models.md",
    ),
    "check": (
        ("sbc check --generator my.py:process --estimator my.py:model",),
        "docs/causes.md",
    ),
    "sweep": (
        ("sbc sweep --estimator naive --vary sd_U=0:3:1 --datasets 50 --bound bias=0.15",),
        "docs/sweeps.md",
    ),
    "design": (
        ("sbc design --estimator mundlak --vary n_groups=10:100:10 --width-95 0.5",),
        "docs/sweeps.md",
    ),
    "table": (
        (
            "sbc table demo",
            "sbc table demo --compare",
            "sbc table demo --format csv > table.csv",
        ),
        "reports/README.md",
    ),
    "report": (
        ("sbc report demo", "sbc report demo --format markdown", "sbc report demo --figures out"),
        "reports/README.md",
    ),
    "gate": (
        (
            "sbc gate --run --estimator naive --truth self --preset smoke",
            "sbc gate --run --config gates.toml --estimator mundlak --out kept --reuse",
            "sbc gate demo --expect 'mundlak:beta_XY={coverage_95 = [0.9, 1]}'",
            "sbc gate after --baseline before",
        ),
        "docs/gates.md, docs/ci.md",
    ),
    "describe": (
        ("sbc describe demo", "sbc describe demo --format latex > methods.tex"),
        "docs/publish.md",
    ),
    "explain": (("sbc explain demo", "sbc explain demo --no-fits"), "docs/causes.md"),
    "power": (("sbc power --bias 0.25 --sd 0.8 --preset pr",), "docs/gates.md"),
    "list": (("sbc list",), "README.md"),
    "export": (
        ("sbc export demo", "sbc export demo --format netcdf --out trees"),
        "reports/README.md",
    ),
    "merge": (("sbc merge part-1 part-2 --out whole",), "docs/cluster.md"),
    "replay": (
        ("sbc replay demo --dataset 7 --estimator mundlak --save fit.nc",),
        "docs/robustness.md",
    ),
    "posterior": (("sbc posterior --dataset 3 --estimator naive,mundlak",), "README.md"),
    "lecture": (("sbc lecture --out lecture",), "docs/lecture.md"),
    "import": (
        ("sbc import results.csv --out study --map b=estimate --true 0.5",),
        "docs/import.md",
    ),
}


class Formatter(argparse.HelpFormatter):
    """Wraps all but what is laid out already."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return textwrap.indent(text, indent)
        return super()._fill_text(text, width, indent)


def examples(command: str) -> list[str]:
    """List the examples of a command; none if nobody has written any."""
    return list(_EXAMPLES.get(command, ((), ""))[0])


def page(command: str) -> str:
    """Name the page that goes on from a command's help."""
    return _EXAMPLES.get(command, ((), "README.md"))[1]


def epilog(command: str = "") -> str:
    """Write what stands below the options of a command, or of all of them."""
    lines: list[str] = []
    if found := examples(command):
        lines += ["examples:", *(f"  {line}" for line in found), ""]
    lines += ["exit codes:", *(f"  {code:>3}  {text}" for code, text in _MEANING.items()), ""]
    where = page(command) if command else "README.md; sbc COMMAND --help"
    return "\n".join([*lines, f"read on: {where}"])
