"""The commonest reasons of failed fits."""

import pandas as pd

from sbc.store.reasons import listed, listed_once, reasons


def frame(*rows):
    return pd.DataFrame(rows, columns=["dataset", "status", "error"])


FITS = frame(
    (0, "ok", ""),
    (1, "error", "ValueError: lam 1.5e+30 too large"),
    (2, "nonconverged", ""),
    (3, "error", "ValueError: lam 2 too large"),
    (4, "timeout", "no result after 3 s"),
    (5, "error", "KeyError: 'x'"),
)


def test_reasons_that_differ_in_numbers_are_one_and_the_commonest_is_first():
    found = reasons(FITS)
    assert [(r.count, r.datasets) for r in found][:1] == [(2, (1, 3))]
    assert found[0].text == "ValueError: lam 1.5e+30 too large"
    assert {r.count for r in found[1:]} == {1}


def test_what_is_not_shown_is_counted():
    assert listed(FITS, most=1) == ["2 × ValueError: lam 1.5e+30 too large", "3 × something else"]
    assert listed(FITS.iloc[:1]) == []


def test_a_failure_without_a_text_and_one_with_too_much():
    assert listed(FITS.iloc[2:3]) == [
        "1 × did not converge in any attempt: R-hat above 1.05 or an ESS below 160"
    ]
    (line,) = listed(frame((0, "error", "x\n\x1b[31m" * 300)))
    assert len(line) < 250
    assert line.isprintable()


def test_a_reason_that_several_share_is_told_once():
    again = FITS.assign(error=[text.replace("1", "7") for text in FITS["error"]])
    told = listed_once({"first": FITS, "second": again})
    assert told["first"] == listed(FITS)
    assert len(told["second"]) == len(told["first"])
    for line, before in zip(told["second"], told["first"], strict=True):
        assert line == f"{before.partition(' × ')[0]} × for the same reason as first"
