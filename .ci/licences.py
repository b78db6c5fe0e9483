"""Refuse a dependency whose licence is not on the list. Offline: reads what is installed.

Known holes are another matter: they need a network, as in ``pip-audit``.
"""

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution

ALLOWED = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|HPND|CC0|Zlib|Unlicense|0BSD|MPL"
    r"|Mozilla Public)",
    re.IGNORECASE,
)
#: Packages that state their licence in a file alone; looked up by a person.
KNOWN: dict[str, str] = {}


def licence(package: Distribution) -> str:
    """Give what a package says of its licence: an SPDX expression, classifiers, or free text."""
    words = package.metadata
    classifiers = [
        text.rpartition("::")[2].strip()
        for text in words.get_all("Classifier") or []
        if text.startswith("License ::")
    ]
    free = (words.get("License") or "").strip().partition("\n")[0]
    return words.get("License-Expression") or "; ".join(classifiers) or free


def closure(name: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """Collect a package and all that is installed of what it asks for."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in found:
        return found
    try:
        found[key] = distribution(name)
    except PackageNotFoundError:  # for another platform, or an extra that is not installed
        return found
    for needed in found[key].requires or []:
        closure(re.match(r"[\w.-]+", needed)[0], found)
    return found


packages = closure("sbc-harness", {})
packages.pop("sbc-harness")
refused = {
    name: licence(package)
    for name, package in sorted(packages.items())
    if not ALLOWED.search(KNOWN.get(name) or licence(package))
}
for name, text in refused.items():
    print(f"{name}: licence '{text}' is not on the list")
print(f"{len(packages)} packages, {len(refused)} refused")
sys.exit(bool(refused))
