"""Every claim that is judged, in the lecture's order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sbc.studies.lecture.claims import Claim
from sbc.studies.lecture.confound_claims import CONFOUND_CLAIMS
from sbc.studies.lecture.story_claims import STORY_CLAIMS
from sbc.studies.lecture.tank_claims import SUPERSTITION_CLAIMS, TANK_CLAIMS


class Part(NamedTuple):
    """A part of the lecture."""

    title: str
    claims: tuple[Claim, ...]


#: By the section of the page that shows each.
PARTS: Mapping[str, Part] = {
    "stories": Part("Repeat observations and three ways of pooling", STORY_CLAIMS),
    "tanks": Part("Reed frogs", TANK_CLAIMS),
    "superstitions": Part("Superstitions about varying effects", SUPERSTITION_CLAIMS),
    "confound": Part("A confound of groups", CONFOUND_CLAIMS),
}
CLAIMS: tuple[Claim, ...] = tuple(claim for part in PARTS.values() for claim in part.claims)
