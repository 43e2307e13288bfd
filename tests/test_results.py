"""results.jsonl: what is written is read, what is broken is said, and the published schema is that of the types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from autograd_conformance.records import (
    VERDICTS,
    AdapterRecord,
    CaseRecord,
    Diagnostic,
    Footer,
    Gap,
    Header,
    Record,
    Result,
    as_float,
    number,
    schema,
)
from autograd_conformance.results import ResultsWriter, UnreadableResults, parse, read, write_all

HEADER = Header(suite="0.1", seed=7, adapters=[AdapterRecord(name="made:up", framework="made", mode="up")])
CASE = CaseRecord(
    id="abc",
    stratum="core",
    graph={"inputs": [[2]], "nodes": [], "outputs": [0]},
    point=[[0.5, "nan"]],
    cotangents=[[0.25, 1]],
)
GAP = Gap(
    where="x",
    measured="nan",
    measured_hex="nan",
    reference=1.0,
    reference_hex="0x1p0",
    error=0.0,
    bound="inf",
    gap="inf",
)
RESULT = Result(case="abc", stratum="core", adapter="made:up", law="l", dtype="float64", verdict="disagree", worst=GAP)
DIAGNOSTIC = Diagnostic(
    case="abc", adapter="made:up", law="l", dtype="float64", steps=[[0.5, "inf"]], message="two\nlines é"
)
FOOTER = Footer(status="complete", results=1, verdicts={"disagree": 1}, unexpected=1)
RECORDS: tuple[Record, ...] = (HEADER, CASE, RESULT, DIAGNOSTIC, FOOTER)


def lines(*records: Record) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Every record, every field."""
    write_all(tmp_path / "r.jsonl", RECORDS)
    file = read(tmp_path / "r.jsonl")
    assert (file.header, file.footer) == (HEADER, FOOTER)
    assert (file.cases, file.results, file.diagnostics) == ({"abc": CASE}, [RESULT], [DIAGNOSTIC])
    assert file.is_complete
    assert not file.is_truncated


def test_every_record_is_on_disk_once_written(tmp_path: Path) -> None:
    """A killed run loses nothing it reported."""
    path = tmp_path / "r.jsonl"
    with ResultsWriter(path.open("wb")) as writer:
        for count, record in enumerate(RECORDS, start=1):
            writer.write(record)
            assert path.read_bytes().count(b"\n") == count


def test_every_line_is_strict_json() -> None:
    """No NaN, no Infinity: any reader can read it."""

    def refuse(text: str) -> None:
        raise AssertionError(text)

    for line in lines(*RECORDS).splitlines():
        assert json.loads(line, parse_constant=refuse)["record"]


@pytest.mark.parametrize("value", [0.1, -0.0, 5e-324, float("inf"), float("-inf"), float("nan")])
def test_numbers_survive(value: float) -> None:
    """To the bit, also those JSON has no number for."""
    assert as_float(msgspec.json.decode(msgspec.json.encode(number(value)))).hex() == value.hex()


def test_a_half_line_at_the_end_is_left_out() -> None:
    """What a killed run leaves; the rest counts, and the file is known as truncated."""
    whole = lines(HEADER, CASE, RESULT)
    file = parse(whole + lines(FOOTER)[:-9], "r")
    assert file.results == [RESULT]
    assert file.is_truncated


def test_every_prefix_of_a_file_is_read_or_refused_in_words() -> None:
    """Cut anywhere, nothing but UnreadableResults is raised, and no result is invented."""
    whole = lines(*RECORDS)
    for cut in range(len(whole) + 1):
        try:
            file = parse(whole[:cut], "r")
        except UnreadableResults:
            assert cut < len(lines(HEADER))
        else:
            assert file.results in ([], [RESULT])


def test_a_file_without_a_footer_is_truncated() -> None:
    """Also when its last line is whole."""
    file = parse(lines(HEADER, RESULT), "r")
    assert file.is_truncated
    assert not file.is_complete


def test_an_interrupted_run_is_neither_truncated_nor_complete() -> None:
    """It was stopped on purpose and says so."""
    file = parse(lines(HEADER, Footer(status="interrupted", results=0, verdicts={}, unexpected=0)), "r")
    assert not file.is_truncated
    assert not file.is_complete


FOREIGN = {
    "empty": b"",
    "blank lines": b"\n \n\n",
    "text": b"hello\n",
    "binary": bytes(range(256)),
    "not UTF-8": b'{"record": "\xff"}\n',
    "another JSON": b'{"a": 1}\n',
    "a list": b"[]\n",
    "no record tag": lines(HEADER).replace(b'"record"', b'"rekord"'),
    "results without header": lines(RESULT, FOOTER),
    "a second header": lines(HEADER, HEADER, FOOTER),
    "broken line in the middle": lines(HEADER) + b'{"record"\n' + lines(FOOTER),
    "unknown record": lines(HEADER) + b'{"record": "news"}\n',
    "unknown verdict": lines(HEADER, RESULT).replace(b'"disagree"', b'"fine"'),
    "field of another type": lines(HEADER, CASE).replace(b'"abc"', b"3"),
    "nesting without end": lines(HEADER) + b"[" * 200_000 + b"\n",
    "deep field": lines(HEADER) + b'{"record": "case", "graph": {"a": ' + b"[" * 100_000 + b"\n",
    "deep unknown field": lines(HEADER) + b'{"record": "footer", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
    "next format": lines(HEADER).replace(b'"record":"header"', b'"record":"header","format":"2.0"'),
    "NaN": lines(HEADER) + b"NaN\n",
}


@pytest.mark.parametrize("raw", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_results_file_is_refused_in_words(raw: bytes) -> None:
    """Naming the file; the message stays short whatever the file holds."""
    with pytest.raises(UnreadableResults, match=r"some/file\.jsonl") as refused:
        parse(raw, "some/file.jsonl")
    assert len(str(refused.value)) < 400


def test_a_missing_file_is_refused_in_words(tmp_path: Path) -> None:
    """So is a folder."""
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(UnreadableResults, match="cannot read"):
            read(path)


def test_unknown_fields_are_ignored() -> None:
    """A newer minor version may add some, at any depth."""
    raw = (
        lines(HEADER, RESULT, FOOTER)
        .replace(b'"case":', b'"new":{"deep":[1]},"case":')
        .replace(b'"where":', b'"n":1,"where":')
    )
    assert parse(raw, "r").results == [RESULT]
    minor = lines(HEADER).replace(b'"record":"header"', b'"record":"header","format":"1.9"')
    assert parse(minor, "r").header.format == "1.9"


def test_a_huge_line_is_read_in_time() -> None:
    """Ten megabytes in one field."""
    big = Diagnostic(case="abc", adapter="a", law="l", dtype="float64", message="x" * 10_000_000)
    assert len(parse(lines(HEADER, big, FOOTER), "r").diagnostics[0].message) == 10_000_000


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_the_schema_accepts_every_record(record: Record) -> None:
    """As another program would check it."""
    jsonschema.Draft202012Validator(schema()).validate(json.loads(msgspec.json.encode(record)))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"record": "news"},
        {"record": "footer"},
        [],
        "text",
        {**json.loads(msgspec.json.encode(RESULT)), "verdict": "fine"},
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_reader_refuses(wrong: Any) -> None:
    """Type and schema say the same."""
    assert not jsonschema.Draft202012Validator(schema()).is_valid(wrong)


def test_the_schema_lists_every_verdict() -> None:
    """It is generated from the types."""
    assert all(f'"{verdict}"' in json.dumps(schema()) for verdict in VERDICTS)


def test_the_published_schema_is_that_of_the_types(repository: Path) -> None:
    """`autograd-conformance schema > docs/results.schema.json` renews it."""
    assert schema() == json.loads((repository / "docs" / "results.schema.json").read_text("utf-8"))
