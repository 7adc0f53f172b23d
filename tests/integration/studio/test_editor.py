"""Building a form over HTTP, without script: add, type, condition, move, copy, remove, undo, publish, fill in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from forms import outline
from forms.models import Draft, Submission, WorkingCopy
from forms.outline import Thing, tree_of
from forms.services import working as service
from foundation.editions.models import Edition
from foundation.organisation.models import User
from tests.factories.editor import SCRIPT, Editor
from tests.factories.forms import choices, complaint_body, field, form_body, make_draft, make_form, page, text
from tests.factories.organisation import make_user_with_roles

pytestmark = pytest.mark.django_db


def held(editor: Editor, group: str) -> list[str]:
    """Return the ids of the fields in a group."""
    return [thing.id for thing in tree_of(editor.working.body).inner[Thing("group", group)]["fields"]]


def test_a_form_is_built_from_nothing_published_and_filled_in(browser: Client, builder: User) -> None:
    begun = browser.post(
        reverse("studio_new"),
        {"title": "试驾登记", "title_en": "Test drive", "key": "", "category": "", "copy_of": ""},
    )
    assert begun["Location"] == reverse("studio_edit", args=["test-drive"])
    editor = Editor(browser, "test-drive")
    editor.at = "page:page_1"
    editor.press("add:field:choice")
    assert editor.at == "field:f_1"
    editor.press("save", **{"p.label.zh-hans": "来源"})
    assert editor.at == "field:f_1"  # its English label is still the name of the kind
    editor.press("save", **{"p.label.zh-hans": "来源", "p.label.en": "Source", "p.required": "1"})
    assert editor.at == "field:source"  # an id from the label, as long as it was never published
    editor.press("save", **{"p.options.choices.paste": "朋友 | Friend\nweb | 网站 | Web site"})
    keys = [one["key"] for one in editor.said()["options"]["choices"]]
    assert keys == ["c1", "c2", "c3", "web"]
    editor.press("rows:remove:p.options.choices:0")
    editor.press("add:field:text")
    editor.press("save", **{"p.label.zh-hans": "网址", "p.label.en": "Address"})
    pending = editor.press("rows:add:p.visible_if")
    assert "Choose a field." in pending.content.decode()
    editor.press(
        "save",
        **{
            "p.visible_if.rows": ["new0"],
            "p.visible_if.new0.field": "source",
            "p.visible_if.new0.operator": "is",
            "p.visible_if.new0.value": "web",
        },
    )
    assert editor.said()["visible_if"] == 'source == "web"'
    assert 'value="source" selected' in editor.page()
    editor.press("add:page")
    editor.press("add:group:repeat")
    editor.press("save", **{"p.title.zh-hans": "同行人", "p.title.en": "Companions", "p.repeat.max": "6"})
    assert (editor.said()["title"]["en"], editor.said()["repeat"]) == ("Companions", {"max": 6})
    editor.press("add:field:text")
    editor.press("save", **{"p.label.zh-hans": "姓名", "p.label.en": "Name"})
    assert editor.at == "field:name"
    # The empty group that came with the page is in the way of publishing, and the page says so.
    refused = browser.get(reverse("studio_publish", args=["test-drive"])).content.decode()
    assert "must be put right" in refused
    editor.at = "group:group_2"
    editor.press("remove")
    shown = browser.get(reverse("studio_publish", args=["test-drive"])).content.decode()
    assert "must be put right" not in shown
    seen = re.search(r'name="seen" value="(\d+)"', shown)
    assert seen
    today = re.search(r'name="effective_from" value="([^"]+)"', shown)
    assert today
    posted = {"seen": seen[1], "effective_from": today[1], "note": ""}
    assert browser.post(reverse("studio_publish", args=["test-drive"]), posted).status_code == 422
    assert (
        browser.post(reverse("studio_publish", args=["test-drive"]), {**posted, "note": "First."}).status_code
        == 302
    )
    assert Edition.objects.get(key="test-drive").note == "First."
    filled = browser.get(reverse("intake:form", args=["test-drive"]))
    assert "Web site" in filled.content.decode()
    editor.at = "field:name"
    assert "so it stays" in editor.page()


def test_what_was_typed_is_kept_though_it_is_wrong_and_said_beside_it(browser: Client, builder: User) -> None:
    service.begin(key="visit", body=form_body(field("subject"), key="visit"), by=builder)
    editor = Editor(browser, "visit")
    editor.at = "field:subject"
    editor.press("save", **{"p.options.max_length": "many"})
    assert editor.said()["options"]["max_length"] == "many"
    html = editor.page()
    assert 'value="many"' in html
    assert "studio-fault--error" in html


def test_saving_properties_as_they_are_changes_nothing(browser: Client, builder: User) -> None:
    body = complaint_body()
    service.begin(key="complaint", body=body, by=builder)
    editor = Editor(browser, "complaint")
    before = editor.working.body
    for thing in tree_of(before).own:
        editor.at = str(thing)
        editor.press("save")
        assert editor.working.body == before, str(thing)
    assert editor.working.version == 1


def test_moving_copying_removing_and_undoing(browser: Client, builder: User) -> None:
    body = form_body(key="visit", pages=[page("one", field("a"), field("b")), page("two", field("c"))])
    service.begin(key="visit", body=body, by=builder)
    editor = Editor(browser, "visit")
    editor.at = "field:b"
    editor.press("nudge:up")
    assert held(editor, "one_group") == ["b", "a"]
    editor.press("moveto", within="group:two_group")
    assert editor.said("page:one")["id"] == "one"
    assert [
        thing.id for thing in tree_of(editor.working.body).inner[Thing("group", "two_group")]["fields"]
    ] == ["c", "b"]
    editor.press("copy")
    assert editor.at == "field:b_2"
    response = editor.press("remove", script=True)
    version = editor.working.version
    assert f"undo:{version}" in response.content.decode()
    assert Thing("field", "b_2") not in tree_of(editor.working.body).own
    editor.at = "form"
    editor.press(f"undo:{version}")
    assert Thing("field", "b_2") in tree_of(editor.working.body).own
    editor.client.post(
        editor.address,
        {
            "do": "move",
            "at": "form",
            "opened": editor.working.version,
            "moving": "field:a",
            "within": "group:two_group",
            "place": "0",
        },
    )
    assert held(editor, "two_group") == ["a", "c", "b", "b_2"]


def test_two_people_at_the_editor(browser: Client, builder: User) -> None:
    service.begin(key="visit", body=form_body(key="visit"), by=builder)
    editor = Editor(browser, "visit")
    editor.at = "field:subject"
    stale = editor.fields_posted()
    other = make_user_with_roles("administrator", full_name_en="Second Person")
    working = editor.working
    said = {
        **tree_of(working.body).own[Thing("field", "subject")],
        "label": text("事由", "Reason"),
        "width": "half",
    }
    service.save(
        key="visit", opened=1, body=outline.changed(working.body, Thing("field", "subject"), said), by=other
    )
    stale |= {"p.label.en": ["Topic"], "p.help.en": ["Help"], "p.help.zh-hans": ["说明"], "do": ["save"]}
    response = browser.post(editor.address, stale, headers=SCRIPT)
    html = response.content.decode()
    after = editor.said()
    assert (after["label"]["en"], after["width"], after["help"]["en"]) == ("Reason", "half", "Help")
    assert "Second Person" in html
    assert "<pre>Topic</pre>" in html
    refused = re.search(r'value="(settle:\d+:mine)"', html)
    assert refused
    editor.press(refused[1])
    assert editor.said()["label"]["en"] == "Topic"


def test_an_expression_is_checked_while_it_is_typed(browser: Client, builder: User) -> None:
    service.begin(
        key="visit", body=form_body(field("subject"), field("count", "whole_number"), key="visit"), by=builder
    )
    address = reverse("studio_check", args=["visit"])
    typed = {"at": "field:subject", "property": "visible_if", "text": "cuont > 3"}
    (fault,) = browser.post(address, typed).json()["faults"]
    assert (fault["before"], fault["place"]) == ("", "cuont")
    assert browser.post(address, {**typed, "text": "count > 3"}).json() == {"faults": []}
    (wrong,) = browser.post(address, {**typed, "property": "computed", "text": "count + 1"}).json()["faults"]
    assert wrong["message"]


def test_the_preview_shows_samples_and_is_tried_without_storing(browser: Client, builder: User) -> None:
    body = form_body(
        field("kind_of", "choice", options=choices("x", "y")),
        field("why", visible_if='kind_of == "y"', required=True),
        key="visit",
    )
    service.begin(key="visit", body=body, by=builder)
    address = reverse("studio_preview", args=["visit"])
    empty = browser.get(address)
    assert "Question why" not in empty.content.decode()
    assert empty["X-Frame-Options"] == "SAMEORIGIN"
    assert browser.get(address, {"seed": "7"}).content != empty.content
    assert "题目 kind_of" in browser.get(address, {"language": "zh-hans"}).content.decode()
    tried = {"page": "first", "asked": ["kind_of"], "f-kind_of": "y", "language": "en", "carried": "{}"}
    part = browser.post(address, tried, headers=SCRIPT).json()
    assert "Question why" in part["part"]
    refused = browser.post(address, {**tried, "do": "submit"}).content.decode()
    assert "error-summary" in refused
    assert (Draft.objects.count(), Submission.objects.count()) == (0, 0)


def test_a_form_goes_out_as_text_and_comes_back_updated_in_place(browser: Client, builder: User) -> None:
    make_form(builder, field("a"), key="visit")
    exported = browser.get(reverse("studio_export", args=["visit"])).content.decode()
    changed = exported.replace("Question a", "Asked anew")
    address = reverse("studio_import")
    shown = browser.post(address, {"text": changed}).content.decode()
    assert "updated in place" in shown
    assert "Asked anew" in shown
    browser.post(address, {"text": changed, "do": "take", "opened": "1"})
    assert (
        tree_of(WorkingCopy.objects.get(key="visit").body).own[Thing("field", "a")]["label"]["en"]
        == "Asked anew"
    )
    assert Edition.objects.filter(key="visit").count() == 1
    browser.post(address, {"text": changed.replace("key: visit", "key: visit-2", 1), "do": "take"})
    assert WorkingCopy.objects.filter(key="visit-2").exists()
    for broken in ("key: [", "no: key", "", "key: x\npages:\n  - title: {}\n"):
        assert browser.post(address, {"text": broken}).status_code == 422


def test_the_publish_page_shows_differences_and_what_they_touch(browser: Client, builder: User) -> None:
    edition = make_form(builder, field("a"), field("b"), key="visit")
    make_draft(edition, builder, a="x")
    working = service.open_form(key="visit", by=builder)
    body = outline.removed(working.body, Thing("field", "b"))
    body = outline.changed(
        body, Thing("field", "a"), {**tree_of(body).own[Thing("field", "a")], "label": text("甲", "First")}
    )
    service.save(key="visit", opened=1, body=body, by=builder)
    html = browser.get(reverse("studio_publish", args=["visit"])).content.decode()
    assert "studio-difference--removed" in html
    assert "1 open draft" in html
    assert "First" in html


@pytest.mark.parametrize("role", ["clerk", "hr", "auditor", "manager", "general_manager"])
def test_others_do_not_find_the_builder(role: str, builder: User) -> None:
    service.begin(key="visit", body=form_body(key="visit"), by=builder)
    client = Client()
    client.force_login(make_user_with_roles(role))
    for name, arguments in (
        ("forms", []),
        ("new", []),
        ("edit", ["visit"]),
        ("preview", ["visit"]),
        ("publish", ["visit"]),
    ):
        assert client.get(reverse(f"studio_{name}", args=arguments)).status_code == 404
    assert (
        client.post(reverse("studio_edit", args=["visit"]), {"do": "add:page", "opened": "1"}).status_code
        == 404
    )


def test_the_list_asks_no_more_for_more_forms(
    browser: Client, builder: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        make_form(builder, field("a"), key=f"visit-{number}")
    with django_assert_max_num_queries(40) as few:
        browser.get(reverse("studio_forms"))
    for number in range(3, 9):
        make_form(builder, field("a"), key=f"visit-{number}")
    with django_assert_max_num_queries(len(few)):
        html = browser.get(reverse("studio_forms")).content.decode()
    assert "visit-8" in html
    assert "visit-8" not in browser.get(reverse("studio_forms"), {"q": "visit-3"}).content.decode()


def test_looking_at_a_form_makes_no_working_copy_and_its_first_change_does(
    browser: Client, builder: User
) -> None:
    make_form(builder, key="visit")
    for name in ("studio_edit", "studio_preview", "studio_publish", "studio_history", "studio_export"):
        assert browser.get(reverse(name, args=["visit"])).status_code == 200, name
    assert not WorkingCopy.objects.exists()
    editor = Editor(browser, "visit")
    editor.at = "field:subject"
    assert 'name="opened" value="0-1"' in editor.page()
    editor.press("save", **{"p.label.en": "Cause", "p.label.zh-hans": "事由"})
    assert editor.working.version == 2
    assert tree_of(editor.working.body).own[Thing("field", "subject")]["label"]["en"] == "Cause"
