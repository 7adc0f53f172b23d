"""The list of cases: what it is asked for by its address, in which order, and what it is searched by."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.access.health import words_of_cases
from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from tests.factories.chains import act, form_body, open_one, publish_all, state, step, workflow_body
from tests.factories.organisation import make_user
from workflows import samples, words
from workflows.lists import BOUND, OPEN, Asked, CaseList, DueWithin
from workflows.models import Case, CaseClock, CaseWords
from workflows.queries import cases_visible_to, inbox_of, inbox_sight, sight_of
from workflows.services import word_renewal

pytestmark = pytest.mark.django_db
SIZE = 300


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return client


def listed(person: User, query: str = "") -> list[str]:
    page = client_of(person).get(f"/cases/?{query}")
    assert page.status_code == 200
    return re.findall(r'<th scope="row"><a href="/cases/[^"]+">([^<]+)</a>', page.content.decode())


# --- a house with some hundred cases -----------------------------------------------------------------------------


@pytest.fixture
def auditor() -> User:
    found = publish_all(
        workflow_body([state("new"), state("done", "final")], [step("end", "new", "done", "assignee")])
    )
    samples.add(SIZE, by=make_user())
    return found["auditor"][0]


@pytest.fixture
def clerk(auditor: User) -> User:
    return User.objects.get(username="sample-007")


def numbers(found: Any) -> list[str]:
    return list(found.values_list("number", flat=True)[:25])


def test_the_newest_open_case_comes_first(auditor: User) -> None:
    assert listed(auditor) == numbers(Case.objects.filter(closed_at=None).order_by("-opened_at", "-id"))
    assert listed(auditor, "scope=final") == numbers(
        Case.objects.exclude(closed_at=None).order_by("-opened_at", "-id")
    )


@pytest.mark.parametrize(
    ("sort", "columns"),
    [
        ("opened", ["opened_at", "id"]),
        ("number", ["number"]),
        ("-number", ["-number"]),
        ("changed", ["changed_at", "id"]),
        ("-changed", ["-changed_at", "-id"]),
    ],
)
def test_the_list_is_sorted_as_asked(auditor: User, sort: str, columns: list[str]) -> None:
    assert listed(auditor, f"scope=all&sort={sort}") == numbers(Case.objects.order_by(*columns))


def test_filters_narrow_the_list_together(auditor: User, clerk: User) -> None:
    day = timezone.localdate() - dt.timedelta(days=400)
    found = Case.objects.filter(workflow=samples.KEY, opened_at__date__lte=day).order_by("-opened_at", "-id")
    query = f"scope=all&workflow={samples.KEY}&opened_to={day}"
    assert listed(auditor, query) == numbers(found)
    assert listed(auditor, f"{query}&state=closed") == numbers(found.filter(state="closed"))
    assert listed(auditor, f"{query}&person={clerk.uuid}") == numbers(found.filter(assignee=clerk))
    assert listed(auditor, "person=nobody") == numbers(
        Case.objects.filter(assignee=None, closed_at=None).order_by("-opened_at", "-id")
    )


def test_what_is_late_comes_with_the_longest_overdue_first(auditor: User) -> None:
    late = CaseClock.objects.filter(status="running", due_at__lt=timezone.now()).order_by("due_at")
    assert listed(auditor, "late=1") == list(late.values_list("case__number", flat=True)[:25])


def test_an_address_nobody_could_have_made_shows_the_list_all_the_same(auditor: User) -> None:
    assert listed(
        auditor, "scope=x&sort=x&person=x&late=x&opened_from=2026-99-99&opened_to=x&page=x"
    ) == listed(auditor)


def test_people_find_their_own_cases_and_no_others(auditor: User, clerk: User) -> None:
    own = {case.number for case in Case.objects.all() if clerk.pk in (case.submitted_by_id, case.assignee_id)}
    own |= set(Case.objects.filter(concerns__person=clerk).values_list("number", flat=True))
    assert own
    assert set(listed(clerk, "scope=all")) == own
    other = Case.objects.exclude(number__in=own).first()
    assert other is not None
    plate = other.submission.answers["plate"]
    assert other.number in listed(auditor, f"scope=all&q={plate}")
    assert other.number not in listed(clerk, f"scope=all&q={plate}")


@pytest.mark.parametrize("bound", [5, BOUND])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("text", ["", "划痕"])
def test_however_few_are_counted_the_list_begins_with_the_same_cases(
    auditor: User, clerk: User, bound: int, late: bool, text: str
) -> None:
    now = timezone.now()
    for person in (auditor, clerk):
        asked = Asked(OPEN, due=DueWithin(now) if late else None, words=text, order="-opened")
        whole = CaseList(sight_of(person), asked, reader=person)
        short = CaseList(sight_of(person), asked, reader=person, bound=bound)
        expected = cases_visible_to(person).filter(closed_at=None).order_by("-opened_at", "-id")
        if late:
            expected = expected.filter(clocks__status="running", clocks__due_at__lt=now)
        if text:
            expected = expected.filter(subject__contains=text)
        assert whole.ids == list(expected.values_list("pk", flat=True))
        assert short.more == (len(whole.ids) > bound)
        assert set(short.ids) <= set(whole.ids)
        assert len(short.ids) == min(bound, len(whole.ids))
        if not late and not text:
            assert short.ids == whole.ids[:bound]


@pytest.mark.parametrize("sampled", [2, 40])
@pytest.mark.parametrize("common", [3, 1000])
@pytest.mark.parametrize("text", ["划痕", "王", "划痕 王伟", "5678", "没有的词"])
def test_common_and_rare_words_find_the_same_whichever_way_they_are_read(
    auditor: User, clerk: User, text: str, common: int, sampled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.lists.SAMPLED", sampled)
    for person in (auditor, clerk):
        asked = Asked(words=text, scope=OPEN)
        plain = CaseList(sight_of(person), asked, reader=person).ids
        with monkeypatch.context() as changed:
            changed.setattr("workflows.lists.COMMON", common)
            # So that what the person sees is walked, and not looked up by its keys.
            found = CaseList(sight_of(person), asked, reader=person)
            sight = sight_of(person)
            seen = cases_visible_to(person).filter(OPEN).select_related(None)
            found._narrowed = lambda rows=seen, ways=sight.ways: (rows, list(ways))  # type: ignore[method-assign]
            assert set(found.ids) == set(plain)


def test_the_inbox_begins_with_what_has_waited_longest(auditor: User, clerk: User) -> None:
    for person in (auditor, clerk):
        wanted = list(inbox_of(person).values_list("pk", flat=True))
        assert CaseList(inbox_sight(person), Asked(OPEN, order="changed"), reader=person).ids == wanted
    assert wanted


def test_the_number_of_queries_grows_neither_with_cases_nor_with_workflows(auditor: User) -> None:
    client = client_of(auditor)
    client.get("/cases/")
    with CaptureQueriesContext(connection) as few:
        client.get("/cases/")
    for key in ("second", "third"):
        publish_all(
            workflow_body(
                [state("new"), state("done", "final")], [step("end", "new", "done", "submitter")], key=key
            )
        )
    samples.add(100, by=make_user())
    client.get("/cases/")
    with CaptureQueriesContext(connection) as many:
        client.get("/cases/")
    assert len(many) == len(few), [one["sql"][:150] for one in many.captured_queries]


# --- what a case is searched by ----------------------------------------------------------------------------------


def restricted_form() -> dict[str, Any]:
    body = form_body()
    phone = {
        "id": "phone",
        "kind": "phone",
        "label": body["title"],
        "confidentiality": "personal",
        "readers": ["boss"],
    }
    body["pages"][0]["groups"][0]["fields"].append(phone)
    return body


@pytest.fixture
def people() -> dict[str, list[User]]:
    publish(kind=Edition.Kind.FORM, key="spending", body=restricted_form(), by=make_user())
    body = workflow_body(
        [state("new"), state("done", "final")],
        [step("end", "new", "done", "boss"), step("drop", "new", "done", "worker")],
    )
    body["access"]["sees"] += ["worker", "boss"]
    return publish_all(body)


def test_answers_of_certain_readers_are_found_by_these_alone(people: dict[str, list[User]]) -> None:
    clerk = make_user("clerk")
    case = open_one(clerk, note="漆面划痕", plate="粤B12345", phone="13912345678")
    for person in (people["boss"][0], people["worker"][0]):
        assert listed(person, "q=划痕") == [case.number]
        assert listed(person, "q=粤B·123") == [case.number]
    assert listed(people["boss"][0], "q=5678") == [case.number]
    assert listed(people["boss"][0], "q=划痕 5678") == [case.number]
    assert listed(people["worker"][0], "q=5678") == []
    assert listed(make_user("stranger"), "q=划痕") == []


def test_words_follow_the_case_and_can_be_written_anew(people: dict[str, list[User]]) -> None:
    case = open_one(make_user("clerk"), note="漆面划痕", plate="粤B12345")
    CaseWords.objects.all().delete()
    assert listed(people["boss"][0], "q=划痕") == []
    call_command("workflows", "words")
    assert listed(people["boss"][0], "q=划痕") == [case.number]
    case.subject = "空调"
    words.keep(case)
    assert listed(people["boss"][0], "q=空调") == [case.number]


def step_form() -> list[dict[str, Any]]:
    title = {"zh-hans": "问", "en": "Question"}
    return [
        {"id": "found", "kind": "text", "label": title},
        {"id": "told_boss", "kind": "text", "label": title, "readers": ["boss"]},
        {"id": "secret", "kind": "text", "label": title, "confidentiality": "confidential"},
    ]


@pytest.fixture
def asking() -> dict[str, list[User]]:
    """A form with rows of parts, and a step that asks what was found."""
    form = form_body()
    rows = {
        "id": "parts",
        "title": form["title"],
        "repeat": {"max": 5},
        "fields": [{"id": "part", "kind": "text", "label": form["title"]}],
    }
    form["pages"][0]["groups"].append(rows)
    publish(kind=Edition.Kind.FORM, key="spending", body=form, by=make_user())
    steps = [
        step("look", "new", "seen", "worker", asks=step_form()),
        step("end", "seen", "done", "boss"),
    ]
    body = workflow_body([state("new"), state("seen"), state("done", "final")], steps)
    body["access"]["sees"] += ["worker", "boss"]
    return publish_all(body)


def test_a_case_is_found_by_the_rows_of_its_form(asking: dict[str, list[User]]) -> None:
    case = open_one(
        make_user("clerk"), parts=[{"_row": "r1", "part": "左前大灯"}, {"_row": "r2", "part": "雨刮片"}]
    )
    assert listed(asking["worker"][0], "q=雨刮") == listed(asking["boss"][0], "q=大灯") == [case.number]


def test_a_case_is_found_by_what_a_step_was_answered_by_those_who_may_read_it(
    asking: dict[str, list[User]],
) -> None:
    worker, boss = asking["worker"][0], asking["boss"][0]
    case = open_one(make_user("clerk"))
    assert listed(worker, "q=渗油") == []
    answers = {"found": ["油底壳渗油"], "told_boss": ["建议索赔"], "secret": ["内部线索"]}
    act(case, "look", worker, answers=answers)
    assert listed(worker, "q=渗油") == listed(boss, "q=渗油 索赔") == [case.number]
    assert listed(worker, "q=索赔") == []
    assert listed(boss, "q=线索") == []


def test_the_worker_writes_the_words_of_older_cases_anew_some_at_a_time(
    people: dict[str, list[User]], monkeypatch: pytest.MonkeyPatch
) -> None:
    boss, clerk = people["boss"][0], make_user("clerk")
    older = [open_one(clerk, note="漆面划痕") for _ in range(5)]
    CaseWords.objects.all().delete()
    monkeypatch.setattr(word_renewal, "BATCH", 2)
    assert word_renewal.remaining() == 5
    assert word_renewal.renew_some()
    assert (CaseWords.objects.count(), word_renewal.remaining()) == (2, 3)
    newer = open_one(clerk, note="漆面划痕")
    word_renewal.renew()
    assert word_renewal.remaining() == 0
    assert sorted(listed(boss, "q=划痕")) == sorted(case.number for case in [*older, newer])
    # A rule that cuts otherwise begins anew, once.
    CaseWords.objects.all().delete()
    word_renewal.renew()
    assert not CaseWords.objects.exists()
    monkeypatch.setattr(words, "CUT", words.CUT + 1)
    word_renewal.renew()
    assert CaseWords.objects.count() == 6


def test_operations_are_told_how_many_cases_have_their_old_words(people: dict[str, list[User]]) -> None:
    open_one(make_user("clerk"))
    before = words_of_cases()
    assert not before.ok
    assert not before.needed
    assert before.detail.startswith("1 ")
    word_renewal.renew()
    assert words_of_cases().ok


# --- the generator -----------------------------------------------------------------------------------------------


def test_samples_are_refused_where_people_work(people: dict[str, list[User]], settings: Any) -> None:
    open_one(make_user("clerk"), note="漆面划痕")
    with pytest.raises(CommandError):
        call_command("many_cases", "10")
    settings.REMIT_PRODUCTION = True
    with pytest.raises(CommandError):
        call_command("many_cases", "10")
    assert not Case.objects.filter(workflow=samples.KEY).exists()
