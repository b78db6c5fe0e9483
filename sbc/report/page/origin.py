"""The last section: where the numbers come from."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

from sbc.store.frames import Run


def origin(run: Run) -> list[tuple[str, str]]:
    """List what is needed to make the run again, as names and values."""
    known, settings = run.provenance, run.settings
    if known.imported:
        return _of_import(run)
    budget = settings.budget
    parameters = ", ".join(f"{name} = {value}" for name, value in settings.parameters.items())
    packages = ", ".join(
        f"{name} {version}" for name, version in known.get("packages", {}).items() if version
    )
    seconds = run.fits.seconds
    rows = [
        ("command", command(known.get("command") or [])),
        ("seed", str(settings.seed)),
        ("generator", settings.generator),
        ("truth", settings.describe_truth()),
        ("real data", settings.data),
        ("parameters set", parameters or "none"),
        ("datasets", f"{run.fits.dataset.nunique():,} of {settings.datasets:,}"),
        ("part of the plan", run.shard.describe()),
        (
            "budget of a fit",
            f"{budget.chains} chains of {budget.tune} warm-up steps and {budget.draws} draws, "
            f"target acceptance {budget.target_accept:g}",
        ),
        ("engines", ", ".join(settings.fitters)),
        ("started", known.get("started", "")),
        ("time in fits", f"{seconds.sum():.0f} s, median {seconds.median():.2g} s a fit"
         if len(seconds) else "none"),
        ("sbc", known.get("sbc", "")),
        ("commit", known.get("commit") or "not from a checkout"),
        ("Python", known.get("python", "")),
        ("packages", packages),
        ("platform", platform(known)),
    ]  # fmt: skip
    return [(name, value) for name, value in rows if value]


def _of_import(run: Run) -> list[tuple[str, str]]:
    """List where results come from that were made elsewhere."""
    known, settings = run.provenance, run.settings
    files = ", ".join(
        f"{file} (BLAKE2b {digest})" for file, digest in known.imported.get("files", {}).items()
    )
    rows = [
        ("command", command(known.get("command") or [])),
        ("imported from", files or "Python"),
        ("factors of the study", ", ".join(run.factors)),
        ("truth", settings.truth),
        ("seed of the spread of ranks", str(settings.seed)),
        ("datasets", f"{run.fits.dataset.nunique():,}"),
        ("imported", known.get("started", "")),
        ("sbc", known.get("sbc", "")),
        ("Python", known.get("python", "")),
    ]
    return [(name, value) for name, value in rows if value]


def command(words: list[str]) -> str:
    """Write the command as somebody else would type it, wherever Python found the program."""
    if not words:
        return ""
    first = Path(str(words[0]))
    is_ours = first.stem in ("sbc", "__main__")
    rest = shlex.join(map(str, words[1:]))
    return f"python -m sbc {rest}" if is_ours else shlex.join(map(str, words))


def platform(known: dict[str, Any]) -> str:
    """Name system, processor and cores; what a kernel's builder called it helps nobody."""
    text = str(known.get("platform", ""))
    text = re.sub(r"^(\w+-[\d.]+)\S*?-(x86_64|aarch64|arm64|AMD64)", r"\1-\2", text)
    cores = known.get("cores")
    return f"{text}, {cores} cores" if text and cores else text
