"""A submission on the screen: corrected, compared, taken back, talked about, printed; by whom it may be."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from backoffice.intake import printing
from forms.models import CorrectionDraft, Submission
from forms.services import corrections
from foundation.audit.queries import events_of
from foundation.editions.models import Edition
from foundation.organisation.models import User
from tests.factories.forms import choices, field, make_draft, make_form, make_submission, page, text
from tests.factories.notifying import mails_written
from tests.factories.organisation import (
    bind_role,
    hold,
    make_department,
    make_position,
    make_role,
    make_user,
    make_user_with_roles,
)

pytestmark = pytest.mark.django_db
SCRIPT = {"X-Requested-With": "XMLHttpRequest"}
OPEN = {"correction": {"by": ["submitter", "desk"]}, "withdrawal": {"by": ["submitter"]}}


def english(person: User) -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["django_language"] = "en"
    return client


def to(name: str, submission: Submission, **more: Any) -> str:
    return reverse(f"intake:{name}", kwargs={"uuid": submission.uuid, **more})


@pytest.fixture(autouse=True)
def roles(db: None) -> None:
    for key in ("desk", "payroll"):
        make_role(key)


@pytest.fixture
def person() -> User:
    return make_user(full_name="李慧敏", full_name_en="Li Huimin")


@pytest.fixture
def submission(person: User) -> Submission:
    form = make_form(
        person,
        pages=[
            page("one", field("subject", required=True), field("salary", "money", readers=["payroll"])),
            page("two", field("note", "long_text")),
        ],
        key="claim",
        confirmation=text("一个工作日内答复。", "We answer within one working day."),
        **OPEN,
    )
    return make_submission(form, person, subject="Old words", salary="9000.00", note="Stays")


def posted(submission: Submission, on: str, do: str, **typed: str) -> dict[str, Any]:
    return {
        "page": on,
        "do": do,
        "seen": submission.revision,
        "asked": list(typed),
        **{f"f-{name}": value for name, value in typed.items()},
    }


def test_a_correction_goes_over_two_pages_with_its_reason_and_shows_the_difference(
    person: User, submission: Submission
) -> None:
    client = english(person)
    first = client.get(to("correct", submission)).content.decode()
    assert "Old words" in first
    assert "Reason for the correction" in first
    saved = client.post(
        to("correct", submission), posted(submission, "one", "save", subject="New words"), headers=SCRIPT
    )
    assert saved.json()["address"] == to("correct", submission)
    assert "New words" in client.get(to("correct", submission)).content.decode()
    assert "Old words" in client.get(to("submission", submission)).content.decode()
    missing = client.post(to("correct", submission), posted(submission, "two", "submit", note="Stays"))
    assert missing.status_code == 422
    assert "Say why" in missing.content.decode()
    done = client.post(
        to("correct", submission),
        {**posted(submission, "two", "submit", note="Stays"), "reason": "A slip of the pen"},
        follow=True,
    )
    assert done.redirect_chain == [(to("submission", submission), 302)]
    for words in ("revision 2", "A slip of the pen", "Question subject"):
        assert words in done.content.decode()
    stored = Submission.objects.get(pk=submission.pk)
    assert (stored.answers["subject"], stored.answers["note"]) == ("New words", "Stays")
    history = client.get(to("history", submission)).content.decode()
    for words in ("Old", "New", "A slip of the pen", "Submitted"):
        assert words in history
    assert CorrectionDraft.objects.count() == 0


def test_unsound_answers_of_a_correction_are_shown_beside_their_fields_and_kept(
    person: User, submission: Submission
) -> None:
    client = english(person)
    wrong = client.post(
        to("correct", submission),
        {**posted(submission, "one", "submit", subject="", salary="much"), "reason": "x"},
    )
    assert wrong.status_code == 422
    assert wrong.content.decode().count("error-summary") >= 1
    assert "much" in client.get(to("correct", submission)).content.decode()
    assert Submission.objects.get(pk=submission.pk).revision == 1


def test_who_comes_second_sees_the_difference_and_goes_on_with_their_own_words(
    person: User, submission: Submission
) -> None:
    desk = make_user_with_roles("desk")
    client = english(desk)
    client.post(to("correct", submission), posted(submission, "two", "save", note="My note"))
    corrections.correct(
        submission=submission,
        answers={**submission.answers, "subject": "Theirs"},
        reason="first",
        by=person,
        seen_revision=1,
        idempotency_key="k",
    )
    late = client.post(
        to("correct", submission),
        {**posted(submission, "two", "submit", note="My note"), "reason": "second"},
    )
    assert late.status_code == 409
    for words in ("Somebody corrected it meanwhile", "Question subject", "My note"):
        assert words in late.content.decode()
    client.post(to("correct-take-over", submission))
    now = Submission.objects.get(pk=submission.pk)
    done = client.post(
        to("correct", submission),
        {**posted(now, "two", "submit", note="My note"), "reason": "second"},
        follow=True,
    )
    assert done.status_code == 200
    stored = Submission.objects.get(pk=submission.pk)
    assert (stored.revision, stored.answers["subject"], stored.answers["note"]) == (3, "Theirs", "My note")


def test_the_button_pressed_twice_makes_one_correction(person: User, submission: Submission) -> None:
    client = english(person)
    data = {**posted(submission, "one", "submit", subject="New"), "reason": "why"}
    for _time in range(2):
        answer = client.post(to("correct", submission), data)
        assert answer["Location"] == to("submission", submission)
    assert Submission.objects.get(pk=submission.pk).revision == 2
    assert CorrectionDraft.objects.count() == 0


def test_what_one_may_not_read_is_neither_shown_nor_changed_nor_printed(
    person: User, submission: Submission
) -> None:
    client = english(make_user_with_roles("desk"))
    for address in (to("submission", submission), to("correct", submission)):
        shown = client.get(address).content.decode()
        assert "9,000" not in shown
        assert "9000" not in shown
        assert "not shown to you" in shown
    client.post(
        to("correct", submission),
        {**posted(submission, "one", "submit", subject="New", salary="1.00"), "reason": "x"},
    )
    assert Submission.objects.get(pk=submission.pk).answers["salary"] == "9000.00"
    assert "9000" not in client.get(to("history", submission)).content.decode()
    assert "9,000" in english(person).get(to("submission", submission)).content.decode()


def test_strangers_find_none_of_it_and_readers_without_the_right_no_correction(
    person: User, submission: Submission
) -> None:
    stranger = english(make_user())
    for name in ("submission", "history", "correct", "withdraw", "received", "receipt"):
        assert stranger.get(to(name, submission)).status_code == 404
    assert stranger.get(to("print", submission, layout="standard")).status_code == 404
    for name in ("comment", "correct", "withdraw", "correct-discard", "correct-take-over"):
        assert stranger.post(to(name, submission), {"text": "x"}).status_code == 404
    desk = english(make_user_with_roles("desk"))
    assert desk.get(to("submission", submission)).status_code == 200
    assert desk.get(to("withdraw", submission)).status_code == 404
    assert desk.get(to("received", submission)).status_code == 404


def test_taking_back_asks_for_a_reason_and_stays_visible(person: User, submission: Submission) -> None:
    client = english(person)
    assert "cannot be undone" in client.get(to("withdraw", submission)).content.decode()
    assert client.post(to("withdraw", submission), {"seen": 1, "reason": ""}).status_code == 422
    done = client.post(to("withdraw", submission), {"seen": 1, "reason": "Sent twice"}, follow=True)
    assert "has been withdrawn" in done.content.decode()
    history = client.get(to("history", submission)).content.decode()
    assert "Withdrawn" in history
    assert "Sent twice" in history
    assert client.get(to("correct", submission)).status_code == 404
    assert client.get(to("withdraw", submission)).status_code == 404


def test_comments_and_readings_stand_on_the_page(person: User) -> None:
    form = make_form(person, field("subject", confidentiality="confidential"), **OPEN)
    submission = make_submission(form, person)
    desk = make_user_with_roles("desk", full_name_en="Wang Desk")
    client = english(desk)
    assert client.post(to("comment", submission), {"text": " "}).status_code == 422
    client.post(to("comment", submission), {"text": "<b>Called back</b>", "key": "k"})
    client.post(to("comment", submission), {"text": "<b>Called back</b>", "key": "k"})
    assert client.post(to("comment", submission), {"text": "else", "key": "k"}).status_code == 409
    shown = english(person).get(to("submission", submission)).content.decode()
    assert shown.count("&lt;b&gt;Called back&lt;/b&gt;") == 1
    assert "Read by" in shown
    assert "Wang Desk" in shown.partition("Read by")[2]
    assert submission.readings.count() == 1


def test_after_handing_in_one_sees_number_receipt_and_what_comes_next(
    person: User, submission: Submission
) -> None:
    shown = english(person).get(to("received", submission)).content.decode()
    for words in (
        "CLAIM-0001",
        "We answer within one working day.",
        "You can correct it at any time",
        "Receipt",
    ):
        assert words in shown


def test_a_form_is_handed_in_for_somebody_who_is_told_and_finds_it(person: User) -> None:
    desk, guest = make_user_with_roles("desk"), make_user(full_name_en="Guest Person", language="en")
    form = make_form(desk, field("name", prefill="name"), field("subject"), key="visit", on_behalf=["desk"])
    client = english(desk)
    draft = make_draft(form, desk, subject="x")
    address = reverse("intake:draft", kwargs={"uuid": draft.uuid})
    assert "Filled in for" in client.get(address).content.decode()
    assert client.post(address, {"do": "for", "for": "nonsense"}).status_code == 404
    client.post(address, {"page": "first", "do": "for", "for": str(guest.uuid)})
    shown = client.get(address).content.decode()
    assert "For Guest Person" in shown
    draft.refresh_from_db()
    assert (draft.on_behalf_of, draft.answers["name"]) == (guest, ["Guest Person"])
    client.post(address, {"page": "first", "do": "submit"})
    done = Submission.objects.get()
    assert (done.submitted_by, done.on_behalf_of) == (desk, guest)
    mail = mails_written().get().payload
    assert (mail["to"], done.number in mail["subject"]) == ([guest.email], True)
    assert done.number in english(guest).get(reverse("intake:mine")).content.decode()
    assert english(guest).get(to("submission", done)).status_code == 200
    other = make_draft(form, guest, subject="x")
    theirs = reverse("intake:draft", kwargs={"uuid": other.uuid})
    assert "Filled in for" not in english(guest).get(theirs).content.decode()
    assert english(guest).post(theirs, {"do": "for", "for": str(desk.uuid)}).status_code == 404


def test_the_catalogue_says_when_a_form_opens_and_keeps_favourites_on_top(person: User) -> None:
    make_form(person, key="later", opens_on="2999-01-01")
    make_form(person, key="over", closes_on="2001-01-01")
    make_form(person, key="now")
    client = english(person)
    shown = client.get(reverse("intake:catalogue")).content.decode()
    assert "Opens on" in shown
    assert "Closed since" in shown
    assert "Favourites" not in shown
    for key, words in (("later", "Opens on"), ("over", "Closed since")):
        answer = client.get(reverse("intake:form", kwargs={"form_key": key})).content.decode()
        assert words in answer
        assert "data-fill" not in answer
    client.post(reverse("intake:favourite", kwargs={"form_key": "now"}), {"wanted": "yes"})
    assert "Favourites" in client.get(reverse("intake:catalogue")).content.decode()
    client.post(reverse("intake:favourite", kwargs={"form_key": "now"}), {"wanted": "no"})
    assert "Favourites" not in client.get(reverse("intake:catalogue")).content.decode()
    missing = reverse("intake:favourite", kwargs={"form_key": "nothing"})
    assert client.post(missing, {"wanted": "yes"}).status_code == 404


def test_a_form_that_closed_or_is_full_is_refused_when_it_is_sent_and_the_draft_stays(person: User) -> None:
    form = make_form(person, key="once", limit={"count": 1, "per": "person", "within": "ever"})
    draft = make_draft(form, person, subject="second")
    make_submission(form, person)
    client = english(person)
    address = reverse("intake:draft", kwargs={"uuid": draft.uuid})
    refused = client.post(address, {"page": "first", "do": "submit"})
    assert refused.status_code == 409
    assert "that is reached" in refused.content.decode()
    assert client.get(address).status_code == 200
    answer = client.get(reverse("intake:form", kwargs={"form_key": "once"})).content.decode()
    assert "as often as it may be" in answer


def test_people_of_a_department_and_of_those_below_may_fill_a_form_in() -> None:
    top = make_department("group-top")
    below = make_department("branch", parent=top)
    inside, outside = make_user(), make_user()
    hold(inside, make_position(department=below))
    hold(outside, make_position())
    bind_role(make_role("desk"), make_position())
    make_form(inside, key="inner", departments=["group-top"], submitters=["desk"])
    address = reverse("intake:form", kwargs={"form_key": "inner"})
    assert english(inside).get(address).status_code == 200
    assert english(outside).get(address).status_code == 404
    assert english(make_user_with_roles("desk")).get(address).status_code == 200


def test_the_page_takes_the_same_queries_however_many_answers_comments_and_revisions(person: User) -> None:
    def made(count: int) -> Submission:
        fields = [field(f"f{number}", confidentiality="confidential") for number in range(count)]
        submission = make_submission(
            make_form(person, *fields, **OPEN), person, **{f"f{number}": "x" for number in range(count)}
        )
        for number in range(count):
            corrections.comment(submission=submission, text="t", by=person, idempotency_key=f"c{number}")
            corrections.record_reading(submission=submission, by=make_user_with_roles("desk"))
            corrections.correct(
                submission=submission,
                answers={**submission.answers, "f0": f"y{number}"},
                reason="r",
                by=person,
                seen_revision=number + 1,
                idempotency_key=f"k{number}",
            )
        return submission

    client, counts = english(person), {}
    for count in (2, 9):
        submission = made(count)
        for name in ("submission", "history"):
            client.get(to(name, submission))
            with CaptureQueriesContext(connection) as seen:
                assert client.get(to(name, submission)).status_code == 200
            counts.setdefault(name, []).append(len(seen))
    assert all(first == second for first, second in counts.values()), counts


# --- print --------------------------------------------------------------------------------------------------


def words_of(content: bytes, tmp_path: Path) -> tuple[str, str]:
    """The text of a PDF and what pdfinfo says of it."""
    path = tmp_path / "printed.pdf"
    path.write_bytes(content)
    told = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True
    ).stdout
    facts = subprocess.run(["pdfinfo", path], capture_output=True, check=True, text=True).stdout
    return told, facts


@pytest.fixture
def printed(person: User) -> Submission:
    rows = {
        "id": "items",
        "title": text("配件", "Parts"),
        "repeat": {"totals": ["price"]},
        "fields": [field("part"), field("price", "money")],
    }
    one = page("one", field("subject", required=True), field("kind", "choice", options=choices("a", "b")))
    one["groups"].append(rows)
    layout = {
        "key": "slip",
        "title": text("领料单", "Slip"),
        "paper": "A5 landscape",
        "copies": [
            {"key": "customer", "title": text("客户联", "Customer")},
            {"key": "shop", "title": text("车间联", "Workshop")},
        ],
        "signatures": [text("领料人", "Taken by"), text("发料人", "Given by")],
        "footer": text("请妥善保管", "Keep it"),
    }
    form = make_form(person, pages=[one], key="slip", prints=[layout], **OPEN)
    return make_submission(
        form,
        person,
        subject="保险杠左前",
        kind="b",
        items=[
            {"_row": "r1", "part": "前杠", "price": "120.00"},
            {"_row": "r2", "part": "卡扣", "price": "8.50"},
        ],
    )


def test_a_print_gives_back_every_answer_in_the_chosen_layout(
    person: User, printed: Submission, tmp_path: Path
) -> None:
    client = Client()
    client.force_login(person)
    answer = client.get(to("print", printed, layout="slip"))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("inline")
    told, facts = words_of(answer.content, tmp_path)
    for words in (
        "客户联",
        "车间联",
        "SLIP-0001",
        "保险杠左前",
        "选项 b",
        "前杠",
        "卡扣",
        "¥128.50",
        "领料人",
        "请妥善保管",
    ):
        assert words in told.replace("SLIP- 0001", "SLIP-0001"), words
    assert "595.276 x 419.528" in facts
    assert client.get(to("print", printed, layout="nothing")).status_code == 404
    assert client.get(to("print", printed, layout="standard")).status_code == 200


def test_each_copy_of_a_print_counts_its_own_pages(person: User, tmp_path: Path) -> None:
    copies = [{"key": key, "title": text(key)} for key in ("one", "two", "three")]
    form = make_form(
        person,
        field("subject"),
        field("note", "long_text"),
        prints=[{"key": "sheet", "title": text("单"), "copies": copies}],
    )
    done = make_submission(form, person, subject="刹车", note="\n".join(["说明。"] * 90))
    answer = english(person).get(to("print", done, layout="sheet"))
    path = tmp_path / "printed.pdf"
    path.write_bytes(answer.content)
    pages = [page.extract_text() for page in PdfReader(path).pages]
    assert len(pages) > 5
    each = len(pages) // 3
    for number, words in enumerate(pages):
        assert f"{number % each + 1} / {each}" in words


def test_short_answers_stand_in_pairs_on_paper_and_a_table_takes_the_width_of_the_page(person: User) -> None:
    columns = [{"key": "what", "label": text("事项")}, {"key": "price", "label": text("价"), "kind": "money"}]
    form = make_form(
        person,
        field("name"),
        field("plate", "plate"),
        field("note", "long_text"),
        field("parts", "table", options={"columns": columns}),
        field("last"),
    )
    answers = {
        "name": "王小明",
        "plate": "京A12345",
        "note": "第一行\n第二行",
        "parts": [{"what": "机油", "price": "68.00"}],
        "last": "完",
    }
    done = make_submission(form, person, **answers)
    html, _css = printing.submission_html(done, printing.default_layout(), (), "")
    given = html.split("</h2>")[1]
    rows = [row.count("<th>") for row in given.split('<div class="given-wide">')[0].split("<tr>")[1:]]
    assert rows == [2, 1]
    assert 'colspan="3">第一行\n第二行' in given
    assert given.index("given-wide") < given.index("机油") < given.index(">完<")


def test_the_print_of_confidential_answers_is_recorded(person: User) -> None:
    submission = make_submission(make_form(person, field("subject", confidentiality="confidential")), person)
    english(person).get(to("print", submission, layout="standard"))
    assert [event.kind for event in events_of(f"reading:{submission.uuid}")] == ["submission_printed"]


def test_a_receipt_tells_number_and_time_and_no_answer(
    person: User, printed: Submission, tmp_path: Path
) -> None:
    client = Client()
    client.force_login(person)
    told, _facts = words_of(client.get(to("receipt", printed)).content, tmp_path)
    assert "SLIP-0001" in told
    assert "保险杠" not in told


def test_the_blank_form_has_a_place_for_every_question(person: User, tmp_path: Path) -> None:
    every: Edition = make_form(
        person,
        field("subject", required=True),
        field("kind", "choice", options=choices("a", "b")),
        field("yes", "yes_no"),
        field("vin", "vin"),
        field("day", "date"),
        field("long", "long_text"),
        field("stars", "rating"),
        field("sum", "whole_number", computed="1"),
        key="paper",
    )
    client = english(person)
    answer = client.get(reverse("intake:blank", kwargs={"form_key": "paper"}))
    told, _facts = words_of(answer.content, tmp_path)
    for words in (
        "Question subject",
        "Choice a",
        "Choice b",
        "Question vin",
        "Question stars",
        f"edition {every.number}",
    ):
        assert words in told, words
    assert "Question sum" not in told
    hidden = make_form(person, key="hidden", submitters=["desk"])
    assert client.get(reverse("intake:blank", kwargs={"form_key": hidden.key})).status_code == 404
