"""What a diagram of a workflow shows: where things stand, what is marked, and that nothing of it can harm a page."""

from __future__ import annotations

import datetime
from xml.etree import ElementTree

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.diagrams.drawing import Stop, drawing
from backoffice.diagrams.layout import Box, Layout, Link, placed
from backoffice.diagrams.telling import told
from backoffice.studio.flows.sketch import sketch
from tests.factories.chains import chain_body, stage, state, step, workflow_body
from workflows.schema import WorkflowDefinition

SVG = "{http://www.w3.org/2000/svg}"


def flow(*parts: object, **more: object) -> WorkflowDefinition:
    return WorkflowDefinition.model_validate(workflow_body(*parts, **more))  # type: ignore[arg-type]


def shown(definition: WorkflowDefinition, **more: object) -> ElementTree.Element:
    with override("en"):
        return ElementTree.fromstring(drawing(definition, **more).svg)  # type: ignore[arg-type]


def states_in(svg: ElementTree.Element) -> dict[str, ElementTree.Element]:
    return {one.get("data-state", ""): one for one in svg.iter(f"{SVG}g") if one.get("data-state")}


def lines_in(svg: ElementTree.Element) -> dict[tuple[str, str], ElementTree.Element]:
    return {
        (one.get("data-from", ""), one.get("data-to", "")): one
        for one in svg.iter(f"{SVG}g")
        if one.get("data-from")
    }


def words(element: ElementTree.Element) -> str:
    return " ".join(one.text or "" for one in element.iter(f"{SVG}text"))


def test_states_stand_in_the_colour_and_the_word_of_their_category() -> None:
    svg = shown(
        flow(
            [state("new"), state("asked", "waiting"), state("end", "final")], [step("go", "new", "end", "hr")]
        )
    )
    found = states_in(svg)
    assert "flow-state--open" in (found["new"].get("class") or "")
    assert "flow-state--waiting" in (found["asked"].get("class") or "")
    assert "final" in words(found["end"])
    assert "begins here" in words(found["new"])


def test_a_way_says_its_step_and_who_takes_it() -> None:
    definition = flow([state("new"), state("end", "final")], [step("close", "new", "end", "clerk")])
    svg = shown(definition, roles={"clerk": "The clerk"})
    assert "close" in words(svg)
    assert "The clerk" in words(svg)


def test_a_stage_of_an_approval_is_marked_with_whom_it_asks_and_how_many_must_agree() -> None:
    svg = shown(
        flow(
            [
                stage("boss", ["manager", "director"], "end", rule="ratio", percent=60, order="sequential"),
                state("end", "final"),
                state("refused", "final"),
            ]
        )
    )
    box = states_in(svg)["boss"]
    assert len(box.findall(f"{SVG}rect")) == 2  # a second frame
    assert "manager、director(60%ofthemagree·oneaftertheother)" in "".join(words(box).split())


def test_a_state_that_nothing_leads_to_is_red_and_says_so() -> None:
    svg = shown(flow([state("new"), state("end", "final"), state("lost")], [step("go", "new", "end", "hr")]))
    lost = states_in(svg)["lost"]
    assert "flow-state--lost" in (lost.get("class") or "")
    assert "no way leads here" in words(lost)
    assert "flow-state--lost" not in (states_in(svg)["end"].get("class") or "")


def test_the_legend_explains_only_what_is_there() -> None:
    plain = words(shown(flow([state("new"), state("end", "final")], [step("go", "new", "end", "hr")])))
    assert "approval" not in plain
    assert "no way leads here" not in plain
    chain = words(shown(WorkflowDefinition.model_validate(chain_body(["a", "b"]))))
    assert "approval" in chain
    assert "sent back or taken back" in chain


def test_the_way_a_case_has_come_is_marked_with_times_and_people() -> None:
    at = datetime.datetime(2026, 5, 4, 9, 30, tzinfo=datetime.UTC)
    definition = WorkflowDefinition.model_validate(chain_body(["a", "b"]))
    svg = shown(definition, walked=[Stop("a", "", at, "王芳"), Stop("b", "agreed", at, "李明")], at="b")
    found, lines = states_in(svg), lines_in(svg)
    assert "王芳" in words(found["a"])
    assert "2026" in words(found["b"])
    assert "flow-state--here" in (found["b"].get("class") or "")
    assert "flow-line--walked" in (lines["a", "b"].get("class") or "")
    assert "flow-line--walked" not in (lines["b", "done"].get("class") or "")


def test_titles_cannot_break_out_of_the_drawing() -> None:
    svg = drawing(
        flow(
            [{**state("new"), "title": {"zh-hans": "<script>alert(1)</script>"}}, state("end", "final")],
            [step("go", "new", "end", "hr")],
        )
    ).svg
    assert "<script" not in svg
    assert "style=" not in svg
    assert ElementTree.fromstring(svg) is not None


def test_the_same_is_told_in_words() -> None:
    with override("en"):
        rows = told(flow([state("new"), state("end", "final")], [step("close", "new", "end", "clerk")]))
    assert rows[0].ways == ("close (clerk) → end",)
    assert rows[1].ways == ()


# --- places ---------------------------------------------------------------------------------------------------------


def overlaps(layout: Layout) -> list[tuple[object, object]]:
    places = [*layout.places.values(), *(route.label for route in layout.routes)]
    return [
        (one, other)
        for at, one in enumerate(places)
        for other in places[at + 1 :]
        if one.x < other.x + other.width - 0.01
        and other.x < one.x + one.width - 0.01
        and one.y < other.bottom - 0.01
        and other.y < one.bottom - 0.01
    ]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_box_and_no_label_ever_lies_on_another(data: st.DataObject) -> None:
    keys = [f"s{number}" for number in range(data.draw(st.integers(1, 9)))]
    pairs = data.draw(
        st.lists(st.tuples(st.sampled_from(keys), st.sampled_from(keys)), max_size=18, unique=True)
    )
    boxes = [Box(key, 190, data.draw(st.sampled_from([54.0, 90.0, 130.0]))) for key in keys]
    links = [Link(source, target, 80, 30) for source, target in pairs]
    layout = placed(boxes, links)
    assert set(layout.places) == set(keys)
    assert len(layout.routes) == len(links)
    assert overlaps(layout) == []
    for place in (*layout.places.values(), *(route.label for route in layout.routes)):
        assert place.x >= -0.01
        assert place.x + place.width <= layout.width + 0.01
        assert place.bottom <= layout.height + 0.01
    for route in layout.routes:
        source, target = layout.places[route.link.source], layout.places[route.link.target]
        assert source.x <= route.points[0][0] <= source.x + source.width
        assert target.x <= route.points[-1][0] <= target.x + target.width


def test_a_workflow_without_states_in_order_still_draws() -> None:
    assert placed([], []).width == 0.0


@pytest.mark.parametrize("count", [40])
def test_forty_stages_in_a_row_stand_one_below_the_other(count: int) -> None:
    boxes = [Box(f"s{number}", 190, 54) for number in range(count)]
    layout = placed(boxes, [Link(f"s{n}", f"s{n + 1}", 60, 20) for n in range(count - 1)])
    tops = [layout.places[box.key].y for box in boxes]
    assert tops == sorted(tops)
    assert len({round(layout.places[box.key].x) for box in boxes}) == 1


def test_a_state_says_which_clocks_run_and_which_stand_still_there() -> None:
    answer = {"id": "answer", "title": {"zh-hans": "答复", "en": "Answer"}, "begins": ["new"], "ends": ["end"],
              "pauses": ["asked"], "targets": [{"amount": 2, "unit": "hours"}]}  # fmt: skip
    promise = {**answer, "id": "promise", "title": {"zh-hans": "承诺", "en": "Promise"}, "begins": [],
               "pauses": [], "restarts": ["ask"]}  # fmt: skip
    definition = flow(
        [state("new"), state("asked", "waiting"), state("checked"), state("end", "final")],
        [
            step("ask", "new", "asked", "hr"),
            step("check", "asked", "checked", "hr"),
            step("close", ["new", "checked"], "end", "hr"),
        ],
        clocks=[answer, promise],
    )
    found = {name: words(box) for name, box in states_in(shown(definition)).items()}
    assert "Time runs: Answer" in found["new"]
    assert "Promise" not in found["new"]
    assert "Time runs: Promise" in found["asked"]
    assert "Stands still: Answer" in found["asked"]
    assert "Answer、Promise" in found["checked"]
    assert "Time" not in found["end"]
    with override("en"):
        assert [one.clocks for one in told(definition)] == [
            ("Time runs: Answer",),
            ("Time runs: Promise", "Stands still: Answer"),
            ("Time runs: Answer、Promise",),
            (),
        ]


def test_a_workflow_that_is_being_built_shows_its_clocks_as_far_as_they_are_said() -> None:
    body = workflow_body(
        [state("new"), state("end", "final")],
        [step("close", "new", "end", "hr")],
        clocks=[
            {"id": "answer", "title": {"en": "Answer"}, "begins": ["new", "nowhere"], "ends": None},
            {"id": "half", "begins": "new"},
            "no clock at all",
        ],
    )
    found = states_in(shown(sketch(body)))
    assert "Time runs: Answer" in words(found["new"])
    assert "half" not in words(found["new"])
