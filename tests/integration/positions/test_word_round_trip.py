"""An edition as a Word document, and what comes back: everything, untouched; exactly what was edited, otherwise."""

from __future__ import annotations

import copy
import datetime
import io
import json
import uuid
from html import escape
from typing import Any

import pytest
from django.utils import translation
from docx import Document
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.exports import word_markup
from backoffice.positions.body import PEOPLE, edition_body, upgraded
from backoffice.positions.enums import Cadence, DutyGrouping
from backoffice.positions.importing import ImportRefused
from backoffice.positions.parts import PARTS
from backoffice.positions.word.changes import Comparison, apply, compare, kept_of, new_body
from backoffice.positions.word.reading import read_own
from backoffice.positions.word.writing import document_of
from foundation.editions.canonical import canonical
from foundation.editions.models import Edition
from foundation.organisation.models import User
from tests.factories.organisation import make_user
from tests.integration.positions.test_round_trip import _plain, _position, page_of, said, written

pytestmark = pytest.mark.django_db

runs = st.lists(
    st.tuples(written, st.booleans()).map(
        lambda run: f"<b>{escape(run[0], quote=False)}</b>" if run[1] else escape(run[0], quote=False)
    ),
    min_size=1,
    max_size=2,
).map("<br>".join)
items = st.lists(runs.map(lambda text: f"<li>{text}</li>"), min_size=1, max_size=3).map("".join)
block = st.one_of(
    *(runs.map(lambda text, tag=tag: f"<{tag}>{text}</{tag}>") for tag in ("p", "h3", "h4")),
    *(items.map(lambda text, tag=tag: f"<{tag}>{text}</{tag}>") for tag in ("ul", "ol")),
    st.just("<hr>"),
    st.tuples(runs, items).map(lambda pair: f"<ul><li>{pair[0]}<ol>{pair[1]}</ol></li></ul>"),
)
marked = st.lists(block, max_size=4).map("".join)


def edition_of(body: dict[str, Any], author: User) -> Edition:
    """Return an edition that is in no database."""
    return Edition(
        kind=Edition.Kind.POSITION,
        key=body["code"],
        number=3,
        body=canonical(body),
        sha256="ab" * 32,
        published_by=author,
        published_at=datetime.datetime(2026, 3, 1, 9, tzinfo=datetime.UTC),
        effective_from=datetime.date(2026, 3, 2),
    )


def author() -> User:
    return User.objects.filter(username="author").first() or make_user("author", full_name="林月")


def through_word(body: dict[str, Any], language: str = "zh-hans") -> Any:
    document = read_own(document_of(edition_of(body, author()), language), "a.docx")
    assert document is not None
    return document


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    wanted=said,
    markup=marked,
    chosen=st.lists(st.integers(0, 2), unique=True),
    people=st.lists(st.booleans(), min_size=4, max_size=4),
    language=st.sampled_from(["zh-hans", "en"]),
)
def test_page_edition_word_page_loses_nothing(wanted, markup, chosen, people, language):
    position, *others = (_position(code) for code in ("described", "one", "two", "three"))
    person = author()
    named_person = {"id": str(person.uuid), "name": "林月", "name_en": person.full_name_en}
    body = {
        **upgraded({"code": "described", "title": "", "department": None}),
        **wanted,
        "qualities": markup,
        "scope_posts": [
            {"code": post.code, "title": post.title, "title_en": post.title_en}
            for post in sorted((others[number] for number in chosen), key=lambda post: post.code)
        ],
        "answerable": {"code": "one", "title": others[0].title, "title_en": others[0].title_en},
        **{name: named_person if there else None for name, there in zip(PEOPLE, people, strict=True)},
    }
    stored = json.loads(canonical(edition_body(page_of(body, position))))
    document = through_word(stored, language)
    assert (compare(stored, document), document.outside, document.unread) == (Comparison((), ()), (), ())
    again = json.loads(canonical(edition_body(page_of(new_body(document), position))))
    assert {name: _plain(value) for name, value in again.items()} == {
        name: _plain(value) for name, value in stored.items()
    }


@given(markup=marked)
def test_rich_text_becomes_paragraphs_and_the_same_text_again(markup):
    assert word_markup.html_of(word_markup.blocks_of(markup)) == markup


def test_text_in_another_nesting_keeps_its_words():
    odd = "甲<ul><li><p>乙</p><p>丙</p></li></ul><li>丁</li><b><p>戊</p></b>"
    assert "".join(one.text for one in word_markup.blocks_of(odd)) == "甲乙丙丁戊"
    assert word_markup.canonical(word_markup.canonical(odd)) == word_markup.canonical(odd)


# --- somebody edits the document in Word


def row_id() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def body() -> dict[str, Any]:
    """A description with a little of everything that can be edited."""
    _position("described")
    rows = [
        {"id": row_id(), "text": text, "cadence": cadence, "deadline": deadline}
        for text, cadence, deadline in (
            ("接待到店客户", "daily", ""),
            ("核对维修工单", "daily", "18:00 前"),
            ("整理客户档案", "weekly", "每周五"),
        )
    ]
    return upgraded(
        {
            "code": "described",
            "title": "服务顾问",
            "department": None,
            "document_number": "GW-07",
            "summary": "第一个迎接客户的人。",
            "duties": rows,
            "pay_components": [
                {"id": row_id(), "component": "底薪", "amount": "3200.00", "formula": ""},
                {"id": row_id(), "component": "提成", "amount": "", "formula": "工时 × 2%"},
            ],
            "sections": [{"id": row_id(), "heading": "着装", "body": "<p>统一工装。</p>"}],
        }
    )


class Editor:
    """What a person does to the document in Word."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.document = Document(io.BytesIO(document_of(edition_of(body, author()), "zh-hans")))

    def control(self, words: str, tag: str = "remit:") -> Any:
        """Return the control that says ``words``."""
        for control in self.document.element.body.iter(qn("w:sdt")):
            named = control.find(f"{qn('w:sdtPr')}/{qn('w:tag')}").get(qn("w:val"))
            if named.startswith(tag) and "".join(one.text or "" for one in control.iter(qn("w:t"))) == words:
                return control
        raise AssertionError(f"no control says {words}")

    def paragraph(self, words: str) -> Any:
        """Return the paragraph, or the block, with the control that says ``words``."""
        found = self.control(words)
        if found.find(f"{qn('w:sdtContent')}/{qn('w:p')}") is not None:
            return found
        while found.tag != qn("w:p"):
            found = found.getparent()
        return found

    def type(self, words: str, new: str, tag: str = "remit:") -> None:
        """Type over the words of a control."""
        texts = list(self.control(words, tag).iter(qn("w:t")))
        texts[0].text = new
        for rest in texts[1:]:
            rest.text = ""

    def plain_paragraph_after(self, words: str, new: str) -> Any:
        """Add a paragraph of one's own."""
        made = self.document.add_paragraph(new)._p
        self.paragraph(words).addnext(made)
        return made

    def read(self) -> Any:
        buffer = io.BytesIO()
        self.document.save(buffer)
        found = read_own(buffer.getvalue(), "a.docx")
        assert found is not None
        return found


@pytest.fixture
def word(body: dict[str, Any]) -> Editor:
    return Editor(body)


def told(body: dict[str, Any], word: Editor) -> list[tuple[str, ...]]:
    found = compare(body, word.read())
    return [
        *((change.kind, change.name, change.column, change.before, change.after) for change in found.changes),
        *(("kept", one.text) for one in found.kept),
    ]


def test_an_untouched_document_has_no_changes(body, word):
    assert told(body, word) == []


def test_edits_are_told_exactly_and_go_into_the_draft(body, word):
    word.type("核对维修工单", "核对维修工单并签名")
    word.type("3200.00", "¥3,500")
    gone = word.paragraph("整理客户档案")
    gone.getnext().getparent().remove(gone.getnext())
    gone.getparent().remove(gone)
    word.plain_paragraph_after("统一工装。", "冬季可加外套。")
    word.plain_paragraph_after("接待到店客户", "送别客户")
    assert told(body, word) == [
        ("changed", "duties", "text", "核对维修工单", "核对维修工单并签名"),
        ("removed", "duties", "", "整理客户档案 · 每周五", ""),
        ("changed", "pay_components", "amount", "3200.00", "3500.00"),
        ("added", "duties", "", "", "送别客户"),
        ("kept", "冬季可加外套。"),
    ]
    changed, left = apply(copy.deepcopy(body), compare(body, word.read()).changes)
    assert left == []
    assert [(row["text"], row["cadence"], row["deadline"]) for row in changed["duties"]] == [
        ("接待到店客户", "daily", ""),
        ("送别客户", "daily", ""),
        ("核对维修工单并签名", "daily", "18:00 前"),
    ]
    assert [row["id"] for row in changed["duties"]][::2] == [row["id"] for row in body["duties"][:2]]
    assert changed["pay_components"][0]["amount"] == "3500.00"


def test_words_added_outside_of_every_list_are_kept_and_named_with_their_place(body, word):
    word.document.add_paragraph("本说明书一式两份。")
    word.type("GW-07", "GW-08")
    found = compare(body, word.read())
    assert [(one.text, one.alone) for one in found.kept] == [("本说明书一式两份。", True)]
    assert [(change.name, change.after) for change in found.changes] == [("document_number", "GW-08")]


def test_words_typed_beside_a_value_or_over_our_own_are_kept(body, word):
    paragraph = word.paragraph("接待到店客户")
    run = copy.deepcopy(next(paragraph.iter(qn("w:r"))))
    next(run.iter(qn("w:t"))).text = "（含预约）"
    paragraph.append(run)
    with translation.override("zh-hans"):
        heading = str(next(part for part in PARTS if part.name == "pay_components").heading)
    word.type(heading, "薪酬与津贴")
    assert told(body, word) == [("kept", "（含预约）"), ("kept", "薪酬与津贴")]


def test_a_value_that_is_none_is_kept_and_the_old_one_stays(body, word):
    word.type("3200.00", "面议")
    found = compare(body, word.read())
    assert (found.changes, [(one.text, one.part) for one in found.kept]) == ((), [("面议", "pay_components")])


def test_a_copied_duty_is_a_further_one_and_a_moved_one_is_moved(body, word):
    first, second = word.paragraph("接待到店客户"), word.paragraph("核对维修工单")
    more = second.getnext()
    first.addprevious(second)
    first.addprevious(more)
    twin = copy.deepcopy(word.paragraph("整理客户档案"))
    word.paragraph("整理客户档案").addprevious(twin)
    next(twin.iter(qn("w:t"))).text = "整理车辆档案"
    kinds = [(one[0], one[-1].partition(" · ")[0]) for one in told(body, word)]
    assert ("moved", "核对维修工单") in kinds or ("moved", "接待到店客户") in kinds
    assert [kind for kind, _text in kinds].count("added") == 1
    changed, left = apply(copy.deepcopy(body), compare(body, word.read()).changes)
    assert (left, len({row["id"] for row in changed["duties"]}), len(changed["duties"])) == ([], 4, 4)
    assert [row["text"] for row in changed["duties"][:2]] == ["核对维修工单", "接待到店客户"]


def test_what_hr_wrote_meanwhile_is_not_overwritten(body, word):
    word.type("核对维修工单", "核对工单")
    word.type("接待到店客户", "接待来店客户")
    draft = copy.deepcopy(body)
    draft["duties"][1]["text"] = "核对维修工单和报价"
    changed, left = apply(draft, compare(body, word.read()).changes)
    assert [row["text"] for row in changed["duties"]] == [
        "接待来店客户",
        "核对维修工单和报价",
        "整理客户档案",
    ]
    assert [(change.before, change.after) for change in left] == [("核对维修工单", "核对工单")]


def test_a_duty_moved_under_another_heading_is_due_as_that_heading_says(body, word):
    first, last = word.paragraph("接待到店客户"), word.paragraph("整理客户档案")
    last.addprevious(first)
    with translation.override("zh-hans"):
        assert told(body, word) == [
            ("changed", "duties", "cadence", str(Cadence.DAILY.label), str(Cadence.WEEKLY.label))
        ]


def test_another_choice_in_word_is_another_choice_here(body, word):
    with translation.override("zh-hans"):
        kinds = dict(DutyGrouping.choices)
        word.type(str(kinds["cadence"]), str(kinds["category"]), "remit:duties_by")
        assert told(body, word) == [
            ("changed", "duties_by", "", str(kinds["cadence"]), str(kinds["category"]))
        ]


def test_a_heading_of_a_group_that_was_changed_is_told(body, word):
    with translation.override("zh-hans"):
        word.type(str(Cadence.WEEKLY.label), "周末", "remit:duty:cadence:=")
        assert told(body, word) == [("kept", "周末")]


def test_a_duty_whose_words_were_deleted_is_removed_though_its_deadline_is_still_there(body, word):
    gone = word.paragraph("整理客户档案")
    gone.getparent().remove(gone)
    assert told(body, word) == [("removed", "duties", "", "整理客户档案 · 每周五", "")]


def test_deleted_words_in_tracked_changes_are_gone_and_inserted_ones_are_there(body, word):
    control = word.control("核对维修工单")
    run = next(control.iter(qn("w:r")))
    inserted = run.makeelement(qn("w:ins"), {qn("w:id"): "1", qn("w:author"): "李慧敏"})
    new = copy.deepcopy(run)
    next(new.iter(qn("w:t"))).text = "核对报价单"
    inserted.append(new)
    deleted = run.makeelement(qn("w:del"), {qn("w:id"): "2", qn("w:author"): "李慧敏"})
    run.addprevious(deleted)
    deleted.append(run)
    deleted.addnext(inserted)
    assert told(body, word) == [("changed", "duties", "text", "核对维修工单", "核对报价单")]


def test_styles_that_word_renamed_are_known_by_their_names(body, word):
    body["sections"][0]["body"] = (
        "<h3>夏季</h3><p>短袖</p><ul><li>深色</li></ul><ol><li>一</li><li>二</li></ol>"
    )
    word = Editor(body)
    styles = word.document.styles.element
    for number, style in enumerate(styles.findall(qn("w:style"))):
        old = style.get(qn("w:styleId"))
        style.set(qn("w:styleId"), f"a{number}")
        for used in word.document.element.body.iter(qn("w:pStyle")):
            if used.get(qn("w:val")) == old:
                used.set(qn("w:val"), f"a{number}")
    assert told(body, word) == []


def test_a_document_without_properties_is_still_ours_and_one_of_a_later_form_is_refused(body, word):
    package = word.document.part.package
    custom = next(rel for rel in package.rels.values() if rel.reltype.endswith("custom-properties"))
    custom.target_part._blob = custom.target_part.blob.replace(b"<vt:lpwstr>1<", b"<vt:lpwstr>9<")
    with pytest.raises(ImportRefused):
        word.read()
    package.rels.pop(custom.rId)
    found = word.read()
    assert (found.properties, found.body["title"], found.edition) == ({}, "服务顾问", 0)


def test_other_word_files_are_not_taken_for_ours():
    document = Document()
    document.add_paragraph("服务顾问岗位职责")
    buffer = io.BytesIO()
    document.save(buffer)
    assert read_own(buffer.getvalue(), "a.docx") is None
    assert read_own(b"remit:", "a.txt") is None


def test_a_description_with_nothing_in_it_can_be_written_and_read():
    empty = upgraded({"code": "described", "title": "空", "department": None})
    document = through_word(empty)
    assert (compare(empty, document).changes, kept_of(document)) == ((), ())
