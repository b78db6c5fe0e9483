"""Every suspect of a fault: prior and likelihood, a shortcut, the density, the sampler."""

from __future__ import annotations

from collections.abc import Callable

from sbc.fitting.score import IDENTITIES, Score, scores
from sbc.fitting.setup import setup_of
from sbc.fitting.verify import difference
from sbc.gates import forward_words
from sbc.gates.causes import DATA, PLACE, Clue
from sbc.gates.forward import COMPLETE
from sbc.plugins.data import is_density
from sbc.plugins.errors import UserError, in_shell, option
from sbc.store.names import compact
from sbc.store.rows import ERROR
from sbc.store.settings import write_value
from sbc.studies.explain.inquiry import Inquiry
from sbc.studies.explain.place import places
from sbc.studies.explain.probe import SCATTER, Probe, chosen, probe

#: Datasets of which generator and model, or draws and density, are compared, at least.
FORWARD = 400
#: A p-value of the identities, or of a probe, below which density or sampler is named.
CERTAIN = 1e-3
#: Contraction below which the data say next to nothing.
LITTLE = 0.1

#: Failed fits, as a share, below which it does not matter where they fail.
FEW = 0.02
#: Effective draws for each ranked one below which ranks are not uniform, and how many such fits do
#: harm.
DEPENDENT, MANY = 0.6, 0.1

#: Said of fits that a second opinion leaves where they were.
STILL = "nothing moves beyond Monte Carlo error"

Say = Callable[[str], None]


def sides(of: Inquiry) -> list[Clue]:
    """Prior and likelihood, as far as they can be told apart from the model's own."""
    if of.forward is None:
        words = (
            "prior and likelihood cannot be doubted here: truth and data come from the model "
            "itself; an independent generator or simulator would put them to the test"
        )
        return [Clue("likelihood", False, words)]
    command = _check_command(of)
    if not of.uniform:
        differing = [one for one in of.forward.found if one.at is not None]
        return [
            Clue(one.kind, False, f"{one.what}: {forward_words.sentence(one)}", command)
            for one in differing
        ]
    clues = [
        Clue(one.kind, True, f"{one.what}: {forward_words.sentence(one)}", command)
        for one in of.forward.faults
    ]
    clues += [
        Clue("likelihood", False, f"not compared: {name}: {why}", command)
        for name, why in of.forward.skipped.items()
    ]
    if not of.forward.faults and of.forward.found:
        words = f"generator and model agree. {forward_words.could_see(of.forward)}"
        clues.append(Clue("prior", False, words, command))
    return clues


def _check_command(of: Inquiry) -> str:
    settings = of.run.settings
    options = {
        "estimator": of.estimator,
        "generator": settings.generator,
        "truth": settings.truth,
        **({"simulator": settings.simulator} if settings.simulator else {}),
    }
    words = [option(name, value) for name, value in options.items()]
    words += [option("parameter", f"{n}={write_value(v)}") for n, v in settings.parameters.items()]
    return _command("check", *words, option("seed", settings.seed))


def _command(*words: str) -> str:
    """Write what shows a clue, as it is typed in a shell."""
    return in_shell(" ".join(("python -m sbc", *words)))


def shortcut(of: Inquiry, say: Say) -> list[Clue]:
    """Whether the model whose data are swapped is the model as PyMC states it."""
    setup = setup_of(of.run.settings, of.estimator)
    say("comparing the model with PyMC's own")
    datasets = [setup.draw(k) for k in _two(of)]
    if found := difference(setup.estimator, setup.generator, datasets):
        return [Clue("shortcut", True, f"sbc's own form of the model is wrong: {found}")]
    return [Clue("shortcut", False, "the model that was sampled is the model as PyMC states it")]


def _two(of: Inquiry) -> list[int]:
    """Pick the datasets at both ends of the worst ranks."""
    known = sorted(of.run.fits.dataset.unique())
    if not of.bad:
        return [int(known[0]), int(known[-1])]
    u = of.pit(next(iter(of.bad))).dropna()
    return [int(u.idxmin()), int(u.idxmax())]


def density(of: Inquiry, say: Say) -> list[Clue]:
    """Whether the model's draws belong to its density, where draws are the model's own."""
    sound = of.forward is None or not of.forward.faults
    if not of.uniform or not sound or of.run.settings.regime.given_data:
        return []
    say("comparing draws with the density")
    setup = setup_of(of.run.settings, of.estimator)
    found = _drawn_by_model(of, scores(setup, max(FORWARD, of.run.settings.datasets)))
    if not found:
        return []
    worst = min(found, key=lambda one: one.p)
    by = f" by {worst.by}" if worst.by else ""
    told = (
        f"for {worst.variable}, {IDENTITIES[worst.identity]}{by} is {worst.mean:.3g} ± "
        f"{worst.mcse:.2g} at the truths of {worst.n} datasets, and 0 is expected "
        f"(p = {worst.p:.2g})"
    )
    if worst.p < CERTAIN:
        return [Clue("density", True, told)]
    return [Clue("density", False, f"draws and density belong together: {told}")]


def _drawn_by_model(of: Inquiry, found: list[Score]) -> list[Score]:
    """Keep what is surely a draw of the model: its own, or found equal before any fit."""
    if of.forward is None:
        return found
    enough = COMPLETE * of.forward.datasets
    compared = {one.variable for one in of.forward.found if one.n >= enough}
    return [one for one in found if one.variable in compared]


def sampler(of: Inquiry, fit_again: bool, say: Say) -> list[Clue]:
    """Diagnostics of the fits, and a second opinion on twenty of them."""
    clues = [_fits(of)]
    if fit_again and of.bad:
        other = "pymc" if of.engine == "nutpie" else "nutpie"
        opinions = [_probed(of, engine, say) for engine in (of.engine, other)]
        clues += [clue for _, clue in sorted(opinions, key=lambda opinion: opinion[0])]
    return clues


def _fits(of: Inquiry) -> Clue:
    found = of.failures
    fits = of.run.fits_of(of.estimator, of.engine)
    counts = ", ".join(f"{number} {status}" for status, number in found.statuses.items())
    diverging = int((fits["divergences"] > 0).sum())
    words = f"fits: {counts}; {found.retried} retried, {diverging} with divergences"
    if sign := found.depends:
        words += (
            f"; failing goes with the {sign.what} of {sign.estimand} (rank correlation "
            f"{sign.effect:+.2f}, p = {sign.p:.2g})"
        )
    short = _short(of)
    if short > MANY:
        words += f"; in {short:.0%} of them the ranked draws depend on each other (ESS below 0.6 L)"
    tied = sign is not None and found.failed > FEW * found.n
    raised = found.statuses.get(ERROR, 0)
    if found.too_many and raised > found.failed / 2:
        told = f"{words}; {found.reasons[0] if found.reasons else ''}"
        return Clue("error", True, told, _command("table", of.folder))
    at_work = found.too_many or tied or short > MANY
    return Clue("sampler", at_work, words, _command("report", of.folder))


def _short(of: Inquiry) -> float:
    """Give the share of fits whose thinned draws are too dependent for uniform ranks."""
    frame = of.results[["dataset", "ess_bulk", "size"]].dropna()
    if frame.empty:
        return 0.0
    ratio = (frame["ess_bulk"] / frame["size"]).groupby(frame["dataset"]).min()
    return float((ratio < DEPENDENT).mean())


def _probed(of: Inquiry, other: str, say: Say) -> tuple[tuple[bool, float], Clue]:
    """Ask one engine; give how clear the answer is, the clearest being the smallest."""
    worst = next(iter(of.bad))
    picked = chosen(of.pit(worst), of.run.settings.seed)
    say(f"fitting {len(picked)} datasets again by {other}")
    try:
        found = probe(of.run, of.estimator, of.engine, picked, other)
    except UserError as problem:
        clue = Clue("sampler", False, f"no second opinion by {other}: {problem.neutral}")
        return (True, 1.0), clue
    # By means and widths first: a scatter says least of what is wrong.
    clear = min(((move.by == SCATTER, move.p) for move in found.moves), default=(True, 1.0))
    return clear, _opinion(of, found)


def _opinion(of: Inquiry, found: Probe) -> Clue:
    start = f"{len(found.datasets)} datasets chosen at random, fitted again by {found.engine}"
    start += " with four times the draws"
    start += f" ({found.failed} failed)" if found.failed else ""
    picked = found.datasets[0] if found.datasets else 0
    fitted = {"dataset": picked, "estimator": of.estimator, "engine": of.engine}
    words = [option(name, value) for name, value in fitted.items()]
    command = _command("replay", of.folder, *words)
    moved = [move for move in found.moves if move.p < CERTAIN]
    if moved:
        told = "; ".join(move.words for move in moved[:3])
        return Clue("sampler", True, f"{start}: the posterior moves. {told}", command)
    if not found.moves:
        return Clue("sampler", False, f"{start}: nothing can be compared", command)
    told = f"{start}: {STILL}; most: {found.moves[0].words}"
    return Clue("sampler", False, told, command)


def where(of: Inquiry) -> list[Clue]:
    """Where the worst ranks depart, as functions of the data."""
    means = of.results.pivot_table(index="dataset", columns="quantity", values="mean")
    means = means[[name for name in means if not is_density(str(name))][:20]]
    features = of.run.features(of.estimator)
    by = option("by", "FEATURE")
    command = _command("table", of.folder, by) if len(features.columns) else ""
    return [
        Clue(PLACE, True, f"{name}: {words}", command)
        for name in list(of.bad)[:3]
        for words in places(of.pit(name), features, means)
    ]


def little(of: Inquiry) -> list[Clue]:
    """Estimands of which the data say next to nothing."""
    names = []
    for name in dict.fromkeys(of.results.quantity):
        frame = of.results[of.results.quantity == name]
        variance = float(frame["truth"].var())
        if is_density(str(name)) or not variance > 0 or len(frame) < 20:
            continue
        if 1 - float((frame["sd"] ** 2).mean()) / variance < LITTLE:
            names.append(str(name))
    if not names:
        return []
    words = (
        f"the data say next to nothing about {', '.join(compact(names))} (contraction below "
        f"{LITTLE:g}): there ranks test the prior alone"
    )
    return [Clue(DATA, True, words, _command("table", of.folder))]
