"""HR's screens for the library, and the endpoints of the editor's script."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.positions import archiving
from backoffice.positions.library import items, uses, views
from backoffice.positions.library.models import LibraryItem
from foundation.audit.queries import events_of
from foundation.editions.queries import editions_of
from foundation.outbox import jobs
from foundation.outbox.models import Job, Message
from foundation.outbox.services import sweep
from tests.factories.library import make_item, publish_version, wording
from tests.factories.organisation import make_user
from tests.factories.positions import duty, make_draft, make_editor, make_published, reload, save_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def hr(client):
    person = make_editor(full_name="林若岚", full_name_en="Lin Ruolan", language="en")
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return person


def at(name, *args):
    return reverse(f"positions_library{name}", args=args)


def said(answer):
    """Return the page as text."""
    return answer.content.decode()


def duties_of(page):
    return [block["value"] for block in reload(page).get_latest_revision_as_object().duties.get_prep_value()]


# --- the shelf ----------------------------------------------------------------------------------------------


def test_an_empty_library_says_what_to_do(client, hr):
    page = said(client.get(at("")))
    assert "The library is empty" in page
    assert at("_add") in page


def test_the_shelf_is_searched_and_filtered(client, hr):
    make_item("铃响三声内接听", subject="前台", key="calls")
    make_item("中专及以上学历", part="qualifications", key="school")
    items.retire(make_item("旧条目", key="gone"), by=hr)

    def listed(query):
        page = said(client.get(at("") + query))
        return {key for key in ("calls", "school", "gone") if f"items/{key}/" in page}

    assert listed("") == {"calls", "school"}
    assert listed("?q=接听") == {"calls"}
    assert listed("?part=qualifications") == {"school"}
    assert listed("?subject=前台") == {"calls"}
    assert listed("?retired=1") == {"gone"}
    assert "No item fits" in said(client.get(at("") + "?q=nothing"))


def test_an_item_is_written_and_published_at_once(client, hr):
    assert at("_add") + "?part=" not in said(client.get(at("_add")))
    assert "?part=duties" in said(client.get(at("_add")))
    body = {"wording-text": "铃响三声内接听", "wording-cadence": "daily", "subject": "前台", "publish": "1"}
    answer = client.post(at("_add") + "?part=duties", body)
    assert answer["Location"] == at("_item", "duty-1")
    item = LibraryItem.objects.get()
    assert (item.number, item.wording["text"], item.subject) == (1, "铃响三声内接听", "前台")


def test_what_is_missing_is_said_beside_the_field_and_nothing_typed_is_lost(client, hr):
    answer = client.post(
        at("_add") + "?part=duties", {"wording-cadence": "daily", "wording-deadline": "当日"}
    )
    page = said(answer)
    assert (answer.status_code, LibraryItem.objects.count()) == (200, 0)
    assert "fill this in" in page
    assert 'value="当日"' in page


def test_a_taken_key_is_refused(client, hr):
    make_item("甲", key="calls")
    answer = client.post(
        at("_add") + "?part=duties", {"wording-text": "乙", "wording-cadence": "daily", "key": "calls"}
    )
    assert "taken by another item" in said(answer)


def test_a_copy_is_an_item_of_its_own(client, hr):
    make_item("铃响三声内接听", key="calls", subject="前台")
    assert "铃响三声内接听" in said(client.get(at("_add") + "?copy=calls"))
    client.post(at("_add") + "?copy=calls", {"wording-text": "铃响三声内接听", "wording-cadence": "daily"})
    assert set(LibraryItem.objects.values_list("key", "number")) == {("calls", 1), ("duty-1", 0)}


def test_changing_leads_to_publishing_which_shows_the_difference_and_the_impact(client, hr):
    item = make_item("铃响三声内接听", key="calls")
    page = make_published("前台专员", duties=[duty("铃响三声内接听", library="calls@1")])
    body = {
        "version": item.version,
        "wording-text": "铃响两声内接听",
        "wording-cadence": "ongoing",
        "publish": "1",
    }
    answer = client.post(at("_edit", "calls"), body)
    assert answer["Location"] == at("_publish", "calls")
    shown = said(client.get(at("_publish", "calls")))
    assert "<del>三</del>" in shown
    assert "<ins>两</ins>" in shown
    assert "1 description uses this item" in shown
    assert page.title in shown
    version = LibraryItem.objects.get().version
    refused = client.post(at("_publish", "calls"), {"version": version, "note": ""})
    assert (refused.status_code, LibraryItem.objects.get().number) == (200, 1)
    client.post(at("_publish", "calls"), {"version": version, "note": "更快"})
    assert LibraryItem.objects.get().number == 2
    told = said(client.get(at("_item", "calls")))
    assert "更快" in told
    assert "Lin Ruolan" in told
    assert "Take over version 2" in told
    assert duties_of(page)[0]["text"] == "铃响三声内接听"


def test_somebody_faster_is_told_and_the_typed_words_stay(client, hr):
    item = make_item("甲", key="a")
    items.change(item, by=make_user(), version=item.version, wording=wording(text="别人写的"))
    body = {"version": item.version, "wording-text": "我写的", "wording-cadence": "ongoing"}
    page = said(client.post(at("_edit", "a"), body))
    assert "Somebody changed this item meanwhile" in page
    assert "我写的" in page
    assert "别人写的" in page
    again = {**body, "version": LibraryItem.objects.get().version}
    assert f'value="{again["version"]}"' in page
    assert client.post(at("_edit", "a"), again).status_code == 302
    assert LibraryItem.objects.get().wording["text"] == "我写的"


def test_versions_are_compared(client, hr):
    publish_version(publish_version(make_item("一二三", key="a"), "一二四"), "一五四")
    page = said(client.get(at("_compare", "a", 1, 3)))
    assert "<ins>" in page
    assert client.get(at("_compare_chosen", "a") + "?before=3&after=1")["Location"] == at(
        "_compare", "a", 1, 3
    )
    assert client.get(at("_compare", "a", 1, 9)).status_code == 404
    assert client.get(at("_compare_chosen", "a") + "?before=x").status_code == 404


def test_retiring_and_restoring(client, hr):
    make_item("甲", key="a")
    assert "can be restored" in said(client.get(at("_retire", "a")))
    client.post(at("_retire", "a"), {"reason": "合并"})
    assert LibraryItem.objects.get().is_retired
    assert client.get(at("_edit", "a"))["Location"] == at("_item", "a")
    client.post(at("_restore", "a"))
    assert not LibraryItem.objects.get().is_retired


# --- taking over --------------------------------------------------------------------------------------------


def test_few_are_taken_over_at_once_with_a_result_for_each(client, hr):
    item = make_item("旧", key="a")
    plain = make_draft("甲岗", duties=[duty("旧", library="a@1")])
    own = make_draft("乙岗", duties=[duty("自己的话", library="a@1")])
    publish_version(item, "新")
    page = said(client.post(at("_take_over", "a"), {"page": [plain.pk, own.pk]}))
    assert "remit-outcome--done" in page
    assert "remit-outcome--reworded" in page
    assert (duties_of(plain)[0]["text"], duties_of(own)[0]["text"]) == ("新", "自己的话")
    client.post(at("_take_over", "a"), {"page": [own.pk], "overwrite": [own.pk]})
    assert duties_of(own)[0]["text"] == "新"
    assert client.post(at("_take_over", "a"), {})["Location"] == at("_item", "a")


def test_many_are_taken_over_by_the_worker(client, hr, monkeypatch):
    monkeypatch.setattr(views, "AT_ONCE", 1)
    item = make_item("旧", key="a")
    pages = [make_draft(title, duties=[duty("旧", library="a@1")]) for title in ("甲岗", "乙岗")]
    publish_version(item, "新")
    answer = client.post(at("_take_over", "a"), {"page": [page.pk for page in pages]})
    job = Job.objects.get()
    assert answer["Location"] == reverse("access:job", args=[job.uuid])
    assert client.get(at("_result", job.uuid)).status_code == 404
    sweep()
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.DONE, "")
    assert [duties_of(page)[0]["text"] for page in pages] == ["新", "新"]
    assert "甲岗" in said(client.get(job.result["url"]))
    client.force_login(make_editor())
    assert client.get(job.result["url"]).status_code == 404
    kinds = [event.kind for event in events_of(f"position:{pages[0].code}")]
    assert kinds[-1] == "position_library_taken_over"


def test_work_that_was_broken_off_says_what_it_had_done_before(client, hr, monkeypatch):
    monkeypatch.setattr(views, "AT_ONCE", 1)
    item = make_item("旧", key="a")
    titles = ("甲岗", "乙岗", "丙岗")
    pages = [make_draft(title, duties=[duty("旧", library="a@1")]) for title in titles[:2]]
    pages.append(make_draft("丙岗", duties=[duty("新", library="a@2")]))
    publish_version(item, "新")
    client.post(at("_take_over", "a"), {"page": [page.pk for page in pages]})
    advance = jobs.Running.advance

    def dies_after_the_second(self, done, total, detail=""):
        advance(self, done, total, detail)
        if done == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(jobs.Running, "advance", dies_after_the_second)
    with pytest.raises(KeyboardInterrupt):
        sweep()
    monkeypatch.setattr(jobs.Running, "advance", advance)
    Message.objects.update(due_at=timezone.now())
    sweep()
    outcomes = {one["title"]: (one["kind"], one["told"]) for one in Job.objects.get().result["outcomes"]}
    one_row = "1 row brought to the newest version in the draft."
    earlier = f"{one_row} Done before this work was broken off and begun again."
    assert outcomes == {
        "乙岗": ("done", earlier),
        "甲岗": ("done", one_row),
        "丙岗": ("current", "Nothing to take over: the draft is up to date."),
    }
    assert [reload(page).revisions.count() for page in pages[:2]] == [2, 2]


# --- one description, without script ------------------------------------------------------------------------


def page_of(page, query=""):
    return reverse("positions_page_library", args=[page.pk]) + query


def test_items_are_added_to_the_saved_draft_without_script(client, hr):
    make_item("铃响三声内接听", key="calls")
    make_item("盘点资料", key="stock")
    page = make_draft("前台专员")
    assert "铃响三声内接听" in said(client.get(page_of(page, "?q=接听")))
    assert "盘点资料" not in said(client.get(page_of(page, "?q=接听")))
    client.post(page_of(page), {"item": ["calls", "stock"]})
    assert [row["library"] for row in duties_of(page)[2:]] == ["calls@1", "stock@1"]
    assert reload(page).latest_revision.user == hr
    before = reload(page).latest_revision_id
    client.post(page_of(page), {})
    assert reload(page).latest_revision_id == before


def test_an_unpublished_change_of_an_item_is_neither_shown_nor_inserted(client, hr):
    item = make_item("公布的话", key="a")
    items.change(item, by=hr, version=item.version, wording=wording(text="草稿的话"))
    page = make_draft()
    shown = said(client.get(page_of(page)))
    assert "公布的话" in shown
    assert "草稿的话" not in shown
    client.post(page_of(page), {"item": ["a"]})
    assert duties_of(page)[-1]["text"] == "公布的话"


def test_a_newer_version_is_taken_over_for_one_row(client, hr):
    item = make_item("旧", key="a")
    rows = [{**duty("旧", library="a@1"), "id": "one"}, {**duty("旧", library="a@1"), "id": "two"}]
    page = make_draft(duties=rows)
    publish_version(item, "新")
    assert "The library has version 2." in said(client.get(page_of(page)))
    client.post(page_of(page), {"take": "a", "row": "two"})
    assert [row["text"] for row in duties_of(page)] == ["旧", "新"]


def test_a_row_is_saved_to_the_library_and_refers_to_it(client, hr):
    page = make_draft("前台专员", duties=[{**duty("铃响三声内接听", "daily"), "id": "calls"}])
    address = f"{at('_add')}?part=duties&page={page.pk}&row=calls"
    assert address.replace("&", "&amp;") in said(client.get(page_of(page)))
    assert "铃响三声内接听" in said(client.get(address))
    client.post(address, {"wording-text": "铃响三声内接听", "wording-cadence": "daily", "key": "calls"})
    assert duties_of(page)[0]["library"] == "calls@1"
    assert uses.differences() == []
    gone = f"{at('_add')}?part=duties&page={page.pk}&row=gone"
    assert client.get(gone).status_code == 404


def test_a_locked_or_archived_description_is_left_alone_and_says_why(client, hr):
    make_item("甲", key="a")
    locked = make_draft()
    stored = reload(locked)
    stored.locked, stored.locked_by = True, make_editor(full_name_en="Ouyang Hai")
    stored.save(update_fields=["locked", "locked_by"], clean=False)
    answer = client.post(page_of(locked), {"item": ["a"]}, follow=True)
    assert "Locked: Ouyang Hai." in said(answer)
    assert "Add to the draft" not in said(answer)
    editor = said(client.get(reverse("wagtailadmin_pages:edit", args=[locked.pk])))
    assert "Add from the library" not in editor
    assert "content-locked" in editor  # what the script goes by
    archived = make_published()
    archiving.archive(archived, by=hr)
    answer = client.post(page_of(archived), {"item": ["a"]}, follow=True)
    assert "restore the description first" in said(answer)
    assert [len(duties_of(page)) for page in (locked, archived)] == [2, 2]


def test_the_editor_offers_the_library(client, hr):
    page = make_draft()
    shown = said(client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])))
    assert "data-remit-library" in shown
    assert page_of(page) in shown


# --- similar wording ----------------------------------------------------------------------------------------


def test_wording_that_occurs_several_times_becomes_an_item(client, hr):
    first = make_draft("甲岗", duties=[{**duty("客户进店三分钟内起身出迎"), "id": "one"}])
    second = make_draft("乙岗", duties=[{**duty("客户进店三分钟内出迎。"), "id": "two"}])
    make_draft("丙岗", duties=[duty("盘点配件")])
    page = said(client.get(at("_similar")))
    assert "In 2 descriptions" in page
    assert "盘点配件" not in page
    rows = [f"{first.pk}:one", f"{second.pk}:two"]
    client.post(at("_similar"), {"wording": rows[0], "row": rows, "subject": "接待", "take_wording": "1"})
    item = LibraryItem.objects.get()
    assert (item.number, item.subject, item.wording["text"]) == (1, "接待", "客户进店三分钟内起身出迎")
    assert [duties_of(page)[0]["text"] for page in (first, second)] == ["客户进店三分钟内起身出迎"] * 2
    assert "Nothing occurs several times" in said(client.get(at("_similar")))
    client.post(at("_similar"), {"wording": "1:nothing", "row": []})
    assert LibraryItem.objects.count() == 1


def test_rows_linked_without_taking_the_wording_keep_their_words(client, hr):
    pages = [
        make_draft(words, duties=[{**duty(words), "id": "one"}]) for words in ("每日盘点资料", "每日盘点材料")
    ]
    rows = [f"{page.pk}:one" for page in pages]
    client.post(at("_similar"), {"wording": rows[0], "row": rows})
    assert [duties_of(page)[0]["text"] for page in pages] == ["每日盘点资料", "每日盘点材料"]
    assert {duties_of(page)[0]["library"] for page in pages} == {"duty-1@1"}


# --- the endpoints of the script ----------------------------------------------------------------------------


def ask(client, name, body):
    answer = client.post(at(name), json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def test_choices_answer_with_the_row_each_item_makes(client, hr):
    make_item("铃响三声内接听", key="calls", cadence="daily", subject="前台")
    items.create(part="duties", wording=wording(text="未发布"), by=hr)
    found = client.get(at("_choices") + "?part=duties&q=三声").json()
    assert [(one["key"], one["version"], one["subject"]) for one in found["items"]] == [("calls", 1, "前台")]
    value = found["items"][0]["value"]
    assert (value["text"], value["cadence"], value["library"]) == ("铃响三声内接听", "daily", "calls@1")
    assert "weight" not in value
    assert client.get(at("_choices") + "?part=sections").status_code == 400


def test_states_tell_what_became_of_the_rows_of_a_form(client, hr):
    publish_version(make_item("旧", key="a"), "新", deadline="当日")
    body = {
        "rows": [
            {
                "part": "duties",
                "value": {"text": "旧", "cadence": "ongoing", "library": "a@1", "weight": "20"},
            },
            {"part": "duties", "value": {"text": "改过", "cadence": "ongoing", "library": "a@2"}},
            {"part": "duties", "value": {"text": "自己的", "cadence": "daily", "library": ""}},
            {"part": "duties", "value": {"text": "别处", "cadence": "daily", "library": "unknown@1"}},
        ]
    }
    status, answer = ask(client, "_states", body)
    assert status == 200
    older, reworded, own, unknown = answer["states"]
    assert older["sentences"] == ["As in library version 1.", "The library has version 2."]
    assert (older["tone"], older["value"]["text"], older["value"]["library"]) == ("waiting", "新", "a@2")
    assert [one["label"] for one in older["differences"]] == ["Duty", "Deadline"]
    assert reworded["sentences"] == ["Differs from library version 2."]
    assert reworded["value"]["text"] == "新"
    assert own is None
    assert (unknown["value"], unknown["url"]) == (None, "")


def test_a_row_of_the_form_is_saved_to_the_library(client, hr):
    page = make_draft()
    row = {"part": "duties", "value": {"text": "铃响三声内接听", "cadence": "daily", "weight": "30"}}
    status, answer = ask(client, "_save_row", {"rows": [row], "subject": "前台"})
    assert (status, answer["link"]) == (200, "duty-1@1")
    assert LibraryItem.objects.get().wording["text"] == "铃响三声内接听"
    assert reload(page).revisions.count() == 1  # the page is saved by the editor
    row["value"]["text"] = ""
    status, answer = ask(client, "_save_row", {"rows": [row]})
    assert (status, "fill this in" in answer["error"]) == (400, True)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"rows": 3}',
        '{"rows": [{"part": "sections", "value": {}}]}',
        '{"rows": [{"part": "duties"}]}',
        '{"rows": [{"part": "duties", "value": 3}]}',
    ],
)
@pytest.mark.parametrize("name", ["_states", "_save_row"])
def test_what_is_no_list_of_rows_is_refused(client, hr, name, body):
    answer = client.post(at(name), body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_the_comparison_shows_a_mere_link_as_a_line_of_its_own(client, hr):
    make_item("接听电话", key="calls")
    page = make_published("前台专员", duties=[{**duty("接听电话"), "id": "one"}])
    draft = save_draft(page, duties=[{**duty("接听电话", library="calls@1"), "id": "one"}])
    draft.latest_revision.publish(user=hr, skip_permission_checks=True)
    assert editions_of("position", page.code).count() == 2
    shown = said(client.get(reverse("positions:compare", args=[page.code, 1, 2])))
    assert "Both editions say the same" in shown
    assert "Taken from the library" in shown
    assert "calls, version 1" in shown
