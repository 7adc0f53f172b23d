"""What was published is archived, never deleted, and its revisions stay."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse
from wagtail.models import Page, PageLogEntry, Revision

from backoffice.positions import archiving
from backoffice.positions.archiving import ArchivingRefused
from backoffice.positions.guards import NeverDeleted
from backoffice.positions.models import PositionPage
from backoffice.positions.tree import index_page
from foundation.audit.queries import events_of
from foundation.editions.queries import in_force
from tests.factories.organisation import make_user
from tests.factories.positions import make_draft, make_editor, make_published, publish, reload, save_draft

pytestmark = pytest.mark.django_db


def test_a_published_page_is_not_deleted_by_any_way():
    page = make_published()
    ways = [
        lambda: reload(page).delete(),
        lambda: Page.objects.get(pk=page.pk).delete(),
        lambda: PositionPage.objects.filter(pk=page.pk).delete(),
        lambda: index_page().delete(),
    ]
    for way in ways:
        with pytest.raises(NeverDeleted, match=page.title), transaction.atomic():
            way()
        assert reload(page).live


def test_a_draft_never_published_may_be_deleted():
    page = make_draft()
    page.delete()
    assert (PositionPage.objects.count(), Revision.objects.count()) == (0, 0)


def test_revisions_of_a_published_page_stay():
    page = save_draft(make_published(), title="草稿")
    with pytest.raises(NeverDeleted), transaction.atomic():
        page.revisions.first().delete()
    with pytest.raises(NeverDeleted), transaction.atomic():
        page.revisions.all().delete()
    assert page.revisions.count() == 2


@pytest.mark.parametrize("options", [[], ["--pages"], ["--days", "30"]])
def test_purging_revisions_is_refused_with_the_reason(options):
    page = save_draft(save_draft(make_published(), title="一"), title="二")
    with pytest.raises(CommandError, match="Revisions are not purged"):
        call_command("purge_revisions", *options)
    assert page.revisions.count() == 3


def test_archiving_takes_out_of_force_and_is_recorded():
    page = make_published()
    page = archiving.archive(page, by=page.owner, reason="岗位合并")
    assert (page.live, page.is_archived, page.archived_by_name) == (False, True, str(page.owner))
    events = sorted(events_of(f"position:{page.code}"), key=lambda event: event.version)
    assert [event.kind for event in events[-2:]] == ["position_withdrawn", "position_archived"]
    assert [(change.path, change.before, change.after) for change in events[-1].changes] == [
        ("archived", False, True),
        ("archive_reason", "", "岗位合并"),
    ]
    logged = PageLogEntry.objects.filter(page=page.pk).order_by("pk").values_list("action", "user_id")
    assert list(logged)[-2:] == [("wagtail.unpublish", page.owner_id), ("positions.archive", page.owner_id)]
    assert in_force("position", page.code).number == 1  # stays readable


def test_an_archived_page_is_locked_and_cannot_go_live():
    page = archiving.archive(make_published(), by=make_editor())
    assert page.get_lock().for_user(make_user(is_superuser=True))
    with pytest.raises(ValidationError, match=r"archived|归档"):
        page.latest_revision.publish(user=page.owner, skip_permission_checks=True)
    assert not reload(page).live


def test_a_restored_page_is_a_draft_that_can_be_published_again():
    page = archiving.restore(archiving.archive(make_published(), by=make_editor()), by=make_editor())
    assert (page.is_archived, page.live) == (False, False)
    page = publish(page, summary="重新启用")
    assert (page.live, in_force("position", page.code).number) == (True, 2)


def test_archiving_is_refused_where_it_means_nothing():
    with pytest.raises(ArchivingRefused):
        archiving.archive(make_draft(), by=make_editor())
    archived = archiving.archive(make_published(), by=make_editor())
    with pytest.raises(ArchivingRefused):
        archiving.archive(archived, by=make_editor())
    with pytest.raises(ArchivingRefused):
        archiving.restore(make_published(), by=make_editor())


def test_an_old_revision_does_not_bring_back_the_archived_state():
    page = make_published()
    archiving.archive(page, by=page.owner)
    page = archiving.restore(page, by=page.owner)
    save_draft(page, title="归档之后")
    assert not reload(page).get_latest_revision_as_object().is_archived


def test_hr_asking_to_delete_is_told_to_archive(client):
    hr = make_editor()
    page = make_published(by=hr)
    client.force_login(hr)
    for method in (client.get, client.post):
        response = method(reverse("wagtailadmin_pages:delete", args=[page.pk]), follow=True)
        assert reverse("positions_archive", args=[page.pk]) in response.content.decode()
        assert reload(page).live


def test_hr_asking_to_unpublish_is_led_to_archiving(client):
    hr = make_editor()
    page = make_published(by=hr)
    client.force_login(hr)
    response = client.post(reverse("wagtailadmin_pages:unpublish", args=[page.pk]))
    assert (response.status_code, response["Location"]) == (302, reverse("positions_archive", args=[page.pk]))
    assert reload(page).live


def test_hr_archives_and_restores_on_the_screens(client):
    hr = make_editor()
    page = make_published(by=hr)
    client.force_login(hr)
    address = reverse("positions_archive", args=[page.pk])
    assert client.get(address).status_code == 200
    client.post(address, {"reason": "合并"})
    assert reload(page).archive_reason == "合并"
    assert client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).status_code == 200
    back = reverse("positions_restore", args=[page.pk])
    assert client.get(back).status_code == 200
    client.post(back)
    assert not reload(page).is_archived


def test_copying_makes_a_draft_without_post():
    page = make_published()
    copy = page.copy(update_attrs={"slug": "x", "title": "副本"}, keep_live=True, user=page.owner)
    copy = reload(copy)
    assert (copy.live, copy.position, copy.has_editions) == (False, None, False)
    assert [block.value["text"] for block in copy.duties] == [block.value["text"] for block in page.duties]
