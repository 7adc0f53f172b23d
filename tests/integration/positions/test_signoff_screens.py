"""The screens of signing off: what waits, one request, the report, the rules, the marks; who sees what."""

from __future__ import annotations

import csv
import datetime
import io
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from backoffice.positions import archiving, trail
from backoffice.positions.signoff import marking, receipt
from backoffice.positions.signoff import trail as sign_off_trail
from backoffice.positions.signoff.models import DraftMarks, EditionMarks, SignOff, SignOffPolicy
from backoffice.positions.signoff.spreadsheet import safe
from foundation.audit.queries import events_of
from foundation.outbox.services import sweep
from tests.factories.organisation import (
    PASSWORD,
    hold,
    make_department,
    make_position,
    make_user,
    make_user_with_roles,
)
from tests.factories.positions import duty, make_editor, make_published, publish, save_draft
from tests.factories.signoff import make_due, make_request, refuse, sign

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def in_english(client) -> None:
    client.cookies["django_language"] = "en"


def get(client, user, name, *args, **query):
    client.force_login(user)
    return client.get(reverse(f"positions:{name}", args=args), query)


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def answer(client, request: SignOff, answer: str = "sign", user=None, **fields):
    """Open the page as the person and send the form they see, with ``fields`` filled in."""
    client.force_login(user or request.person)
    address = reverse("positions:sign-off", args=[request.uuid])
    page = client.get(address).content.decode()
    sent = {"answer": answer, "password": PASSWORD, **fields}
    prefixed = {f"{answer}-{name}": value for name, value in sent.items() if name != "answer"}
    values = {"answer": answer, **prefixed}
    for name in ("seen_version", "edition_sha256", "idempotency_key"):
        if f'name="{name}"' in page:
            values[name] = hidden(page, name)
    return client.post(address, values)


# --- mine ---------------------------------------------------------------------------------------------------


def test_nothing_to_sign_says_so_and_shows_no_count(client):
    page = get(client, make_user(), "sign-offs").content.decode()
    assert "Nothing is to be signed" in page
    assert "You have not signed anything yet" in page
    assert "nav__count" not in page


def test_what_waits_stands_in_the_inbox_in_the_rail_in_the_list_and_on_the_description(client):
    request = make_due(make_request(), timezone.localdate() - DAY)
    person = request.person
    inbox = get(client, person, "sign-offs").content.decode()
    assert "overdue" in inbox
    assert "nav__count" in inbox
    client.force_login(person)
    inbox = client.get("/inbox/").content.decode()
    assert "1 position description waits for your signature. Overdue: 1." in inbox
    detail = get(client, person, "detail", request.position.code).content.decode()
    assert reverse("positions:sign-off", args=[request.uuid]) in detail
    sign(request)
    assert "waits for your signature" not in client.get("/inbox/").content.decode()


def test_ones_own_list_takes_a_fixed_number_of_queries(
    client, django_assert_num_queries, django_assert_max_num_queries
):
    person = make_user()
    for _number in range(2):
        sign(make_request(person=person))
        make_request(person=person)
    get(client, person, "sign-offs")
    # Signing in included, whose event takes two locks of its own on PostgreSQL.
    with django_assert_max_num_queries(35) as counted:
        get(client, person, "sign-offs")
    for _number in range(3):
        sign(make_request(person=person))
        make_request(person=person)
    with django_assert_num_queries(len(counted)):
        get(client, person, "sign-offs")


# --- one request --------------------------------------------------------------------------------------------


def test_the_first_time_the_whole_text_is_shown_and_later_what_changed_since_ones_own_signature(client):
    page = make_published(duties=[duty("接待来店客户", deadline="当日"), duty("盘点库存"), duty("整理台账")])
    request = make_request(page)
    first = get(client, request.person, "sign-off", request.uuid).content.decode()
    assert '<details class="sign-off-fold" open>' in first
    sign(request)
    rows = page.duties.raw_data
    page = publish(  # not signed by the time of the next one
        page, duties=[{**rows[0], "value": {**rows[0]["value"], "deadline": "两小时内"}}, rows[1], rows[2]]
    )
    rows = page.duties.raw_data
    spelled = {**rows[1], "value": {**rows[1]["value"], "text": "盘点库存。"}}
    publish(page, duties=[rows[0], spelled, {**rows[2], "value": {**rows[2]["value"], "cadence": "daily"}}])
    sweep()
    again = SignOff.objects.get(state="open")
    assert again.edition.number == 3
    shown = get(client, again.person, "sign-off", again.uuid).content.decode()
    assert "What changed since edition 1" in shown
    material, _mark, beside = shown.partition("Also changed, without effect on what is signed")
    assert "两小时内" in material  # of the edition between, which nobody signed
    assert "Daily" in material
    assert "盘点库存。" in beside.partition("The whole text")[0]
    assert '<details class="sign-off-fold">' in shown


def test_a_signature_over_the_page_is_kept_and_the_receipt_shown(client):
    request = make_request()
    response = answer(client, request, read="on")
    assert (response.status_code, response["Location"]) == (
        302,
        reverse("positions:sign-off", args=[request.uuid]),
    )
    done = SignOff.objects.get()
    page = client.get(response["Location"]).content.decode()
    proof = events_of(done.stream)[-1].hash[:16]
    assert done.state == "signed"
    assert done.statement in page
    assert proof in page
    assert "I do not sign" not in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Read the text, then tick here."),
        ({"read": "on", "password": ""}, "Enter the password you sign in with."),
        ({"read": "on", "password": "not-my-password"}, "This is not your password."),
    ],
)
def test_without_reading_or_with_another_password_nothing_is_signed_and_the_page_says_why(
    client, fields, said
):
    request = make_request()
    response = answer(client, request, **fields)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert SignOff.objects.get().state == "open"


def test_guessing_the_password_locks_the_answer_like_the_sign_in(client, settings):
    settings.AXES_ENABLED = True
    settings.AXES_FAILURE_LIMIT = 3
    request = make_request()
    statuses = [answer(client, request, read="on", password="guess").status_code for _time in range(3)]
    assert statuses[-1] == 429
    assert answer(client, request, read="on").status_code == 429
    assert SignOff.objects.get().state == "open"


def test_a_refusal_over_the_page_keeps_the_reason_and_gives_back_what_was_typed_when_it_fails(client):
    request = make_request()
    wrong = answer(client, request, "refuse", reason="超出岗位范围", password="wrong")
    assert wrong.status_code == 422
    assert "超出岗位范围" in wrong.content.decode()
    assert answer(client, request, "refuse", reason="").status_code == 422
    assert answer(client, request, "refuse", reason="超出岗位范围").status_code == 302
    done = SignOff.objects.get()
    assert (done.state, done.reason) == ("refused", "超出岗位范围")
    page = client.get(reverse("positions:sign-off", args=[request.uuid])).content.decode()
    assert "超出岗位范围" in page


def test_an_answer_to_what_was_answered_meanwhile_shows_how_it_stands(client):
    request = make_request()
    client.force_login(request.person)
    address = reverse("positions:sign-off", args=[request.uuid])
    page = client.get(address).content.decode()
    sign(request)
    names = ("seen_version", "edition_sha256", "idempotency_key")
    late = client.post(
        address,
        {
            **{name: hidden(page, name) for name in names},
            "answer": "sign",
            "sign-read": "on",
            "sign-password": PASSWORD,
        },
    )
    assert late.status_code == 409
    assert "answered or has ended meanwhile" in late.content.decode()


def test_others_see_the_request_without_the_form_and_strangers_see_nothing(client):
    boss_post = make_position()
    boss = make_user()
    hold(boss, boss_post)
    request = make_request(make_published(position=make_position(superiors=[boss_post])))
    for person in (make_user_with_roles("hr"), make_user_with_roles("auditor"), boss):
        page = get(client, person, "sign-off", request.uuid)
        assert page.status_code == 200
        assert 'name="sign-password"' not in page.content.decode()
        refused = client.post(
            reverse("positions:sign-off", args=[request.uuid]),
            {"answer": "sign", "sign-read": "on", "sign-password": PASSWORD},
        )
        assert refused.status_code == 403
    stranger = make_user()
    for name in ("sign-off", "sign-off-pdf"):
        assert get(client, stranger, name, request.uuid).status_code == 404
    assert client.post(reverse("positions:sign-off-remind", args=[request.uuid])).status_code == 404
    assert SignOff.objects.get().state == "open"


def test_reminding_and_asking_again_from_the_page(client):
    request = make_due(make_request(), timezone.localdate() + DAY)
    hr = make_user_with_roles("hr")
    client.force_login(hr)
    reminded = client.post(reverse("positions:sign-off-remind", args=[request.uuid]), follow=True)
    assert "is reminded by mail" in reminded.content.decode()
    twice = client.post(reverse("positions:sign-off-remind", args=[request.uuid]), follow=True)
    assert "One mail a day is enough" in twice.content.decode()
    refuse(SignOff.objects.get(pk=request.pk))
    asked = client.post(reverse("positions:sign-off-ask-again", args=[request.uuid]), follow=True)
    assert "is asked again" in asked.content.decode()
    assert SignOff.objects.filter(state="open").count() == 1


# --- the report ---------------------------------------------------------------------------------------------


@pytest.fixture
def house():
    """Two departments with an open, an overdue, a signed, a late and a refused request."""
    service, sales = make_department("service", name="售后部"), make_department("sales", name="销售部")
    today = timezone.localdate()

    def request(title: str, department, **holding: Any) -> SignOff:
        page = make_published(title, position=make_position(title=title, department=department))
        return make_request(page, person=make_user(full_name=f"{title}甲"), **holding)

    made = {
        "open": request("服务顾问", service),
        "overdue": make_due(request("技师", service), today - DAY),
        "signed": request("销售顾问", sales),
        "late": make_due(request("销售经理", sales), today - DAY),
        "refused": request("试驾专员", sales),
    }
    sign(made["signed"])
    sign(made["late"])
    refuse(made["refused"], "=HYPERLINK(1)")
    return made


def rows_of(response) -> set[str]:
    return {str(one.person) for one in response.context["page"].object_list}


def test_the_report_counts_by_department_and_filters(client, house):
    hr = make_user_with_roles("hr")
    whole = get(client, hr, "sign-off-report")
    assert len(whole.context["page"].object_list) == 5
    counts = {row["position__department__code"]: row for row in whole.context["counts"]}
    names = ("total", "n_open", "n_overdue", "n_signed", "n_late", "n_refused")
    assert [counts["service"][name] for name in names] == [2, 2, 1, 0, 0, 0]
    assert [counts["sales"][name] for name in names] == [3, 0, 0, 2, 1, 1]
    for state in ("open", "overdue", "signed", "late", "refused"):
        found = rows_of(get(client, hr, "sign-off-report", state=state))
        assert str(house[state].person) in found
        assert len(found) == {"open": 2, "signed": 2}.get(state, 1)
    assert len(rows_of(get(client, hr, "sign-off-report", department="sales"))) == 3
    assert rows_of(get(client, hr, "sign-off-report", position=house["open"].position.code)) == {
        str(house["open"].person)
    }
    assert rows_of(get(client, hr, "sign-off-report", q="技师")) == {str(house["overdue"].person)}
    assert "No request fits" in get(client, hr, "sign-off-report", q="无此人").content.decode()


def test_earlier_ones_and_ended_ones_are_shown_where_asked_for(client, house):
    hr = make_user_with_roles("hr")
    ended = rows_of(get(client, hr, "sign-off-report", state="ended"))
    assert len(ended) == 2  # those that make_due put in the place of the first ones
    assert get(client, hr, "sign-off-report", every="1").context["page"].paginator.count == 7


def test_leaders_see_their_own_people_and_others_have_no_report(client, house):
    head = make_user()
    hold(head, make_position(department=house["open"].position.department, heads=True))
    assert rows_of(get(client, head, "sign-off-report")) == {
        str(house["open"].person),
        str(house["overdue"].person),
    }
    file = get(client, head, "sign-off-report-file").content.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(file)))) == 3
    assert get(client, house["open"].person, "sign-off-report").status_code == 404
    assert get(client, house["open"].person, "sign-off-report-file").status_code == 404


def test_the_report_takes_a_fixed_number_of_queries(
    client, house, django_assert_num_queries, django_assert_max_num_queries
):
    auditor = make_user_with_roles("auditor")
    get(client, auditor, "sign-off-report")
    with django_assert_max_num_queries(32) as counted:
        get(client, auditor, "sign-off-report")
    for _number in range(4):
        sign(make_request())
    with django_assert_num_queries(len(counted)):
        get(client, auditor, "sign-off-report")


def test_the_file_opens_in_spreadsheets_and_holds_no_formula(client, house):
    response = get(client, make_user_with_roles("hr"), "sign-off-report-file")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0][:4] == ["Department", "Position", "Code", "Name"]
    assert len(rows) == 6
    refused = next(row for row in rows if "refused" in row)
    assert "'=HYPERLINK(1)" in refused
    for cell in ("=1", "+1", "-1", "@x", "\tx", "＝1"):
        assert safe(cell).startswith("'")
    assert safe(-1) == "'-1"
    assert safe("a=1") == "a=1"


# --- rules, marks, the description --------------------------------------------------------------------------


def test_hr_changes_the_rules_and_a_wrong_value_is_named(client):
    hr = make_user_with_roles("hr")
    client.force_login(hr)
    address = reverse("positions:sign-off-rules")
    values = {"days": 10, "calendar": "", "remind_before": 2, "remind_every": 5, "valid_months": 12}
    wrong = client.post(address, {**values, "days": 0, "seen_version": 0})
    assert wrong.status_code == 422
    assert SignOffPolicy.objects.count() == 0
    assert client.post(address, {**values, "seen_version": 0}).status_code == 302
    assert SignOffPolicy.objects.get().days == 10
    late = client.post(address, {**values, "days": 20, "seen_version": 0})
    assert late.status_code == 409
    assert "Somebody else changed the rules" in late.content.decode()
    for other in (make_user(), make_user_with_roles("auditor")):
        assert get(client, other, "sign-off-rules").status_code == 404


def test_the_author_marks_the_changes_of_the_draft_in_the_admin(client):
    page = make_published(duties=[duty("接待客户"), duty("盘点")])
    rows = page.duties.raw_data
    page = save_draft(
        page,
        duties=[
            {**rows[0], "value": {**rows[0]["value"], "cadence": "daily"}},
            {**rows[1], "value": {**rows[1]["value"], "text": "盘点。"}},
        ],
    )
    client.force_login(page.owner)
    address = reverse("positions_sign_off", args=[page.pk])
    shown = client.get(address).content.decode()
    first, second = (f"duties.{row['id']}" for row in rows)
    assert re.search(rf'value="{first}" checked', shown)
    assert re.search(rf'value="{second}">', shown)
    saved = client.post(
        address, {"material": [second], f"reason-{first}": "本来如此", "note": "请注意第二条"}
    )
    assert saved.status_code == 302
    assert set(DraftMarks.objects.get().overruled) == {first, second}
    again = client.get(address).content.decode()
    assert again.count("You judge otherwise.") + again.count("您的判断与建议不同。") == 2
    publish(page)
    kept = EditionMarks.objects.get(edition__number=2)
    assert {mark["key"]: mark["material"] for mark in kept.marks} == {first: False, second: True}
    assert kept.note == "请注意第二条"


def test_marks_of_a_first_edition_of_an_unchanged_draft_and_of_an_archived_one(client):
    page = make_published()
    client.force_login(page.owner)
    address = reverse("positions_sign_off", args=[page.pk])
    assert marking.draft_of(page).decisions == ()
    assert client.get(address).status_code == 200
    archiving.archive(page, by=page.owner)
    shown = client.get(address)
    assert (shown.status_code, '<fieldset class="remit-marks__all" disabled>' in shown.content.decode()) == (
        200,
        True,
    )
    assert client.post(address, {"note": "x"})["Location"] == reverse("wagtailadmin_home")  # refused
    assert DraftMarks.objects.count() == 0


def test_the_editor_leads_to_the_marks(client):
    page = make_published()
    client.force_login(make_editor())
    editor = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
    assert reverse("positions_sign_off", args=[page.pk]) in editor


def test_hr_and_auditors_see_beside_the_description_who_has_signed_it(client):
    request = make_request()
    code = request.position.code
    for role, sees in (("hr", True), ("auditor", True), ("general_manager", False)):
        shown = get(client, make_user_with_roles(role), "detail", code).content.decode()
        assert ("to be signed" in shown) is sees
    sign(request)
    first, *rest = request.position.page.duties.raw_data
    publish(
        request.position.page,
        duties=[{**first, "value": {**first["value"], "text": "接待来店客户。"}}, *rest],
    )
    shown = get(client, make_user_with_roles("hr"), "detail", code).content.decode()
    assert "signed: edition 1; nothing new to sign" in shown


def test_the_auditors_trail_tells_of_requests_and_marks(client):
    request = make_request()
    refuse(request, "不同意第三条")
    code = request.position.code
    with translation.override("en"):
        told = trail.entries(code)
        what = [entry.what for entry in told]
        assert f"Asked to sign · {request.person}, edition 1" in what
        assert "Decided what holders sign for · edition 1" in what
        refusal = next(entry for entry in told if entry.what.startswith("Refused to sign"))
        assert (refusal.reason, bool(refusal.proof)) == ("不同意第三条", True)
        (found,) = sign_off_trail.find(str(request.person))
        assert [entry.what for entry in sign_off_trail.entries(found.key)] == [
            "Asked to sign",
            "Refused to sign",
        ]
    client.force_login(make_user_with_roles("auditor"))
    assert client.get(reverse("auditing:trail", args=["sign-offs", str(request.uuid)])).status_code == 200
    assert client.get(reverse("auditing:trail", args=["positions", code])).status_code == 200


# --- the statement as PDF -----------------------------------------------------------------------------------


def read(path: Path) -> str:
    shown = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return "".join(shown.stdout.decode().split())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_statement_says_who_what_when_and_holds_the_text(settings, tmp_path, language):
    settings.RENDERED_DIR = tmp_path / "rendered"
    page = make_published("服务顾问", position=make_position("adviser", title="服务顾问"))
    request = make_due(
        make_request(page, person=make_user(full_name="陆晚晴", full_name_en="Lu Wanqing")),
        timezone.localdate() - DAY,
    )
    with translation.override(language):
        sign(request)
    done = SignOff.objects.select_related("person", "position__department", "edition").get(pk=request.pk)
    assert receipt.request_pdf(done, language) is None
    sweep()
    path = receipt.request_pdf(done, language)
    assert path is not None
    text = read(path)
    assert "".join(done.statement.split()) in text
    for expected in (
        str(done.person.full_name if language == "zh-hans" else done.person.full_name_en).replace(" ", ""),
        done.edition_sha256,
        events_of(done.stream)[-1].hash,
        str(done.uuid),
        "1/1",
    ):
        assert expected in text
    if language == "en":
        assert "late" in text
    fonts = subprocess.run(["pdffonts", str(path)], capture_output=True, check=True).stdout.decode()
    assert all(re.search(r"\byes\s+yes\s+yes\b", line) for line in fonts.splitlines()[2:])
    attached = PdfReader(path).attachments["edition.json"]
    assert bytes(attached[0]) == bytes(done.edition.body)
    assert receipt.render(done, language) == path.read_bytes()  # the same bytes each time
    assert path.stat().st_size < 120_000


def test_the_pdf_is_made_by_the_worker_and_an_open_request_has_none(client, settings, tmp_path):
    settings.RENDERED_DIR = tmp_path / "rendered"
    request = make_request()
    assert get(client, request.person, "sign-off-pdf", request.uuid).status_code == 404
    sign(request)
    assert get(client, request.person, "sign-off-pdf", request.uuid).status_code == 202
    sweep()
    answer = get(client, request.person, "sign-off-pdf", request.uuid)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
