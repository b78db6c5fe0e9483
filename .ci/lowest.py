"""Print the lowest version that pyproject.toml allows of each package, as constraints for pip."""

import re
import tomllib
from itertools import chain
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
needed = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
for line in needed:
    if found := re.match(r"([\w.-]+)>=([\w.]+)", line):
        print("==".join(found.groups()))
