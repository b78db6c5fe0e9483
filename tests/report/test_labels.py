from dataclasses import replace

from sbc.report.labels import Labels
from sbc.store.frames import load_run


def test_an_engine_is_named_where_an_estimator_has_several(new_run, new_fit):
    run = load_run(new_run([new_fit(0)]))
    (name,) = run.settings.estimators
    assert Labels.of(run, {}).label(name, "nutpie") == name
    both = replace(run.settings, engines=("nutpie", "advi"))
    assert Labels.of(replace(run, settings=both), {}).label(name, "advi") == f"{name} · advi"
    function = replace(run.settings, estimators=(name, "ml"), functions=("ml",))
    labels = Labels.of(replace(run, settings=function), {})
    assert (labels.label(name, "nutpie"), labels.label("ml", "function")) == (name, "ml")
