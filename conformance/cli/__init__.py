"""The command line: a thin way to start pytest and to read what it left behind.

Exit codes: 0 nothing unexpected; 1 unexpected results; 2 usage or unreadable file; 3 a requested framework did not import
or results are incomplete; 5 nothing ran or nothing comparable.
"""

from __future__ import annotations

import sys

import click

import autograd_conformance
from autograd_conformance.cli import one_thread  # noqa: F401 - before anything that imports NumPy
from autograd_conformance.cli.badging import badge
from autograd_conformance.cli.configuration import ConfiguredGroup
from autograd_conformance.cli.corpus import corpus
from autograd_conformance.cli.drawing import draw
from autograd_conformance.cli.expecting import expect
from autograd_conformance.cli.guiding import guide
from autograd_conformance.cli.inspecting import doctor, list_, schema, summary
from autograd_conformance.cli.mending import prune, update  # noqa: F401 - commands of `expect`
from autograd_conformance.cli.reading import compare, report
from autograd_conformance.cli.replaying import replay
from autograd_conformance.cli.running import run
from autograd_conformance.cli.upgrading import upgrade


@click.group(cls=ConfiguredGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(autograd_conformance.__version__, prog_name="autograd-conformance")
def commands() -> None:
    """Judge the automatic differentiation of PyTorch, JAX and TensorFlow against NumPy finite differences."""


for command in (
    run, replay, draw, compare, upgrade, report, guide, corpus, expect, summary, badge, list_, doctor, schema,
):  # fmt: skip
    commands.add_command(command)


def main() -> None:
    """Entry point; a closed pipe (``... | head``) ends quietly."""
    try:
        commands(prog_name="autograd-conformance")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
