"""The forward check in words, for a terminal and for Markdown."""

from __future__ import annotations

from sbc.gates.forward import Forward, Found
from sbc.stats.sequential.power import detectable

#: What uniform ranks of parameters and data do not show.
UNSEEN = (
    "Not seen by this check: dependence between parameters that the model draws independently, "
    "dependence between rows, density code that does not belong to the draws, and the sampler."
)


def text(found: Forward) -> str:
    """Write what was compared of one estimator, a line a variable."""
    width = max([len(one.what) for one in found.found], default=0)
    lines = [f"{found.estimator}: {_datasets(found.datasets)}, no fit", ""]
    lines += [f"  {_verdict(one, found)}  {one.what:<{width}}  {told(one)}" for one in found.found]
    return "\n".join([*lines, *(f"  {note}" for note in notes(found)), "", conclusion(found)])


def _verdict(one: Found, found: Forward) -> str:
    if one.at is None:
        return "agrees "
    return "DIFFERS" if found.judged else "differs"


def told(one: Found) -> str:
    """Give a variable's numbers, or say what differs."""
    if one.at is None:
        return f"PIT mean {one.pit_mean:.3f} ± {one.pit_mean_mcse:.3f}"
    return sentence(one)


def sentence(one: Found) -> str:
    """Say what differs, with its numbers."""
    if one.at is None:
        return one.words
    if one.statistic == "value" and one.pit_mean != one.pit_mean:  # no rank was taken
        return one.words
    return (
        f"{one.words} (PIT mean {one.pit_mean:.3f} ± {one.pit_mean_mcse:.3f}; certain after "
        f"{_datasets(one.at)})"
    )


def notes(found: Forward) -> list[str]:
    """List what was not compared, and why."""
    lines = [f"not compared: {name}: {why}" for name, why in found.skipped.items()]
    if found.only_in_truth:
        lines.append(f"named by the generator alone: {', '.join(found.only_in_truth)}")
    if found.only_in_model:
        lines.append(f"named by the model alone: {', '.join(found.only_in_model)}")
    lines += [f"{_datasets(n)} not compared in all: {why}" for why, n in found.failed.items()]
    return lines


def conclusion(found: Forward) -> str:
    """Sum up in a sentence or two, with what is guaranteed and what could have been seen."""
    differing = [one for one in found.found if one.at is not None]
    if not found.found:
        return "Nothing could be compared."
    if not found.judged:
        told = "what differs is shown and fails nothing"
        return f"Uniform ranks are not expected of {found.estimator} in this regime: {told}."
    if differing:
        return (
            f"The generator and {found.estimator} do not state the same thing: look at the "
            f"{differing[0].what} first (chance of a mistake at most {found.alpha:g})."
        )
    if found.incomplete:
        least = min(one.n for one in found.found)
        return (
            f"Undecided: of {_datasets(found.datasets)} only {least} could be compared in all, and "
            "what keeps the others from it may be the difference."
        )
    left = f" in the {len(found.found)} that could be compared of {_known(found)}"
    return f"No difference found{left if found.skipped else ''}. {could_see(found)} {UNSEEN}"


def _known(found: Forward) -> int:
    return len(found.found) + len(found.skipped)


def could_see(found: Forward) -> str:
    """Say which faults of a single parameter so many datasets would usually show."""
    n = min((one.n for one in found.found), default=0)
    if n < 10:
        return f"{_datasets(n)} show no fault."
    fault = detectable(n, max(1, len(found.found)), found.alpha)
    return (
        f"Smallest faults that {_datasets(n)} would usually detect: values {fault.bias:.2g} prior "
        f"sds too high or too low, or a prior sd {fault.sd_low:.2g} or {fault.sd_high:.2g} times "
        "the right size."
    )


def _datasets(n: int) -> str:
    return "1 dataset" if n == 1 else f"{n:,} datasets"
