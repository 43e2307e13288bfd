"""The JUnit file that pytest writes of a run, for CI systems that show one.

A known failure is skipped there, with its reason; an unexpected one fails, with its text.  Of a run that was interrupted
pytest writes the items that it came to, all of them perhaps passed: an item of our own says that there would be more.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import click

NAME = "run_is_complete"


def arguments(path: str | None) -> list[str]:
    """For pytest.  Raises UsageError where the file cannot be written, before anything runs."""
    if path is None:
        return []
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with Path(path).open("ab"):
            pass
    except OSError as failure:
        raise click.UsageError(f"cannot write {path}: {failure.strerror}; choose another file with --junit") from None
    return [f"--junitxml={path}"]


def say_incomplete(path: str, reason: str) -> None:
    """Add an error to the file, so that nobody takes what ran for the whole."""
    try:
        tree = ElementTree.parse(path)
        suite = tree.getroot().find("testsuite")
    except (OSError, ElementTree.ParseError):
        tree = ElementTree.ElementTree(ElementTree.Element("testsuites"))
        suite = None
    if suite is None:
        suite = ElementTree.SubElement(tree.getroot(), "testsuite", name="pytest", tests="0", errors="0")
    for count in ("tests", "errors"):
        suite.set(count, str(int(suite.get(count, "0")) + 1))
    case = ElementTree.SubElement(suite, "testcase", classname="autograd_conformance", name=NAME, time="0")
    ElementTree.SubElement(case, "error", message=reason).text = reason
    tree.write(path, encoding="utf-8", xml_declaration=True)
