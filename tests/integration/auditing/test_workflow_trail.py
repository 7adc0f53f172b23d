"""The auditor's pages of a workflow: editions in words, who asked and who agreed, cases that were moved and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.studio.models import WorkflowPublishing
from forms.services import working as service
from foundation.editions.models import Edition
from foundation.organisation.models import User
from tests.factories.chains import act, open_one, publish_all, state, step, text, workflow_body
from tests.factories.organisation import make_user, make_user_with_roles
from workflows.models import CaseMigration
from workflows.services import migration
from workflows.services.working import WORKFLOWS

pytestmark = pytest.mark.django_db


def first() -> dict[str, Any]:
    return workflow_body(
        [state("new"), state("checking"), state("done", "final")],
        [
            step("check", "new", "checking", "clerk"),
            step("finish", "checking", "done", "clerk", guard="amount < 500", guard_message=text("太多")),
        ],
        access={"sees": ["submitter", "clerk"]},
    )


def second() -> dict[str, Any]:
    body = first()
    body["states"][1] = {"id": "review", "title": text("复核中"), "category": "open"}
    body["transitions"] = [
        step("check", "new", "review", "clerk"),
        step("finish", "review", "done", "clerk", guard="amount < 900", guard_message=text("太多")),
    ]
    return body


@pytest.fixture
def builder() -> User:
    return make_user_with_roles("form_builder", full_name="钱建表")


@pytest.fixture
def other() -> User:
    return make_user_with_roles("administrator", full_name="李复核")


@pytest.fixture
def auditor(client: Client) -> Client:
    client.force_login(make_user_with_roles("auditor", full_name="孙审计"))
    client.cookies["django_language"] = "en"
    return client


def publish_by_two(body: dict[str, Any], by: User, other: User) -> None:
    """Ask for a publication, decline it once, ask again, and let the second person publish it."""
    WorkflowPublishing.objects.update_or_create(defaults={"second_person": True})
    working = service.look_at(key="spending", by=by, of=WORKFLOWS)
    service.save(
        key="spending", opened=service.Opened.read(working.opened), body=body, by=by, what="改", of=WORKFLOWS
    )
    for last in (False, True):
        working = service.look_at(key="spending", by=by, of=WORKFLOWS)
        seen = service.Opened.read(working.opened)
        service.request_publication(
            key="spending",
            seen=seen,
            by=by,
            note="复核取代核对" if last else "还没想好",
            effective_from=timezone.localdate(),
            of=WORKFLOWS,
        )
        if not last:
            service.decline_publication(key="spending", by=other, reason="说明不够", of=WORKFLOWS)
    working = service.look_at(key="spending", by=other, of=WORKFLOWS)
    service.publish_working(
        key="spending", seen=service.Opened.read(working.opened), by=other, note="", of=WORKFLOWS
    )


def move(by: User, reason: str) -> CaseMigration:
    """Move the running cases of the first edition to the second."""
    editions = Edition.objects.filter(kind=Edition.Kind.WORKFLOW, key="spending").order_by("number")
    source, target = editions[:2]
    mapped = migration.suggested(source, target)
    mapped = replace(mapped, states={**mapped.states, "checking": "review"})
    return migration.migrate(mapped, by=by, reason=reason, seen=migration.running(source).count())


def page_of(client: Client, key: str = "spending") -> str:
    answer = client.get(reverse("auditing:workflow", args=[key]))
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_who_asked_who_agreed_and_what_was_declined_stand_on_the_page(
    auditor: Client, builder: User, other: User
) -> None:
    publish_all(first())
    publish_by_two(second(), builder, other)
    page = page_of(auditor)
    for words in (
        "Edition 1",
        "Edition 2",
        "复核取代核对",
        "Asked for publication by a second person",
        f"Declined to publish what {builder} had asked for",
        "说明不够",
        f"Agreed to publish what {builder} had asked for",
    ):
        assert words in page, words
    rows = page[page.index('id="editions"') :]
    newest = rows[rows.index("Edition 2") : rows.index("Edition 1<")]
    assert str(builder) in newest  # asked
    assert str(other) in newest  # published
    assert 'role="alert"' not in page


def test_an_open_request_is_pointed_out(auditor: Client, builder: User) -> None:
    publish_all(first())
    WorkflowPublishing.objects.update_or_create(defaults={"second_person": True})
    working = service.look_at(key="spending", by=builder, of=WORKFLOWS)
    service.save(
        key="spending",
        opened=service.Opened.read(working.opened),
        body=second(),
        by=builder,
        what="改",
        of=WORKFLOWS,
    )
    working = service.look_at(key="spending", by=builder, of=WORKFLOWS)
    service.request_publication(
        key="spending",
        seen=service.Opened.read(working.opened),
        by=builder,
        note="请看一看",
        effective_from=timezone.localdate(),
        of=WORKFLOWS,
    )
    page = page_of(auditor)
    assert "Waits for a second person" in page
    assert "请看一看" in page


def test_an_edition_says_in_words_what_it_changes_and_shows_itself_whole(
    auditor: Client, builder: User, other: User
) -> None:
    publish_all(first())
    publish_by_two(second(), builder, other)
    address = reverse("auditing:workflow-edition", args=["spending", 2])
    page = auditor.get(address).content.decode()
    for words in ("otherwise than edition 1", "复核中", "amount &lt; 900", "SHA-256", "removed", "added"):
        assert words in page, words
    assert page.count("<svg xmlns") == 1
    assert "schema_version" not in page.split("The whole definition")[0]
    begin = auditor.get(reverse("auditing:workflow-edition", args=["spending", 1])).content.decode()
    assert "The first edition" in begin
    assert auditor.get(reverse("auditing:workflow-edition", args=["spending", 3])).status_code == 404
    assert auditor.get(reverse("auditing:workflow", args=["nothing"])).status_code == 404


def test_moved_cases_stand_with_number_states_and_reason_and_say_when_they_were_moved_back(
    auditor: Client, builder: User, other: User
) -> None:
    people = publish_all(first())
    clerk = people["clerk"][0]
    cases = [act(open_one(make_user()), "check", clerk) for _one in range(2)]
    publish_by_two(second(), builder, other)
    moved = move(builder, "统一复核")
    page = page_of(auditor)
    for words in (
        "Edition 1 → edition 2",
        "checking → 复核中",
        "2 cases",
        "统一复核",
        *(c.number for c in cases),
    ):
        assert words in page, words
    assert "Running cases moved from edition 1 to edition 2" in page
    assert "moved back by" not in page
    migration.undo(moved, by=builder, reason="弄错了")
    page = page_of(auditor)
    assert f"moved back by {builder}" in page
    assert "Cases moved back from edition 2 to edition 1" in page


def test_it_is_found_by_its_title_and_only_by_auditors(client: Client, auditor: Client) -> None:
    people = publish_all(first())
    found = auditor.get(reverse("auditing:search"), {"kind": "workflows", "q": "spend"}).content.decode()
    assert reverse("auditing:workflow", args=["spending"]) in found
    stranger = Client()
    stranger.force_login(people["clerk"][0])
    for name, args in (("workflow", ["spending"]), ("workflow-edition", ["spending", 1])):
        assert stranger.get(reverse(f"auditing:{name}", args=args)).status_code == 404


def test_the_queries_do_not_grow_with_editions_and_moved_cases(
    auditor: Client, builder: User, other: User
) -> None:
    publish_all(first())
    open_one(make_user())
    publish_by_two(second(), builder, other)
    counts = []
    for number in range(2):
        for _more in range(1 + 3 * number):
            migration.undo(move(builder, "再试一次"), by=builder, reason="不妥")
            open_one(make_user())
            publish_by_two({**second(), "grades": grades(len(counts), _more)}, builder, other)
        page_of(auditor)
        with CaptureQueriesContext(connection) as seen:
            page_of(auditor)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def grades(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": "grave", "title": text("重" + "".join(map(str, numbers)))}]
