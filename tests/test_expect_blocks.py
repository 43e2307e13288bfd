"""Expectations files are changed as text: what is not meant stays, byte for byte."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from autograd_conformance.expectation import shipped
from autograd_conformance.upkeep.blocks import CannotEdit, Document, open_document, toml

TEXT = '''# What is known.
#
# [[expectation]]
# law = "an example"

[[expectation]]  # the first
law = "vjp_*"
adapter = "small:*"
signature = "tanh"
kind = "disagree"
when = "<2.14"   # fixed soon
reason = "half"
link = "unreported"

# Of the second.
[[ expectation ]]
law = '*'
adapter = "small:*"
# within
signature = "mul"
kind = "error"
detail = """
[[expectation]]
in a text"""
reason = "refuses"
link = "unreported"


[[expectation]]
law = "jvp_*"
adapter = "small:*"
signature = "sin"
kind = "disagree"
reason = "twice"
link = "unreported"
'''
PLAIN = TEXT.replace('detail = """\n[[expectation]]\nin a text"""\n', 'detail = "[[expectation]] in a text"\n')


def test_a_value_is_changed_in_its_line_alone() -> None:
    new = Document("known.toml", PLAIN).with_value(1, "when", "<2.13")
    assert new.text == PLAIN.replace('when = "<2.14"   # fixed soon', 'when = "<2.13"   # fixed soon')


def test_a_new_value_stands_before_the_reason_under_its_comment() -> None:
    new = Document("known.toml", PLAIN).with_value(3, "when", "<2.13", "fixed in 2.13")
    assert new.text == PLAIN.replace('reason = "twice"', '# fixed in 2.13\nwhen = "<2.13"\nreason = "twice"')


def test_an_entry_goes_with_its_own_lines_alone() -> None:
    """The comment above it stays, and can be told to the reader."""
    document = Document("known.toml", PLAIN)
    new = document.without({2: ""})
    start, stop = PLAIN.index("[[ expectation ]]"), PLAIN.index('[[expectation]]\nlaw = "jvp_*"')
    assert new.text == PLAIN[:start] + PLAIN[stop:]
    assert document.comment_above(2) == "# Of the second."
    assert document.comment_above(3) == ""


def test_a_comment_can_stand_in_the_place_of_an_entry() -> None:
    new = Document("known.toml", PLAIN).without({3: "Removed: fixed"})
    assert new.text == PLAIN[: PLAIN.index('[[expectation]]\nlaw = "jvp_*"')] + "# Removed: fixed\n"


def test_several_entries_go_at_once() -> None:
    new = Document("known.toml", PLAIN).without({1: "", 3: ""})
    assert [entry["signature"] for entry in new.entries] == ["mul"]
    assert new.text.startswith("# What is known.\n#\n# [[expectation]]")


def test_entries_are_added_at_the_end() -> None:
    """To a file whose last line does not end, and to an empty one."""
    entry = {"law": "*", "adapter": 'a "b" \\ c\n', "strict": False, "largest_gap": 1e-6}
    for text in (PLAIN.rstrip("\n"), ""):
        new = Document("known.toml", text).with_entries([entry])
        assert new.text.startswith(text)
        assert new.entries[-1] == entry


def test_line_ends_stay_as_they_are() -> None:
    text = PLAIN.replace("\n", "\r\n")
    document = Document("known.toml", text)
    changed = document.with_value(3, "when", "<2.13", "why").with_entries([{"law": "*"}])
    assert changed.text.count("\n") == changed.text.count("\r\n")
    assert document.without({2: "gone"}).text.count("\r\n") == document.without({2: "gone"}).text.count("\n")


def test_what_is_not_written_line_by_line_is_refused() -> None:
    """Nothing is guessed: a header within a text, a list of inline tables, a value over several lines."""
    inline = 'expectation = [{ law = "*" }]\n'
    for text in (TEXT, inline):
        with pytest.raises(CannotEdit, match="by hand"):
            _ = Document("known.toml", text).blocks
    several = PLAIN.replace('reason = "twice"', 'reason = """\ntwice"""')
    with pytest.raises(CannotEdit, match="`reason` of entry 3"):
        Document("known.toml", several).with_value(3, "reason", "once")


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_shipped_files_can_be_changed(path: Path) -> None:
    """Every entry can go, and be given a range, and the others stay what they are."""
    document = open_document(str(path))
    assert len(document.blocks) == len(document.entries) > 0
    for number in range(1, len(document.entries) + 1):
        assert document.with_value(number, "when", "<0.1").entries[number - 1]["when"] == "<0.1"
        assert len(document.without({number: "gone"}).entries) == len(document.entries) - 1


def test_a_diff_shows_what_changes_and_nothing_else() -> None:
    document = Document("known.toml", PLAIN)
    diff = document.diff(document.with_value(1, "when", "<2.13"))
    changed = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert changed == ['-when = "<2.14"   # fixed soon', '+when = "<2.13"   # fixed soon']
    assert document.diff(document) == ""


@pytest.mark.parametrize(
    "value", ['a "quoted" \\ text\twith\x7f\x01 all', "ünï [x]", 1e-6, 10.0, 5.7e-11, True, "=2.13"]
)
def test_values_are_toml(value: object) -> None:
    assert tomllib.loads(f"value = {toml(value)}")["value"] == value


def test_a_file_is_written_all_at_once(tmp_path: Path) -> None:
    """Its mode stays, nothing is left beside it, and a link stays a link."""
    path, link = tmp_path / "known.toml", tmp_path / "link.toml"
    path.write_text(PLAIN)
    path.chmod(0o640)
    link.symlink_to(path)
    open_document(str(link)).without({1: ""}).write()
    assert (path.stat().st_mode & 0o777, link.is_symlink()) == (0o640, True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["known.toml", "link.toml"]
    assert "tanh" not in path.read_text()


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(CannotEdit, match=r"cannot write .*--file"):
        Document(str(tmp_path / "absent" / "known.toml"), PLAIN).write()


def test_a_file_of_comments_can_be_added_to() -> None:
    new = Document("known.toml", "# Nothing is known yet.\n").with_entries([{"law": "*"}])
    assert new.text == '# Nothing is known yet.\n\n[[expectation]]\nlaw = "*"\n'
