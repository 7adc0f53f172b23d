"""Document control: editions that wait, corrections, what is in force on which day, numbers and names."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.positions import archiving, timeline
from backoffice.positions.queries import editions_with_state, readable
from backoffice.positions.redrafting import draft_from
from foundation.editions.queries import body_of, editions_of, in_force
from tests.factories.organisation import make_department, make_position, make_user, make_user_with_roles
from tests.factories.positions import (
    duty,
    make_draft,
    make_editor,
    make_published,
    publish,
    reload,
)

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    waits=st.tuples(st.integers(1, 360), st.integers(1, 360)),
    correction_at=st.integers(0, 2),
)
def test_two_future_editions_and_a_correction_give_the_right_answer_on_every_day_of_a_year(
    waits, correction_at
):
    today = timezone.localdate()
    page = make_published(summary="起始")
    plan = [(f"将来 {number}", today + offset * DAY) for number, offset in enumerate(waits)]
    plan.insert(correction_at, ("今日更正", None))
    calendar = ["起始"] * 366
    for summary, day in plan:
        page = publish(page, summary=summary, effective_from=day)
    # A calendar on the wall: each text is written on its day and all later ones, in the order of the days; of
    # the same day, what was published later is written over the other.
    for summary, day in sorted(plan, key=lambda item: item[1] or today):
        first = ((day or today) - today).days
        calendar[first:] = [summary] * (366 - first)
    editions = list(editions_of("position", page.code))
    every = timeline.spans(editions)
    for number, expected in enumerate(calendar):
        day = today + number * DAY
        chosen = in_force("position", page.code, day)
        assert body_of(chosen)["summary"] == expected
        assert [span.edition for span in every if span.holds(day)] == [chosen]


def test_spans_are_the_answer_of_every_day_also_with_last_days():
    class Stub:
        def __init__(self, number, starts, ends=None):
            self.number, self.effective_from, self.effective_until = number, starts, ends

    start = datetime.date(2026, 1, 1)
    editions = [Stub(1, start), Stub(2, start + 10 * DAY, start + 19 * DAY), Stub(3, start + 30 * DAY)]
    told = [(span.edition.number, span.starts, span.ends) for span in timeline.spans(editions)]
    assert told == [
        (1, start, start + 9 * DAY),
        (2, start + 10 * DAY, start + 19 * DAY),
        (1, start + 20 * DAY, start + 29 * DAY),
        (3, start + 30 * DAY, None),
    ]


@pytest.fixture
def waiting():
    """Edition 1 in force, edition 2 waiting for ten days, edition 3 for twenty, both from one draft line."""
    today = timezone.localdate()
    page = make_published("客户接待专员", summary="现行", duties=[duty("现行的职责")])
    page = publish(page, summary="十日后", effective_from=today + 10 * DAY)
    return publish(page, summary="二十日后", effective_from=today + 20 * DAY)


def test_a_draft_from_the_edition_in_force_corrects_it_and_leaves_those_that_wait(waiting):
    today = timezone.localdate()
    hr = make_editor()
    page = draft_from(waiting, in_force("position", waiting.code), by=hr)
    draft = page.get_latest_revision_as_object()
    assert (draft.summary, draft.effective_from) == ("现行", None)
    publish(page, by=hr, summary="现行，已更正")
    states, current = editions_with_state(waiting.code, today)
    assert [(one.edition.number, one.state, one.starts, one.ends) for one in states] == [
        (4, "in_force", today, today + 9 * DAY),
        (3, "future", today + 20 * DAY, None),
        (2, "future", today + 10 * DAY, today + 19 * DAY),
        (1, "overtaken", None, None),
    ]
    assert body_of(current)["duties"][0]["id"] == body_of(states[3].edition)["duties"][0]["id"]


def test_the_draft_is_made_from_the_editor_and_only_by_those_who_edit(client, waiting):
    address = reverse("positions_draft_from", args=[waiting.pk, 1])
    client.force_login(make_user_with_roles("auditor"))
    assert client.post(address).status_code in (302, 403, 404)
    assert reload(waiting).get_latest_revision_as_object().summary == "二十日后"
    client.force_login(make_editor())
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 302
    assert reload(waiting).get_latest_revision_as_object().summary == "现行"


def test_the_text_that_waits_may_take_effect_today_after_all(waiting):
    publish(waiting, effective_from=None)
    assert body_of(in_force("position", waiting.code))["summary"] == "二十日后"


def test_the_reading_page_answers_for_a_day_and_says_what_waits(client, waiting):
    today = timezone.localdate()
    client.force_login(make_user_with_roles("hr"))
    address = reverse("positions:detail", args=[waiting.code])
    now = client.get(address)
    later = client.get(address, {"on": (today + 12 * DAY).isoformat()})
    before = client.get(address, {"on": (today - DAY).isoformat()})
    assert [one.edition.number for one in now.context["waiting"]] == [2, 3]
    assert (now.context["edition"].number, later.context["edition"].number) == (1, 2)
    assert (before.status_code, before.context["current"]) == (200, None)
    assert client.get(address, {"on": "gestern"}).status_code == 404


def test_another_day_is_not_for_everybody(client, waiting):
    today = timezone.localdate()
    client.force_login(make_user())
    address = reverse("positions:detail", args=[waiting.code])
    asked = [
        client.get(address, {"on": (today + number * DAY).isoformat()}).status_code for number in (0, 12)
    ]
    assert (asked, client.get(address).context["waiting"]) == ([200, 404], [])


def test_the_whole_organisation_is_listed_as_on_a_day(client, waiting):
    today = timezone.localdate()
    make_published("只有现在", position=make_position("steady"))
    client.force_login(make_user_with_roles("hr"))
    found = client.get(reverse("positions:list"), {"on": (today + 15 * DAY).isoformat()}).context["page"]
    assert {position.code: position.edition_number for position in found} == {waiting.code: 2, "steady": 1}
    client.force_login(make_user())
    found = client.get(reverse("positions:list"), {"on": (today + 15 * DAY).isoformat()}).context["page"]
    assert {position.code: position.edition_number for position in found} == {waiting.code: 1, "steady": 1}


def test_a_withdrawn_description_is_in_force_on_the_days_before():
    with time_machine.travel("2026-03-02 10:00+08:00", tick=False):
        page = make_published("停用的岗位")
    with time_machine.travel("2026-03-10 10:00+08:00", tick=False):
        archiving.archive(page, by=make_editor())
    with time_machine.travel("2026-03-20 10:00+08:00", tick=False):
        told = {
            day: [
                [position.code for position in readable(datetime.date(2026, 3, day), withdrawn=withdrawn)]
                for withdrawn in (False, True)
            ]
            for day in (1, 2, 9, 10, 20)
        }
    code = page.code
    assert told == {1: [[], []], 2: [[code], []], 9: [[code], []], 10: [[], [code]], 20: [[], [code]]}


def test_numbers_follow_the_scheme_and_are_never_given_twice(settings):
    settings.POSITION_DOCUMENT_NUMBER = "HR/{department}/{code}"
    post = make_position("adviser", department=make_department("service", name="售后服务部"))
    page = make_published(position=post)
    assert body_of(in_force("position", "adviser"))["document_number"] == "HR/SERVICE/ADVISER"
    publish(page, document_number="HR-7")
    other = make_draft()
    with pytest.raises(ValidationError) as refused:
        publish(other, document_number="HR-7")
    assert list(refused.value.message_dict) == ["document_number"]


def test_names_of_those_who_prepared_reviewed_and_approved_stay_as_they_were(client):
    author, reviewer = make_user(full_name="林月"), make_user(full_name="周行")
    page = make_published(prepared_by=author, reviewed_by=reviewer, approved_by=reviewer)
    author.full_name = "林月月"
    author.save()
    client.force_login(make_user())
    control = client.get(reverse("positions:detail", args=[page.code])).context["sheet"].control
    assert [text for _label, text in control] == ["林月", "周行", "周行"]


def test_superiors_and_subordinates_said_to_be_none_differ_from_not_filled_in(client):
    top = make_position("top")
    make_position("below").superiors.add(top)
    silent = make_published(position=make_position("silent"))
    said = make_published(position=make_position("said"), no_superior=True, no_subordinates=True)
    page = make_published(position=top)
    bodies = {one.code: body_of(in_force("position", one.code)) for one in (silent, said, page)}
    told = {
        code: ([post["code"] for post in body["subordinates"]], body["no_superior"], body["no_subordinates"])
        for code, body in bodies.items()
    }
    assert told == {"silent": ([], False, False), "said": ([], True, True), "top": (["below"], False, False)}


def test_the_number_of_queries_is_the_same_with_one_edition_and_with_many(
    client, django_assert_max_num_queries
):
    one, many = make_published(duties=[duty("甲")]), make_published(duties=[duty("甲")])
    for number in range(5):
        many = publish(
            many,
            summary=f"第 {number} 次",
            scripts=[
                {"type": "script", "value": {"situation": f"情景 {place}", "text": "您好"}}
                for place in range(9)
            ],
        )
    client.force_login(make_user_with_roles("hr"))
    counts = {}
    for name, page in (("warm", one), ("one", one), ("many", many)):
        with django_assert_max_num_queries(60) as counted:
            assert client.get(reverse("positions:detail", args=[page.code])).status_code == 200
        counts[name] = len(counted)
    with django_assert_max_num_queries(60) as compared:
        assert client.get(reverse("positions:compare", args=[many.code, 1, 6])).status_code == 200
    assert counts["one"] == counts["many"]
    assert len(compared) <= counts["many"] + 2
