"""Tables: on a terminal as wide as that is, elsewhere a line for every row, so that other programs can search them."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

WIDEST = 10_000
"""Columns of a table that is not shown on a terminal; no row is as wide."""


def text_of(table: Table) -> str:
    """What standard output is given of it."""
    width = None if sys.stdout.isatty() else WIDEST
    console = Console(highlight=False, width=width)
    with console.capture() as captured:
        console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
