"""A user's project is checked by mypy and pyright from outside, by what the package says of itself.

Both see the interface as an editor and a CI job of a user's see it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parent / "files" / "typed_project.py"
ROOT = FILE.parents[2]
CONFIG = f"""
[mypy]
strict = true
follow_imports = silent
mypy_path = {ROOT}
[mypy-matplotlib.*,pandas.*,pymc.*,xarray.*,scipy.*,arviz.*,cloudpickle.*,joblib.*,pytensor.*]
ignore_missing_imports = true
follow_imports = skip
"""
#: Three mistakes of a user's that a checker has to see.
WRONG = {
    'preset="smoke")': "preset=3)",
    "datasets=20,": 'datasets="20",',
    "assert_type(needed, int | None)": "assert_type(needed, str)",
}


def by_mypy(folder):
    """Check a project that has sbc among what is installed; give what mypy says."""
    from mypy import api

    (folder / "mypy.ini").write_text(CONFIG)
    shown, problems, _ = api.run(
        [
            str(folder / "project.py"),
            f"--config-file={folder / 'mypy.ini'}",
            f"--cache-dir={folder / 'cache'}",
        ]
    )
    return problems + "\n".join(line for line in shown.splitlines() if "project.py" in line)


def by_pyright(folder):
    """Do the same with pyright, as an editor runs it."""
    where = {"extraPaths": [str(ROOT)], "include": ["project.py"], "typeCheckingMode": "standard"}
    (folder / "pyrightconfig.json").write_text(json.dumps(where))
    words = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] == 1
    return "\n".join(one["message"] for one in found["generalDiagnostics"])


@pytest.mark.slow
@pytest.mark.parametrize("checked", [by_mypy, by_pyright])
def test_a_user_s_project_is_typed(checked, tmp_path):
    text = FILE.read_text(encoding="utf-8")
    (tmp_path / "project.py").write_text(text)
    assert checked(tmp_path) == ""
    for right, wrong in WRONG.items():
        assert right in text
        text = text.replace(right, wrong)
    (tmp_path / "project.py").write_text(text)
    told = checked(tmp_path)
    # in each one's own words
    for parts in (("preset", "gate"), ("datasets", "run"), ("int | None", "str")):
        assert any(all(part in line for part in parts) for line in told.splitlines()), parts
