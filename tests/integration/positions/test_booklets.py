"""Booklets: what is in them, in which order, on which pages; who gets them; what is kept and what is not."""

from __future__ import annotations

import datetime
import io
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pikepdf
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader
from pypdf.generic import Destination

from backoffice.exports import documents, keeping, parallel, pdf
from backoffice.positions import archiving
from backoffice.positions.booklets import making
from backoffice.positions.booklets.contents import Scope, entries
from backoffice.positions.tree import index_page
from foundation.audit.queries import events_of
from foundation.editions.models import Edition
from foundation.editions.queries import body_of
from foundation.organisation.models import User
from foundation.outbox import jobs
from foundation.outbox import services as outbox
from foundation.outbox.models import Job, Message
from tests.factories.organisation import make_department, make_position, make_user, make_user_with_roles
from tests.factories.positions import duty, make_editor, make_published, publish, reload

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 22)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path, time_machine: Any) -> Path:
    """Keep the documents of a test to itself, and its day."""
    time_machine.move_to("2026-11-22 10:00:00+08:00")
    settings.RENDERED_DIR = tmp_path / "rendered"
    settings.RENDER_PROCESSES = 2
    return tmp_path / "rendered"


@pytest.fixture
def organisation() -> dict[str, Any]:
    """An organisation with two departments, one of them with a part, and seven descriptions of several lengths."""
    top = make_department("board", name="总经办", order=1)
    service = make_department("service", name="售后服务部", parent=top, order=3)
    workshop = make_department("workshop", name="机修车间", parent=service, order=1)
    sales = make_department("sales", name="销售部", parent=top, order=2)
    by = make_editor(full_name="王敏")
    pages = {}
    for code, title, department, duties in (
        ("b-1", "总经理", top, 3),
        ("s-1", "销售经理", sales, 40),
        ("s-2", "销售顾问", sales, 1),
        ("v-1", "服务经理", service, 25),
        ("v-2", "服务顾问", service, 2),
        ("w-1", "机修班长", workshop, 60),
        ("w-2", "机修技师", workshop, 5),
    ):
        pages[code] = make_published(
            title,
            position=make_position(code, title=title, department=department),
            by=by,
            duties=[
                duty(f"{title}的第{number:03}项工作，按时完成并留存记录。") for number in range(1, duties + 1)
            ],
        )
    return {"pages": pages, "by": by}


ORDER = ["总经理", "销售经理", "销售顾问", "服务经理", "服务顾问", "机修班长", "机修技师"]


def scope(**values: Any) -> Scope:
    return Scope(**{"day": TODAY, "language": "zh-hans", **values})


def quietly(done: int, total: int, detail: str) -> None:
    """Be told how far it is, and do nothing."""


def made(asked: Scope | None = None) -> Path:
    return making.make(asked or scope(), by=make_user(full_name="林月"), advance=quietly).file


def texts_of(file: Path) -> list[str]:
    """Return the text of each page without white space."""
    shown = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True).stdout.decode()
    return ["".join(page.split()) for page in shown.split("\f")[:-1]]


def first_pages(file: Path) -> dict[str, int]:
    """Return the page each description really begins on: the one with its title as a heading."""
    found = {}
    for number, text in enumerate(texts_of(file), 1):
        for title in ORDER:
            if f"岗位说明书{title}" in text or f"Positiondescription{title}" in text:
                found[title] = number
    return found


def outline_of(reader: PdfReader) -> list[Any]:
    """Return the bookmarks as (title, page from 1, bookmarks below)."""

    def walk(items: list[Any]) -> Iterator[Any]:
        for place, item in enumerate(items):
            if isinstance(item, Destination):
                below = (
                    items[place + 1] if place + 1 < len(items) and isinstance(items[place + 1], list) else []
                )
                yield (str(item.title), reader.get_destination_page_number(item) + 1, list(walk(below)))

    return list(walk(reader.outline))


# --- what is in it ----------------------------------------------------------------------------------------


def test_descriptions_stand_by_department_in_the_order_of_the_tree_and_then_by_code(
    organisation: dict[str, Any],
) -> None:
    assert [entry.title for entry in entries(scope())] == ORDER
    assert list(first_pages(made())) == ORDER


def test_a_department_stands_with_its_parts(organisation: dict[str, Any]) -> None:
    assert [entry.title for entry in entries(scope(department="service"))] == ORDER[3:]
    assert [entry.title for entry in entries(scope(department="sales"))] == ["销售经理", "销售顾问"]


def test_a_day_takes_the_editions_in_force_on_it(organisation: dict[str, Any]) -> None:
    pages = organisation["pages"]
    publish(pages["s-2"], duties=[duty("十二月起的工作")], effective_from=TODAY + datetime.timedelta(days=9))
    archiving.archive(reload(pages["w-2"]), by=organisation["by"], reason="撤岗")
    today = {entry.edition.key: entry.edition.number for entry in entries(scope())}
    later = {
        entry.edition.key: entry.edition.number
        for entry in entries(scope(day=TODAY + datetime.timedelta(days=9)))
    }
    assert (today["s-2"], later["s-2"]) == (1, 2)
    assert "w-2" not in today
    assert entries(scope(day=TODAY - datetime.timedelta(days=9))) == []
    assert "十二月起的工作" not in "".join(texts_of(made()))


def test_what_it_holds_takes_the_same_number_of_questions_however_much_that_is(
    organisation: dict[str, Any], django_assert_num_queries: Callable[..., Any]
) -> None:
    with django_assert_num_queries(3):
        entries(scope(department="sales"))
    with django_assert_num_queries(3):
        entries(scope())


def test_every_duty_is_in_it_and_every_page_is_the_page_of_the_single_document(
    organisation: dict[str, Any],
) -> None:
    file = made()
    bound, starts = texts_of(file), first_pages(file)
    for edition in Edition.objects.filter(kind="position"):
        first = starts[str(body_of(edition)["title"])]
        for number, text in enumerate(texts_of(documents.file_of(edition, "zh-hans")), first):
            page = bound[number - 1].replace(f"汇编第{number}页，共{len(bound)}页", "")
            assert sorted(page) == sorted(text)  # which column of a box is read first may differ
            assert re.findall(r"第\d{3}项工作", page) == re.findall(r"第\d{3}项工作", text)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_contents_name_the_true_pages_and_lead_there(
    organisation: dict[str, Any], language: str, tmp_path: Path
) -> None:
    file = made(scope(language=language))
    reader = PdfReader(file)
    shown = subprocess.run(
        ["pdftotext", "-layout", "-f", "2", "-l", "2", str(file), "-"], capture_output=True, check=True
    ).stdout.decode()
    told = {
        title: int(match[1])
        for title in ORDER
        if (match := re.search(rf"^\s*{title}\s.*?(\d+)\s*$", shown, re.MULTILINE))
    }
    assert told == first_pages(file)
    assert len(told) == len(ORDER)
    links = [
        reader.get_page_number(annotation.get_object()["/Dest"][0].get_object()) + 1
        for annotation in reader.pages[1]["/Annots"]
    ]
    # Title and number of each line, from top to bottom.
    assert links == [page for title in ORDER for page in (told[title], told[title])]
    assert not any("/A" in annotation.get_object() for annotation in reader.pages[1]["/Annots"])


def test_every_page_has_its_number_in_the_booklet(organisation: dict[str, Any]) -> None:
    pages = texts_of(made())
    assert [
        number for number, text in enumerate(pages, 1) if f"汇编第{number}页，共{len(pages)}页" not in text
    ] == []


def test_bookmarks_lead_from_department_to_description_to_heading(organisation: dict[str, Any]) -> None:
    file = made()
    true = first_pages(file)
    outline = outline_of(PdfReader(file))
    departments = {title: below for title, _page, below in outline}
    assert list(departments)[-4:] == ["总经办", "销售部", "售后服务部", "机修车间"]
    assert [(title, page) for title, page, _below in departments["售后服务部"]] == [
        (title, true[title]) for title in ("服务经理", "服务顾问")
    ]
    headings = [title for title, _page, _below in departments["销售部"][0][2]]
    assert "岗位职责" in headings or "Duties" in headings


def test_the_cover_says_whose_of_which_day_how_many_and_who_made_it(organisation: dict[str, Any]) -> None:
    made_by = make_user(full_name="陈立", full_name_en="Chen Li")
    english = scope(language="en", department="service")
    file = making.make(english, by=made_by, advance=quietly).file
    cover = texts_of(file)[0]
    for told in (
        "售后服务部",
        "Nov.22,2026",
        "Positiondescriptions4",
        "MadebyChenLi",
        f"Pages{len(texts_of(file))}",
    ):
        assert told in cover


def test_the_chart_of_the_day_is_in_it_and_is_left_out_where_there_is_none(
    organisation: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_chart = texts_of(made(scope(language="en")))
    assert "Organisationchart" in with_chart[2]
    assert "机修技师" in with_chart[2]
    monkeypatch.setattr("backoffice.positions.booklets.front.posts_on", lambda day: [])
    without = texts_of(made(scope(language="en")))
    assert not any("Organisationchart" in text for text in without)
    assert len(without) == len(with_chart) - 1


# --- what the PDF is --------------------------------------------------------------------------------------


def test_fonts_are_embedded_cut_and_shared_by_all_pages(organisation: dict[str, Any]) -> None:
    file = made()
    shown = subprocess.run(["pdffonts", str(file)], capture_output=True, check=True).stdout.decode()
    rows = [line.split() for line in shown.splitlines()[2:]]
    assert sorted(row[0].split("+")[1] for row in rows) == ["Noto-Sans-SC", "Noto-Sans-SC-Bold"]
    assert [row[4:7] for row in rows] == [["yes", "yes", "yes"]] * 2
    assert file.stat().st_size < sum(
        each.stat().st_size for each in file.parent.parent.rglob("position/*.pdf")
    )


def test_a_description_with_characters_beyond_the_fonts_keeps_its_text(organisation: dict[str, Any]) -> None:
    odd = "甲𠀀乙😀丙"
    publish(organisation["pages"]["s-2"], duties=[duty(odd)])
    publish(organisation["pages"]["v-2"], duties=[duty("丁😀戊𠀀己")])
    whole = "".join(texts_of(made()))
    assert odd in whole
    assert "丁😀戊𠀀己" in whole


def test_tags_are_one_tree_in_which_every_piece_of_every_page_has_its_place(
    organisation: dict[str, Any],
) -> None:
    with pikepdf.open(made()) as book:
        root = book.Root.StructTreeRoot
        assert len(root.K) == 1
        parts = [kid for kid in root.K[0].K if kid.S == "/Part"]
        assert [str(part.T) for part in parts] == ORDER
        entries_of = list(root.ParentTree.Nums)
        tree = dict(zip((int(key) for key in entries_of[::2]), entries_of[1::2], strict=True))
        assert len(tree) == len(entries_of) // 2
        keys = [int(page.StructParents) for page in book.pages]
        assert len(set(keys)) == len(keys)
        for page, key in zip(book.pages, keys, strict=True):
            numbers = {
                int(operands[1].MCID)
                for operands, operator in pikepdf.parse_content_stream(page)
                if str(operator) == "BDC"
                and isinstance(operands[1], pikepdf.Dictionary)
                and "/MCID" in operands[1]
            }
            assert numbers == set(range(len(tree[key])))
            assert {element.Pg.objgen for element in tree[key]} == {page.obj.objgen}
        names, said = [], []

        def walk(element: Any) -> None:
            names.extend([str(element.ID)] if "/ID" in element else [])
            if "/A" in element and "/Headers" in element.A:
                said.extend(str(name) for name in element.A.Headers)
            for kid in element.get("/K", []):
                if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                    assert kid.P.objgen == element.objgen or "/Pg" in kid
                    walk(kid)

        walk(root.K[0])
        assert len(names) == len(set(names)) > 50
        assert set(said) <= set(names)


def test_it_says_its_standard_language_and_title_and_carries_each_edition(
    organisation: dict[str, Any],
) -> None:
    file = made()
    with pikepdf.open(file) as book:
        assert str(book.Root.Lang) == "zh-Hans"
        assert bool(book.Root.MarkInfo.Marked)
        with book.open_metadata() as told:
            assert (told["pdfaid:part"], told["pdfaid:conformance"]) == ("3", "A")
        assert [str(each.S) for each in book.Root.OutputIntents] == ["/GTS_PDFA1"]
        assert len(book.Root.AF) == len(ORDER)
        assert {str(each.AFRelationship) for each in book.Root.AF} == {"/Source"}
    attached = PdfReader(file).attachments
    stored = {bytes(edition.body) for edition in Edition.objects.filter(kind="position")}
    assert {content for several in attached.values() for content in several} == stored
    assert len(attached) == len(ORDER)


# --- made once, in pieces, given up -----------------------------------------------------------------------


def test_the_same_booklet_is_made_once_and_a_new_edition_makes_another(
    organisation: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made()
    rendered: list[str] = []
    render = pdf.Renderer.render

    def counted(self: pdf.Renderer, html: str, **options: Any) -> bytes:
        rendered.append(html)
        return render(self, html, **options)

    monkeypatch.setattr(pdf.Renderer, "render", counted)
    assert made() == first
    assert rendered == []
    publish(organisation["pages"]["s-2"], duties=[duty("改过的工作")])
    assert made() != first
    # Cover and contents, the type case, and the one description that changed.
    assert len(rendered) == 3


def test_progress_is_told_for_each_description_and_then_for_binding(organisation: dict[str, Any]) -> None:
    told: list[tuple[int, int]] = []
    making.make(scope(), by=make_user(), advance=lambda done, total, _detail: told.append((done, total)))
    assert told[: len(ORDER) + 1] == [(done, len(ORDER)) for done in range(len(ORDER) + 1)]
    assert told[len(ORDER) + 1] == (0, len(ORDER))


class GivenUp(Exception):
    """Somebody cancelled."""


@pytest.mark.parametrize("after", [0, 3, 8, 9])
def test_one_that_is_given_up_leaves_no_file_and_no_process(
    organisation: dict[str, Any], after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    children: list[Any] = []
    start = pdf.Renderer._start

    def watched(self: pdf.Renderer, scratch: Path) -> Any:
        children.append(start(self, scratch))
        return children[-1]

    monkeypatch.setattr(pdf.Renderer, "_start", watched)
    calls = iter(range(100))

    def advance(done: int, total: int, detail: str) -> None:
        if next(calls) == after:
            raise GivenUp

    with pytest.raises(GivenUp):
        making.make(scope(), by=make_user(), advance=advance)
    assert not making.folder().exists()
    assert [child.poll() for child in children if child.poll() is None] == []


def test_one_description_that_cannot_be_made_ends_the_whole_and_says_why(
    organisation: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: pdf.Renderer, html: str, **options: Any) -> bytes:
        raise pdf.RenderFailed("too long")

    monkeypatch.setattr(pdf.Renderer, "render", fail)
    with pytest.raises(pdf.RenderFailed, match="too long"):
        made()
    assert not making.folder().exists()


def test_as_many_renderers_as_processors_unless_told_otherwise(settings: Any) -> None:
    settings.RENDER_PROCESSES = 3
    assert parallel.processes() == 3
    settings.RENDER_PROCESSES = 0
    assert parallel.processes() >= 1


# --- on screen --------------------------------------------------------------------------------------------


def signed_in(role: str) -> tuple[Client, User]:
    user = make_user_with_roles(role)
    client = Client()
    client.force_login(user)
    return client, user


def work() -> None:
    for message in Message.objects.filter(delivered_at=None, kind=jobs.MESSAGE_KIND):
        outbox.deliver(message.pk)


def asked_for(client: Client, **values: str) -> Job:
    answer = client.post(
        reverse("booklets:new"), {"department": "", "day": "2026-11-22", "language": "zh-hans", **values}
    )
    assert answer.status_code == 302
    return Job.objects.get(uuid=answer["Location"].strip("/").rpartition("/")[2])


@pytest.mark.parametrize("role", ["hr", "general_manager", "auditor", "manager"])
def test_hr_managers_and_auditors_find_the_button_and_get_the_booklet(
    organisation: dict[str, Any], role: str
) -> None:
    client, user = signed_in(role)
    assert reverse("booklets:new") in client.get(reverse("positions:list")).content.decode()
    job = asked_for(client, department="sales")
    work()
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert job.result["url"] in client.get(reverse("access:job", args=[job.uuid])).content.decode()
    answer = client.get(job.result["url"])
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert len(PdfReader(io.BytesIO(b"".join(answer.streaming_content))).pages) > 3
    told = [event.kind for event in events_of(f"user:{user.uuid}")]
    assert told[-2:] == ["user.booklet_made", "user.exported"]
    assert job.result["url"] in client.get(reverse("booklets:new")).content.decode()


def test_for_others_there_is_no_button_no_form_and_no_file(organisation: dict[str, Any]) -> None:
    owner, _user = signed_in("hr")
    job = asked_for(owner, department="sales")
    work()
    job.refresh_from_db()
    clerk, _user = signed_in("clerk")
    assert reverse("booklets:new") not in clerk.get(reverse("positions:list")).content.decode()
    assert clerk.get(reverse("booklets:new")).status_code == 404
    assert clerk.get(job.result["url"]).status_code == 404
    colleague, _user = signed_in("hr")
    assert colleague.get(job.result["url"]).status_code == 404
    assert job.result["url"] not in colleague.get(reverse("booklets:new")).content.decode()
    assert Client().get(job.result["url"]).status_code == 302


def test_a_cancelled_one_leaves_no_file(
    organisation: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, user = signed_in("hr")
    job = asked_for(client)
    advance = jobs.Running.advance

    def cancelled_in_between(self: jobs.Running, done: int, total: int, detail: str = "") -> None:
        if done == 2:
            jobs.cancel(self.job, by=user)
        advance(self, done, total, detail)

    monkeypatch.setattr(jobs.Running, "advance", cancelled_in_between)
    work()
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert not making.folder().exists()


def test_a_second_click_finds_the_work_of_the_first(organisation: dict[str, Any]) -> None:
    client, _user = signed_in("hr")
    assert asked_for(client) == asked_for(client)
    assert asked_for(client, department="sales") != asked_for(client)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"day": "2020-01-01"}, "No position description is in force on Jan. 1, 2020."),
        ({"day": "31.12."}, "Enter a day as 2026-01-31."),
        ({"department": "gone"}, "This department is no longer there."),
    ],
)
def test_what_cannot_be_made_is_said_at_its_field(
    organisation: dict[str, Any], values: dict[str, str], told: str
) -> None:
    client, _user = signed_in("hr")
    client.cookies["django_language"] = "en"
    answer = client.post(
        reverse("booklets:new"), {"department": "", "day": "2026-11-22", "language": "en", **values}
    )
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert Job.objects.count() == 0


def test_one_whose_descriptions_went_out_of_force_meanwhile_says_so(organisation: dict[str, Any]) -> None:
    client, _user = signed_in("hr")
    job = asked_for(client, department="sales")
    for code in ("s-1", "s-2"):
        archiving.archive(reload(organisation["pages"][code]), by=organisation["by"], reason="撤岗")
    work()
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert job.error


def test_one_that_was_cleared_away_leads_back_to_the_form_as_it_was_asked(
    organisation: dict[str, Any],
) -> None:
    client, _user = signed_in("hr")
    job = asked_for(client, department="sales")
    work()
    job.refresh_from_db()
    (making.folder() / job.result["file"]).unlink()
    answer = client.get(job.result["url"], follow=True)
    assert parse_qs(urlsplit(answer.redirect_chain[0][0]).query) == {
        "day": ["2026-11-22"],
        "department": ["sales"],
        "language": ["zh-hans"],
    }
    assert 'value="sales" selected' in answer.content.decode()


# --- kept and cleared away --------------------------------------------------------------------------------


def test_documents_nobody_asked_for_are_cleared_away_and_used_ones_stay(
    organisation: dict[str, Any], own_folder: Path, time_machine: Any
) -> None:
    used = documents.pdf_of(Edition.objects.get(kind="position", key="s-1"), "zh-hans")
    unused = documents.pdf_of(Edition.objects.get(kind="position", key="s-2"), "zh-hans")
    booklet = own_folder / "booklets" / f"{'0' * 64}.pdf"
    documents.write_whole(booklet, b"%PDF")
    half = own_folder / "booklets" / ".x.part"
    half.write_bytes(b"%P")
    long_ago = timezone.now().timestamp()
    for file in (used, unused, booklet, half):
        os.utime(file, (long_ago, long_ago))
    time_machine.move_to("2027-02-10 10:00:00+08:00")
    assert documents.request_pdf(Edition.objects.get(kind="position", key="s-1"), "zh-hans") == used
    assert keeping.sweep() == 2
    assert (used.exists(), unused.exists(), booklet.exists(), half.exists()) == (True, True, False, False)
    time_machine.move_to("2027-03-10 10:00:00+08:00")
    assert keeping.sweep() == 1
    assert (used.exists(), unused.exists()) == (True, False)


def test_hr_finds_the_booklet_beside_the_list_in_the_administration(organisation: dict[str, Any]) -> None:
    client = Client()
    client.force_login(organisation["by"])
    listing = client.get(reverse("wagtailadmin_explore", args=[index_page().pk])).content.decode()
    assert f'href="{reverse("booklets:new")}"' in listing
