"""The trail of a report: who made which edition, when and why, and what it says otherwise; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from forms.services.working import begin
from foundation.audit.trails import TrailChange, trail_kinds
from foundation.organisation.models import User
from tests.factories.chains import publish_all, state, step, text, workflow_body
from tests.factories.organisation import bind_role, make_group, make_user_with_roles
from workflows.reports.working import REPORTS, publish_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def published() -> User:
    """Publish a report twice and return who did: one figure first, then another reader and a share."""
    bind_role("submitter", "submitter")
    for role in ("auditor", "manager"):
        bind_role(role, make_group())
    publish_all(
        workflow_body(
            [state("begun"), state("done", "final")],
            [step("end", "begun", "done", "clerk")],
            key="job",
            access={"sees": ["clerk", "auditor"]},
        ),
    )
    person = make_user_with_roles("form_builder")
    figure = {"id": "opened", "title": text("Received")}
    body = {
        "key": "jobs",
        "title": {"zh-hans": "作业月报", "en": "Monthly jobs"},
        "readers": ["auditor"],
        "monthly": {"workflow": "job", "figures": [figure]},
    }
    publish_report(body, by=person, note="asked for by the board")
    share = {"id": "part", "title": text("Part of them"), "measure": "share", "of": "opened"}
    publish_report(
        {
            **body,
            "readers": ["auditor", "manager"],
            "monthly": {"workflow": "job", "figures": [figure, share]},
        },
        by=person,
        note="the board wants shares",
    )
    return person


def page(role: str, kind: str = "reports", key: str = "jobs", language: str = "en") -> tuple[int, str]:
    client = Client()
    client.force_login(make_user_with_roles(role))
    client.cookies["django_language"] = language
    answer = client.get(reverse("auditing:trail", args=[kind, key]))
    return answer.status_code, unescape(answer.content.decode())


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_edition_tells_who_why_and_what_is_otherwise(published: User, language: str) -> None:
    with override(language):
        first, second = trail_kinds()["reports"].entries("jobs")
        assert (first.who, first.reason) == (str(published), "asked for by the board")
        assert (second.who, second.reason) == (str(published), "the board wants shares")
        assert [one.version for one in (first, second)] == [1, 2]
        assert all(one.proof for one in (first, second))
        labels = [change.label for change in second.changes]
        readers = next(
            change for change in second.changes if "auditor" in str(change.before).lower() or change.before
        )
        assert len(str(readers.after)) > len(str(readers.before))
        assert any("Part of them" in label for label in labels)
        assert not any("Received" in label for label in labels)  # it is as it was
    status, shown = page("auditor", language=language)
    assert status == 200
    assert "the board wants shares" in shown
    assert 'role="alert"' not in shown


@pytest.mark.parametrize("role", ["clerk", "manager", "hr", "administrator", "form_builder"])
def test_to_others_there_is_no_trail(published: User, role: str) -> None:
    assert page(role)[0] == 404


def test_a_report_is_found_by_words_of_its_title(published: User, settings: object) -> None:
    find: Callable[[str], object] = trail_kinds()["reports"].find
    with override("en"):
        assert [one.key for one in find("monthly")] == ["jobs"]  # type: ignore[attr-defined]
        assert find("nothing of the kind") == []
    assert page("auditor", key="nothing")[0] == 404


def test_the_page_of_the_report_leads_auditors_there(published: User) -> None:
    link = reverse("auditing:trail", args=["reports", "jobs"])
    for role, there in (("auditor", True), ("manager", False)):
        client = Client()
        client.force_login(make_user_with_roles(role))
        shown = client.get(reverse("reports:report", args=["jobs"]))
        assert shown.status_code == 200
        assert (link in shown.content.decode()) is there


def test_a_draft_that_was_never_published_is_not_told(published: User) -> None:
    body = {"key": "secret_plan", "title": {"zh-hans": "密", "en": "Secret plan"}, "readers": []}
    begin(key="secret_plan", body=body, by=published, of=REPORTS)
    with override("en"):
        assert [one.key for one in trail_kinds()["reports"].find("")] == ["jobs"]
    assert page("auditor", key="secret_plan")[0] == 404


def test_what_is_taken_away_stands_before_the_arrow(published: User) -> None:
    figure = {"id": "opened", "title": text("Received")}
    publish_report(
        {
            "key": "jobs",
            "title": {"zh-hans": "作业月报", "en": "Monthly jobs"},
            "readers": ["auditor", "manager"],
            "monthly": {"workflow": "job", "figures": [figure]},
        },
        by=published,
        note="no shares after all",
    )
    with override("en"):
        last = trail_kinds()["reports"].entries("jobs")[-1]
    assert list(last.changes) == [TrailChange("Part of them", "removed", None)]
