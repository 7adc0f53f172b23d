"""What the auditor sees of how a description came about."""

from __future__ import annotations

import pytest
from django.utils import translation

from backoffice.positions import archiving
from backoffice.positions.queries import changes_of
from tests.factories.organisation import make_user
from tests.factories.positions import make_draft, make_editor, publish, reload, save_draft

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def told(code):
    return [
        (change.kind, change.title, change.who_id, [(one.before, one.after) for one in change.differences])
        for change in reversed(changes_of(code))
        if change.title != "Draft begun"
    ]


def test_who_when_what_from_and_to():
    editor, other = make_editor("first"), make_editor("second")
    page = publish(make_draft(by=editor, summary="甲"), by=editor)
    page = save_draft(page, by=other, summary="乙")
    page = publish(page, by=other)
    page = archiving.archive(page, by=other, reason="岗位合并")
    archiving.restore(page, by=editor)
    assert told(page.code)[1:] == [
        ("draft", "Draft saved", other.pk, [("甲", "乙")]),
        ("publication", "Edition 2 published", other.pk, [("甲", "乙")]),
        ("withdrawal", "Taken out of force", other.pk, []),
        ("archive", "Archived", other.pk, []),
        ("restore", "Restored from the archive", editor.pk, []),
    ]
    assert next(change.text for change in changes_of(page.code) if change.kind == "archive") == "岗位合并"


def test_autosaves_of_one_sitting_are_one_entry():
    page = make_draft(summary="甲")
    page = save_draft(page, summary="乙")
    for text in ("丙", "丁"):
        draft = reload(page).get_latest_revision_as_object()
        draft.summary = text
        draft.save_revision(
            user=page.owner, log_action=True, clean=False, overwrite_revision=page.latest_revision
        )
    assert told(page.code) == [("draft", "Draft saved", page.owner_id, [("甲", "丁")])]


def test_a_save_without_a_difference_is_not_told():
    page = save_draft(make_draft())
    assert told(page.code) == []


def test_the_author_of_a_revision_is_found_in_the_log_when_the_revision_lost_it():
    page = save_draft(make_draft(), summary="甲")
    page.revisions.update(user=None)
    assert {change.who_id for change in changes_of(page.code)} == {page.owner_id}


def test_an_unknown_code_has_no_changes():
    make_user()
    assert changes_of("nothing") == []
