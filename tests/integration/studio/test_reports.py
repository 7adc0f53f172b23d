"""Building a report over HTTP, without script: from nothing to the figures its readers have, faults at their place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forms.outline import Thing
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, newest
from foundation.editions.services import publish
from foundation.organisation.models import User
from foundation.packs.reading import PackFile
from tests.factories.chains import act, form_body, open_one, publish_all, state, step, text, workflow_body
from tests.factories.editor import Editor
from tests.factories.organisation import bind_role
from workflows.reports.definitions import check_report
from workflows.reports.outline import renamed_in

pytestmark = pytest.mark.django_db
CHOICES = {"choices": [{"key": "red", "label": text("Red")}, {"key": "blue", "label": text("Blue")}]}
FIELDS: list[dict[str, Any]] = [
    {"id": "amount", "kind": "whole_number", "label": text("Pieces")},
    {"id": "paid", "kind": "money", "label": text("Paid")},
    {"id": "colour", "kind": "choice", "label": text("Colour"), "options": CHOICES},
    {"id": "urgent", "kind": "yes_no", "label": text("Urgent")},
    {"id": "secret", "kind": "text", "label": text("Secret"), "confidentiality": "confidential"},
]


@pytest.fixture
def people(builder: User) -> dict[str, User]:
    """A clerk who hands in and an auditor who reads, over a small workflow in force; the builder may read as well."""
    body = form_body("job")
    body["pages"][0]["groups"][0]["fields"] = FIELDS
    publish(kind=Edition.Kind.FORM, key="job", body=body, by=builder)
    bind_role("submitter", "submitter")
    who = publish_all(
        workflow_body(
            [state("begun"), state("done", "final")],
            [step("end", "begun", "done", "clerk")],
            key="job",
            subject=["amount"],
            access={"sees": ["clerk", "auditor", "form_builder"]},
            clocks=[{"id": "quick", "title": text("Quick"), "begins": ["begun"], "ends": ["done"],
                     "targets": [{"amount": 1, "unit": "hours"}]}],
        )
    )  # fmt: skip
    return {role: found[0] for role, found in who.items()}


def begun(browser: Client, **typed: str) -> Editor:
    response = browser.post(
        reverse("studio_report_new"),
        {"title": "作业月报", "title_en": "Monthly jobs", "about": "monthly", "workflow": "job", **typed},
    )
    assert response.status_code == 302, response.content.decode()
    return Editor(browser, "monthly_jobs", kind="report")


def month() -> str:
    return f"{timezone.localdate():%Y-%m}"


def test_a_report_is_made_from_nothing_and_read_by_its_readers(
    browser: Client, people: dict[str, User]
) -> None:
    clerk = people["clerk"]
    for paid, colour, urgent in (("10.10", "red", True), ("20.25", "red", False), ("0.05", "blue", True)):
        open_one(clerk, "job", amount=2, paid=paid, colour=colour, urgent=urgent)
    act(open_one(clerk, "job", amount=1), "end", clerk)

    editor = begun(browser)
    editor.press("save", **{"p.readers": ["auditor"]})
    for title, answers in (
        ("Red ones", {"p.measure": "count"}),
        ("Paid for", {"p.measure": "sum", "p.answer": "paid"}),
    ):
        editor.press("add:figure")
        editor.press("save", **{"p.title.en": title, "p.title.zh-hans": title, **answers})
    editor.at = "figure:red_ones"
    editor.press("rows:add:p.where.answers")
    editor.press("save", **{"p.where.answers.0.key": "colour"})
    assert "Red" in editor.page()
    editor.press("save", **{"p.where.answers.0.value": ["red"]})
    assert editor.said()["where"]["answers"] == {"colour": ["red"]}
    editor.press("add:figure")
    editor.press(
        "save",
        **{"p.title.en": "Share red", "p.title.zh-hans": "红", "p.measure": "share", "p.of": "opened"},
    )
    editor.press("rows:add:p.where.answers")
    editor.press("save", **{"p.where.answers.0.key": "urgent", "p.where.answers.0.value": ["true"]})
    assert editor.said()["where"]["answers"] == {"urgent": [True]}
    editor.press("add:breakdown")
    editor.press(
        "save",
        **{"p.title.en": "By colour", "p.title.zh-hans": "颜色", "p.by": "answer", "p.answer": "colour"},
    )
    assert check_report(editor.working.body) == []

    preview = browser.get(reverse("reports:draft", args=["monthly_jobs"])).content.decode()
    assert "Preview, not published" in preview
    for told in ("¥30.40", "50.0%", "Blue"):
        assert told in preview, told
    listed = browser.get(
        reverse("reports:draft-cases", args=["monthly_jobs"]), {"figure": "red_ones", "month": month()}
    )
    assert len(listed.context["rows"]) == 2

    reader = Client()
    reader.force_login(people["auditor"])
    assert reader.get(reverse("reports:report", args=["monthly_jobs"])).status_code == 404
    page = reverse("studio_report_publish", args=["monthly_jobs"])
    shown = browser.get(page).content.decode()
    assert "1 person" in shown
    posted = {"seen": editor.working.opened, "note": "wanted", "effective_from": timezone.localdate()}
    assert browser.post(page, {**posted, "note": ""}).status_code == 422
    assert browser.post(page, posted).status_code == 302
    assert "¥30.40" in reader.get(reverse("reports:report", args=["monthly_jobs"])).content.decode()
    assert "monthly_jobs" in reader.get(reverse("reports:list")).content.decode()
    for stranger in ("clerk",):
        other = Client()
        other.force_login(people[stranger])
        assert other.get(reverse("reports:report", args=["monthly_jobs"])).status_code == 404


def test_faults_stand_where_they_are_and_what_was_typed_stays(
    browser: Client, people: dict[str, User]
) -> None:
    editor = begun(browser)
    editor.press("save", **{"p.monthly.months": "many"})
    page = editor.page()
    assert 'value="many"' in page
    assert "studio-fault--error" in page.split('name="p.monthly.months"', 1)[1].split("</div>", 1)[0]
    editor.press("save", **{"p.monthly.months": "3", "p.readers": ["auditor"]})
    editor.press("add:figure")
    editor.press("save", **{"p.title.en": "Mean", "p.title.zh-hans": "平均", "p.measure": "average"})
    page = editor.page()
    assert "names the answer it is of" in page.split('name="p.answer"', 1)[1].split("</div>", 1)[0]
    editor.press("rows:add:p.where.clocks")
    editor.press("rows:add:p.where.answers")
    page = editor.page()
    assert "Say which answers count" in page
    assert "Secret" not in page
    assert browser.get(reverse("reports:draft", args=["monthly_jobs"])).status_code == 200
    refused = browser.post(
        reverse("studio_report_publish", args=["monthly_jobs"]),
        {"seen": editor.working.opened, "note": "x", "effective_from": timezone.localdate()},
    )
    assert refused.status_code == 422
    assert newest(Edition.Kind.REPORT, "monthly_jobs") is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"title": "", "title_en": ""}, "Give the report a title."),
        ({"workflow": ""}, "Choose the workflow"),
        ({"key": "drafts"}, "means something else in addresses"),
        ({"key": "Big One"}, "small letter"),
        ({"title_en": "", "key": ""}, "Give the report a key"),
    ],
)
def test_what_a_report_cannot_begin_with_is_said_beside_what_was_typed(
    browser: Client, people: dict[str, User], typed: dict[str, str], said: str
) -> None:
    posted = {"title": "月报", "title_en": "Monthly", "about": "monthly", "workflow": "job", **typed}
    response = browser.post(reverse("studio_report_new"), posted)
    assert response.status_code == 422
    page = response.content.decode()
    assert said in page
    for text_typed in filter(None, (posted["title"], posted["title_en"])):
        assert f'value="{text_typed}"' in page


def test_a_report_by_month_becomes_one_by_age_and_keeps_no_figures(
    browser: Client, people: dict[str, User]
) -> None:
    editor = begun(browser)
    posted = editor.fields_posted()
    posted.pop("p.monthly.on")
    editor.client.post(editor.address, {**posted, "p.ageing.on": "on", "do": "save"})
    assert set(editor.working.body) >= {"ageing"}
    assert "monthly" not in editor.working.body


def test_a_report_is_told_by_weeks_where_it_is_made_so(browser: Client, people: dict[str, User]) -> None:
    open_one(people["clerk"], "job", amount=1)
    editor = begun(browser)
    assert "By which periods" in editor.page()
    editor.press("save", **{"p.readers": ["auditor"], "p.monthly.period": "week"})
    assert editor.working.body["monthly"]["period"] == "week"
    preview = browser.get(reverse("reports:draft", args=["monthly_jobs"])).content.decode()
    assert "Week by week" in preview
    assert f"{timezone.localdate():%G-W%V}" in preview
    editor.press("save", **{"p.monthly.period": "month"})
    assert "period" not in editor.working.body["monthly"]  # as it begins


def test_an_exported_report_applies_as_the_same_edition(
    browser: Client, people: dict[str, User], builder: User, tmp_path: Path
) -> None:
    editor = begun(browser)
    editor.press("save", **{"p.readers": ["auditor"]})
    editor.at = "figure:closed"
    editor.press("id", id="ended")
    assert editor.said("figure:ended")["basis"] == "closed"
    posted = {"seen": editor.working.opened, "note": "wanted", "effective_from": timezone.localdate()}
    assert browser.post(reverse("studio_report_publish", args=["monthly_jobs"]), posted).status_code == 302
    exported = browser.get(reverse("studio_report_export", args=["monthly_jobs"])).content
    file = tmp_path / "monthly_jobs.yaml"
    file.write_bytes(exported)
    edition = newest(Edition.Kind.REPORT, "monthly_jobs")
    assert edition is not None
    read = PackFile(file).data
    assert read == body_of(edition)


def test_a_renamed_figure_goes_by_its_new_id_wherever_it_is_spoken_of() -> None:
    body = {
        "readers": [],
        "monthly": {
            "figures": [{"id": "a"}, {"id": "b", "of": "a"}],
            "groups": [{"id": "a", "figure": "a"}],
        },
    }
    found = renamed_in(body, {"a": "c"}, Thing("figure", "a"))
    assert found["monthly"] == {
        "figures": [{"id": "c"}, {"id": "b", "of": "c"}],
        "groups": [{"id": "a", "figure": "c"}],
    }
