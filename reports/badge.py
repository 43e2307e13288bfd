"""The badge of a results file: what a run came to, in the width of a line of a README.

Green says that everything the run was meant to judge was judged and that nothing was unexpected; whatever is less than
that has another colour and other words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from autograd_conformance.digest import Digest
from autograd_conformance.reports.wording import clipped, counted

LABEL = "autograd"
GREEN, AMBER, RED, GREY = "#1a7f37", "#9a6700", "#c5221f", "#5c5f58"
"""White text stands out from each of them."""
_SHIELDS = {GREEN: "brightgreen", AMBER: "orange", RED: "red", GREY: "lightgrey"}
_WIDE, _NARROW = "mwMW@%", "iljtfrI.,:;'|! "


@dataclass(frozen=True)
class Badge:
    colour: str
    text: str


def badge_of(digest: Digest) -> Badge:
    """The worst that can be said of the file comes first."""
    known = f", {digest.known:,} known" if digest.known else ""
    if digest.unexpected:
        partly = ", incomplete" if digest.shortfalls else ""
        return Badge(RED, f"{len(digest.unexpected):,} unexpected{known}{partly}")
    if digest.fails:
        stale = counted(len(digest.stale), "stale expectation") if digest.stale else ""
        below = f"{counted(len(digest.uncovered), 'op')} below the floor" if digest.uncovered else ""
        return Badge(RED, f"0 unexpected{known}, {', '.join(filter(None, (stale, below)))}")
    if not digest.judged:
        return Badge(GREY, "nothing judged")
    if digest.shortfalls:
        return Badge(AMBER, f"0 unexpected{known}, incomplete")
    return Badge(GREEN, f"0 unexpected{known}")


def to_json(badge: Badge) -> str:
    """The schema of shields.io endpoints, https://shields.io/badges/endpoint-badge."""
    plain = {"schemaVersion": 1, "label": LABEL, "message": clipped(badge.text, 80), "color": _SHIELDS[badge.colour]}
    return json.dumps(plain, indent=1) + "\n"


def to_svg(badge: Badge) -> str:
    """A picture that needs no font of its own and nothing from the network."""
    text = clipped(badge.text, 80)
    left, right = _width(LABEL), _width(text)
    whole, title = left + right, f"{LABEL}: {text}"
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{title}">
<title>{title}</title>
<clipPath id="round"><rect width="{whole}" height="20" rx="3"/></clipPath>
<g clip-path="url(#round)">
<rect width="{left}" height="20" fill="#3b3f39"/>
<rect x="{left}" width="{right}" height="20" fill="{badge.colour}"/>
</g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">
<text x="{left / 2:g}" y="14" textLength="{left - 12}">{LABEL}</text>
<text x="{left + right / 2:g}" y="14" textLength="{right - 12}">{text}</text>
</g>
</svg>
"""


def _width(text: str) -> int:
    """Of the text in Verdana of 11 pixels, with six pixels at either side; `textLength` fits any other font to it."""
    return 12 + round(sum(10.0 if mark in _WIDE else 4.2 if mark in _NARROW else 6.9 for mark in text))
