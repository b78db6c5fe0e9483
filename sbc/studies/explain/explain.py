"""From a verdict to its cause: every suspect is heard, and what is at work comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sbc.fitting.allowed import validate
from sbc.fitting.origin import check_files
from sbc.gates.causes import KINDS, PLACE, Clue, Explanation, write_causes
from sbc.gates.forward import SHARE, Forward
from sbc.gates.forward_file import read_forward, write_forward
from sbc.gates.verdict_words import SIGNS
from sbc.plugins import live
from sbc.plugins.engine import FUNCTION
from sbc.plugins.errors import UserError
from sbc.stats.sequential.outcome import ALPHA_FAIL
from sbc.store.folder import read_run, refuse_imported, refuse_sweep
from sbc.store.frames import Run, load_run
from sbc.studies.check import check
from sbc.studies.explain import suspects
from sbc.studies.explain.inquiry import Inquiry
from sbc.studies.explain.suspects import FORWARD, Say


def explain(
    folder: Path, *, fit_again: bool = True, say: Say = lambda line: None
) -> list[Explanation]:
    """Say what is wrong with a run, and why.

    Parameters
    ----------
    folder : Path
        The run's; what is found is kept in it.
    fit_again : bool
        Whether twenty datasets of each fault are fitted again, for longer and by another engine.
    say : callable
        Told what is being looked at.

    Returns
    -------
    list of Explanation
        One an estimator and engine.

    Raises
    ------
    UserError
        If it is no run, a sweep, imported, or the user's files have changed since.
    """
    provenance = read_run(folder)
    refuse_sweep(folder, provenance)
    refuse_imported(folder, provenance)
    run = load_run(folder)
    if run.fits.empty and not read_forward(folder):
        raise UserError(f"{folder} holds no fits: there is nothing to explain")
    if set(run.settings.functions) == set(run.settings.estimators):
        raise UserError(f"{folder} holds only functions, which have no model to examine")
    live.check_known(provenance, folder, ".explain()")
    validate(run.settings)
    check_files(folder, provenance, run.settings)
    for name in run.settings.functions:
        say(f"{name} is left out: a function has no model to examine")
    say("comparing generator and model")
    forward = _forward(run)
    if forward:
        write_forward(folder, list(forward.values()))
    found = [
        _explained(Inquiry(run, name, engine, forward.get(name)), fit_again, say)
        for name, engine in run.settings.pairs
        if engine != FUNCTION
    ]
    write_causes(folder, found)
    return found


def _forward(run: Run) -> dict[str, Forward]:
    settings = run.settings
    if settings.regime.own and not settings.simulator:
        return {}
    n = max(FORWARD, settings.datasets)
    # As a gate does: what it reads of this run keeps to its own error rate.
    models = tuple(name for name in settings.estimators if name not in settings.functions)
    kept = {one.estimator: one for one in read_forward(run.folder) if one.datasets >= n}
    if kept.keys() == set(models):  # a gate looked before it fitted, at as many datasets
        return kept
    mine = replace(settings, estimators=models, functions=(), datasets=n)
    return {one.estimator: one for one in check(mine, ALPHA_FAIL * SHARE)}


def _explained(of: Inquiry, fit_again: bool, say: Say) -> Explanation:
    """Hear every suspect, and sum up."""
    faults = of.faults()
    clues: list[Clue] = []
    if faults or not of.uniform:
        clues = suspects.sides(of)
    if faults and of.failures.n:
        clues += [*suspects.shortcut(of, say), *suspects.density(of, say)]
        # Fits of a model that states something else, or by a wrong density, need no second opinion.
        known = any(clue.found for clue in clues)
        clues += suspects.sampler(of, fit_again and not known, say)
    clues += [*suspects.where(of), *suspects.little(of)]
    clues.sort(key=lambda clue: not (clue.found and clue.kind in KINDS))
    found = Explanation(of.estimator, of.engine, tuple(faults), tuple(clues), "")
    return replace(found, paragraph=_paragraph(of, found))


def _paragraph(of: Inquiry, found: Explanation) -> str:
    """Sum up as a statistician would."""
    name = found.whose
    n = of.failures.n
    if not found.faults and of.uniform:
        return f"{name}: there is nothing to explain. After {n} datasets {_sound(of)}."
    if not found.faults:
        told = "; ".join(clue.words for clue in found.clues if clue.kind in KINDS)
        differ = f" Generator and model differ by design: {told}." if told else ""
        return f"Uniform ranks are not expected of {name} in this regime.{differ}"
    start = f"{name}: {'; '.join(found.faults)}."
    causes = found.causes
    if not causes:
        return f"{start} {_unknown(of, found.clues)}"
    kinds = list(dict.fromkeys(KINDS[clue.kind] for clue in causes))
    first = causes[0].words
    # "prior of tau: ..." names its kind already.
    named = f"the {first}" if first.startswith(causes[0].kind) else f"{kinds[0]}: {first}"
    also = f" Also at work: {', '.join(kinds[1:])}." if len(kinds) > 1 else ""
    where = next((c.words for c in found.clues if c.kind == PLACE), "")
    told = f" Where: {where}." if where else ""
    return f"{start} The cause is {named}.{also}{told}"


def _sound(of: Inquiry) -> str:
    """Say which verdicts its ranks have, none of them a failure."""
    by_words: dict[str, list[str]] = {}
    for one in of.verdicts:
        if one.quantity:
            by_words.setdefault(SIGNS[one.outcome].words, []).append(one.quantity)
    told = [f"the ranks of {', '.join(names)} are {words}" for words, names in by_words.items()]
    return "; ".join(told) or "no ranks are known"


def _unknown(of: Inquiry, clues: Sequence[Clue]) -> str:
    """Say what was looked at and explains nothing, and what is left."""
    if of.forward is None and not of.run.settings.regime.own:
        return "The cause was not found."
    looked = {clue.kind for clue in clues}
    again = any(suspects.STILL in clue.words for clue in clues)
    said = []
    if of.forward is not None and of.forward.found:
        said.append("generator and model agree in all that could be compared")
    if "density" in looked:
        said.append("draws and density belong together")
    if again:
        said.append("a longer run gives the same posteriors")
    left = [] if again else ["the sampler (no fit was made again)"]
    if of.forward is None:
        left.append("the model's dependence on its data")
        left.append("code that the data go through before the fit")
    else:
        left.append("dependence between parameters or between rows")
        left.append("a part that could not be compared")
    listed = _listed(said, "and")
    known = f"{listed[:1].upper()}{listed[1:]}. " if said else ""
    return f"The cause was not found. {known}What is left: {_listed(left, 'or')}."


def _listed(parts: Sequence[str], word: str) -> str:
    *most, last = parts
    return f"{', '.join(most)}, {word} {last}" if most else last
