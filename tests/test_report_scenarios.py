"""Scenarios on the page: what was observed, beside what is documented."""

from __future__ import annotations

import base64
import gzip
import json
import math
import re
from typing import Any

import msgspec
import pytest

from autograd_conformance.records import Observation
from autograd_conformance.reports import render_html
from autograd_conformance.reports.answer import answer
from autograd_conformance.reports.attention import attention
from autograd_conformance.reports.curves import Curve, curves
from autograd_conformance.reports.merged import merge
from autograd_conformance.reports.observed import in_words, message_of, numbers_of
from autograd_conformance.reports.packing import pack_scripts
from autograd_conformance.reports.scenarios import Shown, address_of, anchor_of, place_of, scenarios
from autograd_conformance.reports.upgrade import upgrade
from autograd_conformance.results import ResultsFile
from tests import results_samples as samples
from tests.test_report import Page

TORCH, JAX, TENSORFLOW = "torch:eager", "jax:eager", "tensorflow:eager"


@pytest.fixture(scope="module")
def html() -> str:
    return render_html([samples.scenarios_file()])


@pytest.fixture(scope="module")
def shown() -> Shown:
    found = scenarios(merge([samples.scenarios_file()]))
    assert found is not None
    return found


def card(shown: Shown, name: str) -> Any:
    return next(card for card in shown.cards if card.name == name)


def test_section_stands_between_ops_and_cases_and_is_well_formed(html: str) -> None:
    page = Page(html)
    assert page.sections[4:7] == ["ops", "scenarios", "cases"]
    assert len(set(page.ids)) == len(page.ids)
    anchors = {value[1:] for tag, name, value in page.attributes if tag == "a" and name == "href" and value[0] == "#"}
    assert {anchor.partition("?")[0] for anchor in anchors} <= set(page.ids)


def test_file_without_scenarios_has_no_section() -> None:
    html = render_html([samples.jax_file()])
    assert scenarios(merge([samples.jax_file()])) is None
    assert 'id="scenarios"' not in html
    assert 'href="#scenarios"' not in html
    assert "scenario" not in answer(merge([samples.jax_file()])).sentence


def test_cells_say_what_was_observed_beside_each_other(shown: Shown) -> None:
    first, second = card(shown, "A1").lines
    assert first.cells[0].words == "T F T T"
    assert second.cells[0].words == "raises RuntimeError"
    assert second.cells[0].message == "element 0 of tensors does not require grad"
    assert second.cells[1].words == "0"


def test_missing_concept_gives_its_reason_and_is_no_pass(shown: Shown) -> None:
    first, second = card(shown, "A1").lines
    assert (first.cells[1].words, first.cells[1].kind) == ("functional: arrays belong to no graph", "none")
    assert first.cells[2].words == "variables are watched"
    assert first.cells[2].rows == 2
    assert second.cells[2] is None
    head = card(shown, "A1").heads[2]
    assert (head.kind, head.outcome) == ("none", "no such concept")


def test_frameworks_that_differ_are_marked(shown: Shown) -> None:
    first, second = card(shown, "A1").lines
    assert second.is_different
    assert not first.is_different, "one framework has the concept: nothing to differ from"
    assert not card(shown, "I1").is_different, "curves are drawn, not compared by eye"


def test_deviation_is_said_in_glyph_and_words_with_what_is_documented(html: str, shown: Shown) -> None:
    cell = card(shown, "C2").lines[0].cells[0]
    assert (cell.kind, cell.glyph, cell.outcome) == ("bad", "✗", "not as documented")
    assert (cell.words, cell.documented) == ("17.5", "documented: 18")
    assert card(shown, "C2").lines[0].cells[1].kind == "known"
    assert [head.kind for head in card(shown, "C2").heads] == ["bad", "known"]
    assert "◆ known: the page is out of date, reported" in html


def test_overview_counts_outcomes_by_subject(shown: Shown) -> None:
    """An adapter that told nothing of a subject has no column there."""
    rows = {row.name: [[part.text for part in cell.parts] for cell in row.cells] for row in shown.overview.rows}
    assert rows["C. The life of the graph"] == [["✗ 1 not as documented"], ["✗ 1 not as documented"], ["– not told"]]
    assert rows["A. Leaves and requires_grad"][2] == ["– 1 no such concept"]


def test_every_outcome_links_to_its_documentation(html: str) -> None:
    links = {value for tag, name, value in Page(html).attributes if tag == "a" and value.startswith("https://")}
    assert "https://docs.example/torch/A1.html" in links
    assert all('rel="noreferrer noopener"' in tag for tag in re.findall(r'<a [^>]*href="https://[^>]*>', html))


@pytest.mark.parametrize("link", ["javascript:alert(1)", 'https://x" onclick=1', "data:text/html,x", "//evil", ""])
def test_only_web_addresses_become_links(link: str) -> None:
    assert address_of(link) == ""
    assert place_of(link) == ""


def test_path_of_this_project_is_named_and_no_link() -> None:
    assert place_of("adapters/tape_engine/engine.py") == "adapters/tape_engine/engine.py"
    assert address_of("adapters/tape_engine/engine.py") == ""


def test_programs_are_on_the_page_and_scripts_are_packed_once(html: str) -> None:
    assert html.count("x = leaf_of_torch(3.0)") == 4
    packed = re.search(r'id="scripts">([^<]*)<', html)
    assert packed
    scripts = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    whole = ["\n\n".join(scripts["paragraphs"][number] for number in one) for one in scripts["scripts"]]
    file = samples.scenarios_file()
    assert sorted(whole) == sorted(one.script for one in file.scenarios if one.script)
    assert sum("class Observer" in paragraph for paragraph in scripts["paragraphs"]) == 1


def test_scripts_of_300_programs_stay_small() -> None:
    observer = "".join(f"    def method_{number}(self):\n        return {number}\n\n" for number in range(40))
    scripts = [f"import framework\n\nclass Observer:\n{observer}\nx = {number}\n" for number in range(300)]
    assert len(pack_scripts(scripts)) < 12_000


def test_curves_of_all_frameworks_share_one_plot(shown: Shown) -> None:
    drawn = card(shown, "I1").curves
    _, values, differences = drawn.panels
    assert len(values.lines) == 4
    assert len(differences.lines) == 3
    assert [name for _, name in drawn.keys] == ["the suite’s own", TORCH, JAX, TENSORFLOW, "data"]
    assert "3 curves of 3 adapters: the largest relative difference from the reference is" in drawn.summary
    assert values.vertical[0].label.startswith("10"), "losses over decades have a logarithmic axis"
    widths = [line.width for line in values.lines]
    assert widths == sorted(widths, reverse=True), "the widest lies below"


def test_equal_curves_are_called_equal() -> None:
    drawn = curves([Curve("a", 0, "losses", [1.0, 0.5]), Curve("b", 1, "losses", [1.0, 0.5])])
    assert drawn is not None
    assert len(drawn.panels) == 1
    assert "no difference from a, bit by bit" in drawn.summary


@pytest.mark.parametrize("values", [[], [math.nan] * 12, [math.inf, math.nan]])
def test_curve_without_a_finite_number_is_not_drawn(values: list[float]) -> None:
    assert curves([Curve("a", 0, "losses", values)]) is None


@pytest.mark.parametrize(
    "values",
    [[1.0], [0.0] * 20, [5.0] * 20, [-1.0, 1.0, math.nan, 2.0], [1e-300, 1e300], [1e308, -1e308], [5e-324] * 9],
)
def test_strange_curves_give_a_plot_with_finite_places(values: list[float]) -> None:
    drawn = curves([Curve("", -1, "reference", values), Curve("a", 0, "losses", values)])
    assert drawn is not None
    for panel in drawn.panels:
        text = "".join(line.path for line in panel.lines) + "".join(str(tick.place) for tick in panel.vertical)
        assert "nan" not in text
        assert "inf" not in text


def test_recorded_graphs_are_drawn_side_by_side(html: str, shown: Shown) -> None:
    (exhibit,) = card(shown, "J1").graphs
    assert exhibit.name == "The recorded graph"
    assert [(one.adapter, one.words) for one in exhibit.graphs] == [
        (TORCH, "3 nodes, 2 edges"),
        (TENSORFLOW, "3 nodes, 3 edges"),
    ]
    assert not exhibit.is_folded
    assert 'aria-label="torch:eager: Recorded graph of 3 nodes and 2 edges."' in html
    assert "<desc>mul of x and y</desc>" in html
    assert html.count("Shown, not judged") == 1


def test_graph_without_kinds_has_rounded_inputs_and_its_long_names_are_split(shown: Shown) -> None:
    drawing = card(shown, "J1").graphs[0].graphs[1].drawing
    assert [(box.kind, box.is_output, [line.text for line in box.lines]) for box in drawing.boxes] == [
        ("input", False, ["x", "Placeholder"]),
        ("node", False, ["Mul"]),
        ("node", True, ["Identity", "framework::autograd"]),
    ]
    assert drawing.listing == "Mul of x and x; Identity of Mul"


def exhibited(value: Any, *more: Any, name: str = "shown") -> tuple[Any, str]:
    """The card of a scenario whose adapters exhibit the given values, and the page."""
    made = samples.Sample([samples.adapter(f"{number}:eager", cases=0) for number in range(1 + len(more))])
    made.scenarios += [
        samples.told("J1", f"{number}:eager", [], exhibits={name: one}) for number, one in enumerate([value, *more])
    ]
    found = scenarios(merge([made.file()]))
    assert found is not None
    return found.cards[0], render_html([made.file()])


def test_many_graphs_are_folded_and_a_large_one_scrolls_in_a_row_of_its_own() -> None:
    wide = {"nodes": [{"id": number, "op": "x"} for number in range(20)], "edges": [[n, 19] for n in range(19)]}
    folded, html = exhibited(wide, *[samples.recorded_graph()] * 9)
    assert folded.graphs[0].is_folded
    assert "Shown of 10 adapters</summary>" in html
    assert [one.is_wide for one in folded.graphs[0].graphs] == [True] + [False] * 9


@pytest.mark.parametrize(
    "value",
    [
        {"nodes": None, "edges": []},
        {"nodes": [], "edges": []},
        {"nodes": [[[]], {}], "edges": {"a": 1}},
        {"nodes": [{"id": 0}, {"id": 1}], "edges": [[0, 1], [1, 0]]},
        {"nodes": [{"id": 10**5000}], "edges": [[10**5000, 7]]},
        {"nodes": list(range(3000)), "edges": []},
        {"nodes": [{"id": n} for n in range(9)], "edges": [[0, 1]] * 100_000},
    ],
)
def test_graph_that_cannot_be_drawn_says_so(value: Any) -> None:
    (exhibit,) = exhibited(value)[0].graphs
    assert exhibit.graphs[0].drawing is None
    assert exhibit.graphs[0].reason.startswith(("not drawn: ", "left out: "))


@pytest.mark.parametrize(
    "value",
    [
        None, 7, "x", [1.0], {}, {"x": 1, "y": 2, "fit": 3}, {"x": [], "y": [], "fit": []},
        {"x": [1.0, 2.0], "y": [1.0, 2.0], "fit": [1.0]}, {"x": [1.0], "fit": [1.0]}, {"x": ["a"], "y": [1], "fit": [1]},
        {"x": [1.0], "y": [1.0], "fit": ["nan"]}, {"x": ["inf"], "y": [1.0], "fit": [1.0]},
        {"x": [True], "y": [1], "fit": [1]},
        {"x": {"a": 1}, "y": [1], "fit": [1]}, {"x": [[1.0]], "y": [[1.0]], "fit": [[1.0]]},
    ],
)  # fmt: skip
def test_what_has_no_known_form_is_named_and_not_drawn(value: Any) -> None:
    strange, html = exhibited(value)
    assert (strange.graphs, strange.curves) == ((), None)
    assert strange.notes == ("Shown of 0:eager: neither a graph nor lists x, y and fit of one length.",)
    assert strange.notes[0] in html


def test_data_and_fits_share_one_panel_before_the_losses(html: str, shown: Shown) -> None:
    drawn = card(shown, "I1").curves
    fits, values, differences = drawn.panels
    assert (fits.across, values.across, differences.across) == ("x", "step", "step")
    assert fits.dots.count("M") == 21
    assert [line.title for line in fits.lines] == [f"{name}: fit" for name in (TORCH, JAX, TENSORFLOW)]
    widths = [line.width for line in fits.lines]
    assert widths == sorted(widths, reverse=True)
    assert [name for _, name in drawn.keys] == ["the suite’s own", TORCH, JAX, TENSORFLOW, "data"]
    assert drawn.fits == (fits.summary,)
    assert "Data and fit: 21 points, the same for all; 3 fits differ by " in fits.summary
    assert fits.summary.endswith("at most, on values from 2 to 5.")
    assert html.count(f'aria-label="{fits.summary}"') == 1
    assert html.count('class="dots"') == 2, "one panel for all frameworks, and the key"


def test_fits_without_losses_have_a_plot_of_their_own() -> None:
    drawn = exhibited(samples.data_and_fit(), samples.data_and_fit())[0].curves
    assert len(drawn.panels) == 1
    assert (drawn.summary, drawn.fits) == (
        "",
        ("Shown: 21 points, the same for all; 2 fits, no difference, bit by bit.",),
    )


def test_fits_that_cannot_be_compared_say_why() -> None:
    def summary(**other: Any) -> str:
        made: str = exhibited(samples.data_and_fit(), {**samples.data_and_fit(), **other})[0].curves.fits[0]
        return made

    whole = samples.data_and_fit()
    assert (
        summary(y=[0.0] * 21)
        == "Shown: 21 points of 0:eager, other data for 1:eager; 2 fits, no difference, bit by bit."
    )
    assert "2 fits, at other points for 1:eager" in summary(x=[one + 1 for one in whole["x"]])
    assert "2 fits, not finite everywhere for 1:eager" in summary(fit=["nan", *whole["fit"][1:]])
    assert "the fit is that of 0:eager" in exhibited(whole)[0].curves.fits[0]


@pytest.mark.parametrize(
    "values", [[0.0], [1e308, -1e308], [5e-324, 0.0], ["inf", 1.0, "-inf"], [10**400, 2], [1.0, 1.0 + 2**-52]]
)
def test_strange_fits_give_a_panel_with_finite_places(values: list[Any]) -> None:
    drawn = exhibited(
        {"x": list(range(len(values))), "y": values, "fit": values}, {"x": values, "y": values, "fit": values}
    )
    assert drawn[0].curves is not None
    for panel in drawn[0].curves.panels:
        places = "".join(line.path for line in panel.lines) + panel.dots
        assert re.fullmatch(r"[-MLh0-9. ]*", places)
        assert max(float(place) for place in re.findall(r"-?[0-9.]+", places)) <= panel.width


def test_huge_exhibits_stay_bounded() -> None:
    huge = {key: [float(number) for number in range(50_000)] for key in ("x", "y", "fit")}
    drawn, html = exhibited(huge, huge)
    assert drawn.curves.panels[0].dots.count("M") == 400
    assert "4,000 points (of the first 4,000)" in html
    assert len(html) < 200_000
    crowded = samples.Sample([samples.adapter(TORCH)])
    chain = {"nodes": list(range(60)), "edges": [[number, number + 1] for number in range(59)]}
    named = {f"exhibit {number}": chain for number in range(100)}
    crowded.scenarios += [samples.told(f"A{number}", TORCH, [], exhibits=named) for number in range(100)]
    html = render_html([crowded.file()])
    assert html.count("<desc>") == 4_000 // 119
    assert "36 more exhibits in the results file." in html
    assert "left out: the page is full" in html
    assert len(html) < 2_500_000


def test_exhibits_are_escaped() -> None:
    evil = '"><script>alert(1)</script>'
    graph = {
        "nodes": [{"id": evil, "op": evil, "name": evil, "shape": [evil]}, {"id": 1, "op": evil}],
        "edges": [[evil, 1]],
    }
    _, html = exhibited(graph, samples.data_and_fit(), evil, name=evil)
    assert "<script>alert" not in html
    assert Page(html).sections
    assert "&lt;script&gt;" in html


def test_exhibits_survive_merging_and_are_not_compared() -> None:
    file = samples.scenarios_file()
    bare = samples.scenarios_file()
    bare.scenarios[:] = [msgspec.structs.replace(one, exhibits={}) for one in bare.scenarios]
    for files in ([bare, file], [file, bare], [alone(file, name) for name in (TORCH, JAX, TENSORFLOW)]):
        found = scenarios(merge(files))
        assert found is not None
        assert len(card(found, "J1").graphs[0].graphs) == 2
        assert len(card(found, "I1").curves.panels) == 3
    assert merge([bare, file]).notes == []
    changes = upgrade(merge([file]), bare)
    assert changes.comparison.counts["same"] == changes.comparison.compared == 10


def test_needs_attention_lists_what_is_not_as_documented(html: str) -> None:
    found = attention(merge([samples.scenarios_file()]))
    assert [(one.result.scenario, one.result.adapter) for one in found.scenarios] == [("C2", TORCH)]
    assert found.scenarios[0].rows == (("gradient after walk 3", "18", "17.5", ""),)
    assert [one.result.adapter for one in found.known_scenarios] == [JAX]
    assert "Scenarios not as documented" in html


def test_answer_counts_scenarios() -> None:
    found = answer(merge([samples.scenarios_file()]))
    assert found.kind == "bad"
    assert found.sentence == (
        "4 scenarios told by 3 adapters: 1 unexpectedly not as documented, 1 known not to be as documented, "
        "7 as documented, 1 without such a concept."
    )
    both = answer(merge([samples.jax_file(), samples.scenarios_file()])).sentence
    assert both.startswith("2 adapters of 1 framework judged")
    assert "4 scenarios told" in both


def test_scenarios_that_are_all_no_concept_are_no_pass() -> None:
    made = samples.Sample([samples.adapter(TORCH)])
    made.scenarios.append(samples.told("A1", TORCH, [], "unsupported", detail="no such concept: none"))
    found = answer(merge([made.file()]))
    assert found.kind == "empty"
    assert "no such concept" in found.sentence


def test_lost_scenarios_are_noticed() -> None:
    file = samples.scenarios_file()
    file.scenarios.pop()
    assert any("holds 9 scenarios where its footer counts 10" in caveat for caveat in answer(merge([file])).caveats)


def alone(file: ResultsFile, name: str) -> ResultsFile:
    """What a run of one adapter would have left."""
    made = samples.Sample([one for one in file.header.adapters if one.name == name], path=f"{name}.jsonl")
    made.scenarios += [one for one in file.scenarios if one.adapter == name]
    return made.file()


def test_one_file_for_each_framework_gives_the_same_section(shown: Shown) -> None:
    file = samples.scenarios_file()
    merged = merge([alone(file, name) for name in (TORCH, JAX, TENSORFLOW)])
    again = scenarios(merged)
    assert again is not None
    assert [card.name for card in again.cards] == [card.name for card in shown.cards]
    assert [head.outcome for head in card(again, "A1").heads] == [head.outcome for head in card(shown, "A1").heads]
    assert merged.notes == []


def test_same_scenario_in_two_files_counts_once_and_the_worse_outcome_stays() -> None:
    file = samples.scenarios_file()
    other = alone(file, TORCH)
    other.scenarios[:] = [msgspec.structs.replace(one, verdict="agree") for one in other.scenarios]
    merged = merge([other, file])
    assert len(merged.scenarios) == len(file.scenarios)
    assert [one.verdict for one in merged.scenarios if (one.scenario, one.adapter) == ("C2", TORCH)] == ["disagree"]
    assert "Some scenarios were told twice with different outcomes; the worse one is shown." in merged.notes


def test_two_versions_of_a_framework_are_two_columns() -> None:
    file = alone(samples.scenarios_file(), TORCH)
    newer = alone(samples.scenarios_file(), TORCH)
    newer.header.adapters[0] = msgspec.structs.replace(newer.header.adapters[0], versions={"torch": "2.14.0"})
    found = scenarios(merge([file, newer]))
    assert found is not None
    assert [column.name for column in found.columns] == [TORCH, f"{TORCH} 2.14.0"]


def test_upgrade_view_compares_scenarios_too() -> None:
    old = samples.scenarios_file()
    old.scenarios[:] = [msgspec.structs.replace(one, verdict="agree") for one in old.scenarios]
    found = upgrade(merge([samples.scenarios_file()]), old)
    regressed = found.comparison.in_state("regressed")
    assert [(each.case, each.gates) for each in regressed] == [("C2", False), ("C2", True)]  # one of them is foreseen


def test_unknown_letters_and_many_observations_stay_bounded() -> None:
    made = samples.Sample([samples.adapter(TORCH)])
    many = [Observation(name=f"observation {number}", observed=number, verdict="agree") for number in range(90)]
    made.scenarios += [samples.told(f"Z{number}", TORCH, many) for number in range(200)]
    found = scenarios(merge([made.file()]))
    assert found is not None
    assert [letter.title for letter in found.letters] == ["Others"]
    assert (len(found.cards), found.left_out, found.cards[0].lines_left_out) == (120, 80, 42)
    assert len(render_html([made.file()])) < 2_000_000


def test_of_many_observations_those_that_differ_come_first() -> None:
    made = samples.Sample([samples.adapter(TORCH), samples.adapter("jax:eager")])
    for name, last in ((TORCH, 0), ("jax:eager", 1)):
        seen = [
            Observation(name=f"point {number}", observed=last * (number == 89), verdict="agree") for number in range(90)
        ]
        made.scenarios.append(samples.told("L1", name, seen))
    found = scenarios(merge([made.file()]))
    assert found is not None
    assert [line.name for line in found.cards[0].lines[:3]] == ["point 89", "point 0", "point 1"]


def test_programs_beyond_the_budget_are_left_out_and_say_so() -> None:
    made = samples.Sample([samples.adapter(TORCH)])
    made.scenarios += [samples.told(f"A{number}", TORCH, [], program="x = 1\n" * 5_000) for number in range(110)]
    html = render_html([made.file()])
    assert "left out: the page is full" in html
    assert len(html) < 1_500_000


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"), (None, "None"), (6.0, "6"), ([True, False, None], "T, F, None"), ([True, True], "T T"),
        ([[4.0, 3.0], [2.0, 6.0]], "(4, 3), (2, 6)"), ([], "nothing: an empty list"), ("no error", "no error"),
        ({"raises": "ValueError", "message": "x"}, "raises ValueError"), ({"warns": "UserWarning"}, "warns UserWarning"),
        ({"about": "2.97"}, "about 2.97"), ({"absent": "no"}, "no such concept: no"), ({"a": 1}, "a=1"),
        ([float(n) for n in range(20)], "20 numbers from 0 to 19"), (["nan", 1.0], "nan, 1"),
        (10**400, "1" + "0" * 158 + "…"),
    ],
)  # fmt: skip
def test_outcomes_are_put_in_words(value: Any, words: str) -> None:
    assert in_words(value) == words


def test_message_is_that_of_errors_only() -> None:
    assert message_of({"raises": "ValueError", "message": "a\nb"}) == "a b"
    assert message_of({"message": "a"}) == ""
    assert message_of([1]) == ""


def test_numbers_that_are_too_large_or_texts_do_not_stop_a_curve() -> None:
    assert numbers_of([1, 10**400, "-inf"]) == [1.0, math.inf, -math.inf]
    assert numbers_of([1, True]) == []
    assert numbers_of([1, "x"]) == []


def test_anchor_of_a_scenario_is_a_plain_word() -> None:
    assert anchor_of("A1") == "scenario-A1"
    assert re.fullmatch(r"scenario-x[0-9a-f]{16}", anchor_of('"><script>'))
