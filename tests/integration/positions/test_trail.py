"""The auditor's page of a description: every change, who, when, from, to, with its proof."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from backoffice.positions import archiving, trail
from foundation.audit.queries import events_of
from tests.factories.organisation import make_position, make_user_with_roles
from tests.factories.positions import make_draft, make_editor, publish, save_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def archived():
    """A description drafted, published, changed, published again and archived, by two people."""
    first, second = (
        make_editor("first", full_name="甲", full_name_en="甲"),
        make_editor("second", full_name="乙", full_name_en="乙"),
    )
    page = publish(
        make_draft("服务顾问", position=make_position("adviser", title="服务顾问"), by=first), by=first
    )
    page = publish(save_draft(page, by=second, summary="接待客户"), by=second)
    return archiving.archive(page, by=second, reason="合并")


def test_every_entry_that_changed_what_is_in_force_has_its_event_as_proof(archived):
    with translation.override("en"):
        told = trail.entries("adviser")
    entries = [entry for entry in told if not entry.what.startswith("Decided what holders sign for")]
    assert len(told) == len(entries) + 2  # one decision for each edition
    editions = {event.references["edition"]: event.hash for event in events_of("edition:position:adviser")}
    acts = {event.kind: event.hash for event in events_of("position:adviser")}
    assert [(entry.who, entry.what.split(" · ")[0], entry.reason, entry.proof) for entry in entries] == [
        ("甲", "Draft begun", "", ""),
        ("甲", "Edition 1 published", "", editions["1"]),
        ("乙", "Draft saved", "", ""),
        ("乙", "Edition 2 published", "", editions["2"]),
        ("乙", "Taken out of force", "", acts["position_withdrawn"]),
        ("乙", "Archived", "合并", acts["position_archived"]),
    ]
    assert [(one.before, one.after) for one in entries[3].changes] == [(None, "接待客户")]


def test_the_auditor_finds_it_and_the_chains_hold(archived, client):
    client.force_login(make_user_with_roles("auditor"))
    found = client.get(reverse("auditing:search"), {"kind": "positions", "q": "服务"}).content.decode()
    response = client.get(reverse("auditing:trail", args=["positions", "adviser"]))
    assert reverse("auditing:trail", args=["positions", "adviser"]) in found
    assert (response.status_code, response.context["faults"], response.context["checked"]) == (200, [], 6)


def test_a_code_without_a_description_has_no_subject():
    assert (trail.subject("nothing"), trail.entries("nothing"), trail.find("nothing")) == (None, [], [])
