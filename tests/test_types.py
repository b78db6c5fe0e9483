"""A user's project is checked by mypy from outside, by what the package says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

FILE = Path(__file__).parent / "files" / "typed_project.py"
CONFIG = """
[mypy]
strict = true
follow_imports = silent
mypy_path = {root}
[mypy-matplotlib.*,pandas.*,pymc.*,xarray.*,scipy.*,arviz.*,cloudpickle.*,joblib.*,pytensor.*]
ignore_missing_imports = true
follow_imports = skip
"""


def checked(folder, text):
    """Check a project that has sbc among what is installed; give what mypy says."""
    from mypy import api

    (folder / "project.py").write_text(text)
    (folder / "mypy.ini").write_text(CONFIG.format(root=FILE.parents[2]))
    shown, problems, _ = api.run(
        [
            str(folder / "project.py"),
            f"--config-file={folder / 'mypy.ini'}",
            f"--cache-dir={folder / 'cache'}",
        ]
    )
    return problems + "\n".join(line for line in shown.splitlines() if "project.py" in line)


@pytest.mark.slow
def test_a_user_s_project_is_typed(tmp_path):
    text = FILE.read_text(encoding="utf-8")
    assert checked(tmp_path, text) == ""
    wrong = text.replace('preset="smoke")', "preset=3)").replace("datasets=20,", 'datasets="20",')
    told = checked(tmp_path, wrong)
    assert 'Argument "preset" to "gate" has incompatible type "int"' in told
    assert 'Argument "datasets" to "run" has incompatible type "str"' in told
