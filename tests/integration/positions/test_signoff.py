"""Signing off: from publication to signature, by the clock, and everything that ends a request."""

from __future__ import annotations

import datetime
import threading

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import override

from backoffice.positions import archiving
from backoffice.positions.signoff import keeping, marking, policy, services
from backoffice.positions.signoff.enums import SignOffState, WhyAsked, WhyEnded
from backoffice.positions.signoff.exceptions import NotFound, NotPermitted, Overtaken, RuleBroken
from backoffice.positions.signoff.models import DraftMarks, EditionMarks, SignOff
from backoffice.positions.signoff.rules import Eyes
from foundation.audit.queries import events_of
from foundation.audit.verification import verify
from foundation.organisation import services as organisation
from foundation.organisation.models import Holding
from foundation.outbox.services import sweep
from tests.factories.notifying import mails_written
from tests.factories.organisation import (
    hold,
    make_department,
    make_deputy,
    make_position,
    make_user,
    make_user_with_roles,
)
from tests.factories.positions import (
    duty,
    make_draft,
    make_editor,
    make_published,
    publish,
    save_draft,
)
from tests.factories.signoff import answer_of, make_due, make_request, refuse, sign

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def today() -> datetime.date:
    return timezone.localdate()


def mails(person=None) -> list[str]:
    found = mails_written()
    return [
        message.payload["subject"]
        for message in found
        if person is None or message.payload["to"] == [person.email]
    ]


# --- from publication to the request ------------------------------------------------------------------------


def test_publishing_asks_every_holder_through_the_outbox_and_tells_them_by_mail():
    page = make_draft("服务顾问", position=make_position("adviser", title="服务顾问"))
    regular, acting, gone, off = (make_user() for _number in range(4))
    hold(regular, page.position)
    hold(acting, page.position, kind=Holding.Kind.ACTING)
    hold(gone, page.position, ends=today() - DAY)
    off.is_active = False
    off.save()
    hold(off, page.position)
    make_deputy(regular, make_user())
    publish(page)
    assert SignOff.objects.count() == 0  # the publication itself stays short
    sweep()
    assert {(one.person, one.why, one.state) for one in SignOff.objects.all()} == {
        (regular, "new_edition", "open"),
        (acting, "new_edition", "open"),
    }
    one = SignOff.objects.get(person=regular)
    assert (one.due_on, one.edition.number, one.holding_kind) == (today() + 14 * DAY, 1, "regular")
    with override("zh-hans"):
        assert len(mails(regular)) == 1
    sweep()
    keeping.keep_up()
    assert SignOff.objects.count() == 2


def test_publishing_costs_the_same_however_many_hold_the_post(
    django_assert_num_queries, django_assert_max_num_queries
):
    few, many = make_draft(), make_draft()
    hold(make_user(), few.position)
    for _number in range(12):
        hold(make_user(), many.position)
    with django_assert_max_num_queries(400) as counted:
        publish(few)
    with django_assert_num_queries(len(counted)):
        publish(many)


def test_a_new_holder_is_asked_when_the_appointment_is_written_and_a_coming_one_on_the_first_day():
    page, hr = make_published(), make_editor()
    now, later = make_user(), make_user()
    organisation.appoint(person=now, position=page.position, by=hr)
    organisation.appoint(person=later, position=page.position, by=hr, starts=today() + 5 * DAY)
    sweep()
    assert [one.person for one in SignOff.objects.all()] == [now]
    keeping.carry_out(page.code, today() + 4 * DAY)
    assert SignOff.objects.filter(person=later).count() == 0
    keeping.carry_out(page.code, today() + 5 * DAY)
    assert SignOff.objects.get(person=later).why == WhyAsked.NEW_HOLDER


def test_the_worker_finds_what_nobody_told_it():
    page = make_published()
    person = make_user()
    hold(person, page.position)  # written past the services
    keeping.keep_up()
    assert SignOff.objects.get().person == person


def test_looking_at_all_positions_takes_the_same_number_of_queries_however_many(django_assert_num_queries):
    for _number in range(2):
        make_request()
    with django_assert_num_queries(8):
        keeping.keep_up()
    for _number in range(6):
        sign(make_request())
    with django_assert_num_queries(8):
        keeping.keep_up()


def test_one_position_that_cannot_be_looked_at_does_not_keep_the_others_waiting(monkeypatch):
    good, bad = make_published(), make_published()
    hold(make_user(), good.position)
    hold(make_user(), bad.position)
    carry_out = keeping.carry_out

    def fails(code, day=None):
        if code == bad.code:
            raise RuntimeError("no")
        return carry_out(code, day)

    monkeypatch.setattr(keeping, "carry_out", fails)
    with pytest.raises(RuntimeError):
        keeping.keep_up()
    assert [one.position for one in SignOff.objects.all()] == [good.position]


# --- marks --------------------------------------------------------------------------------------------------


def test_the_first_edition_is_material_altogether_and_the_marks_are_kept_with_it():
    page = make_published()
    kept = EditionMarks.objects.get()
    assert (kept.edition.key, kept.against, kept.material) == (page.code, None, True)
    assert {mark["why"] for mark in kept.marks} == {"first"}
    (event,) = events_of(kept.stream)
    assert {change.path: change.after for change in event.changes}["marks"] == kept.marks


def test_a_change_of_spelling_informs_and_asks_nobody_who_signed():
    request = make_request()
    sign(request)
    page = request.position.page
    first, *rest = page.duties.raw_data
    changed = [{**first, "value": {**first["value"], "text": "接待来店客户。"}}, *rest]
    publish(page, duties=changed)
    sweep()
    assert SignOff.objects.count() == 1
    assert EditionMarks.objects.get(edition__number=2).material is False
    with override("zh-hans"):
        assert len(mails(request.person)) == 2  # asked for the first, informed of the second
    keeping.keep_up()
    assert (SignOff.objects.count(), len(mails(request.person))) == (1, 2)


def test_the_author_overrules_and_the_decision_survives_further_editing():
    page = make_published(duties=[{**duty("接待客户"), "id": "1" * 8}, {**duty("盘点"), "id": "2" * 8}])
    by = page.owner
    rows = page.duties.raw_data
    page = save_draft(page, duties=[{**rows[0], "value": {**rows[0]["value"], "cadence": "daily"}}, rows[1]])
    draft = marking.draft_of(page)
    key = f"duties.{rows[0]['id']}"
    assert [(one.part.key, one.material) for one in draft.decisions] == [(key, True)]
    marking.save(page, material=[], reasons={key: "一直如此"}, note="请看第一条", by=by)
    page = save_draft(page, summary="接待客户并盘点")
    found = {one.part.key: one for one in marking.draft_of(page).decisions}
    assert (found[key].material, found[key].reason, found[key].outdated) == (False, "一直如此", False)
    assert found["summary"].material is True  # follows the proposal
    rows = page.get_latest_revision_as_object().duties.raw_data
    page = save_draft(page, duties=[{**rows[0], "value": {**rows[0]["value"], "cadence": "weekly"}}, rows[1]])
    found = {one.part.key: one for one in marking.draft_of(page).decisions}
    assert (found[key].material, found[key].outdated) == (False, True)
    publish(page)
    kept = EditionMarks.objects.get(edition__number=2)
    assert {mark["key"]: (mark["material"], mark["proposed"], mark["reason"]) for mark in kept.marks} == {
        key: (False, True, "一直如此"),
        "summary": (True, True, ""),
    }
    assert (kept.note, kept.against.number, DraftMarks.objects.count()) == ("请看第一条", 1, 0)


def test_ticking_what_is_proposed_keeps_nothing():
    page = save_draft(make_published(), summary="新的概要")
    marking.save(page, material=["summary"], reasons={"summary": "x"}, note="", by=page.owner)
    assert DraftMarks.objects.get().overruled == {}


def test_an_edition_that_waits_is_compared_with_what_it_will_replace():
    page = make_published(effective_from=None)
    publish(page, summary="一", effective_from=today() + 30 * DAY)
    publish(page, summary="二", effective_from=today() + 60 * DAY)
    publish(page, summary="三", effective_from=None)
    against = {row.edition.number: row.against and row.against.number for row in EditionMarks.objects.all()}
    assert against == {1: None, 2: 1, 3: 2, 4: 1}


# --- answering ----------------------------------------------------------------------------------------------


def test_a_signature_is_sealed_to_the_text_and_to_the_words_it_stands_under():
    request = make_request(make_published("服务顾问", position=make_position("adviser", title="服务顾问")))
    with override("en"):
        receipt = sign(request)
    done = SignOff.objects.get(pk=request.pk)
    assert (done.state, done.late, done.edition_sha256) == ("signed", False, request.edition.sha256)
    assert done.statement.startswith(
        "I have read and understood edition 1 of the position description “服务顾问”"
    )
    asked, signed = events_of(done.stream)
    assert (asked.kind, signed.kind, signed.actor_id) == ("sign_off_asked", "sign_off_signed", done.person_id)
    assert (signed.edition_sha256, signed.hash[:16]) == (request.edition.sha256, receipt.fingerprint)
    assert (signed.source_state, signed.target_state) == ("open", "signed")
    assert verify().faults == []


def test_the_same_page_sent_twice_signs_once_and_gives_the_same_receipt():
    request = make_request()
    answer = answer_of(request)
    first, second = services.sign(**answer), services.sign(**answer)
    assert first.fingerprint == second.fingerprint
    assert len(events_of(request.stream)) == 2
    with pytest.raises(RuleBroken):
        services.refuse(**answer, reason="其实不签")


def test_a_late_signature_is_kept_as_late():
    on_the_day = make_due(make_request(), today())
    a_day_after = make_due(make_request(), today() - DAY)
    for request in (on_the_day, a_day_after):
        sign(request)
    assert [SignOff.objects.get(pk=one.pk).late for one in (on_the_day, a_day_after)] == [False, True]


def test_a_refusal_needs_a_reason_and_reaches_hr_and_the_line_manager():
    hr = make_user_with_roles("hr")
    boss_post = make_position()
    boss = make_user()
    hold(boss, boss_post)
    position = make_position(superiors=[boss_post])
    request = make_request(make_published(position=position))
    with pytest.raises(RuleBroken):
        refuse(request, "  ")
    refuse(request, "职责超出合同")
    done = SignOff.objects.get(pk=request.pk)
    assert (done.state, done.reason) == ("refused", "职责超出合同")
    told = mails_written(key__contains=":refused:")
    keepers = {hr.email, request.position.page.owner.email}  # both have the role of HR
    assert {message.payload["to"][0] for message in told} == {*keepers, boss.email}
    assert all("职责超出合同" in message.payload["body"] for message in told)


def test_only_the_holder_answers_and_strangers_learn_nothing():
    request = make_request()
    hr, stranger = make_user_with_roles("hr"), make_user()
    for answer in (sign, refuse):
        with pytest.raises(NotPermitted):
            answer(request, by=hr)
        with pytest.raises(NotFound):
            answer(request, by=stranger)
    request.person.is_active = False
    request.person.save()
    with pytest.raises(NotFound):
        sign(request)
    assert SignOff.objects.get().state == "open"


def test_another_text_than_the_one_shown_is_not_signed():
    request = make_request()
    with pytest.raises(RuleBroken):
        sign(request, edition_sha256="0" * 64)
    assert SignOff.objects.get().state == "open"


def test_a_reminder_that_came_while_somebody_was_reading_takes_nothing_from_them():
    request = make_due(make_request(), today())
    seen = request.version
    assert services.remind_by_clock(request=request.pk, today=today())
    sign(request, seen_version=seen)
    assert SignOff.objects.get(pk=request.pk).state == "signed"


def test_an_edition_replaced_a_moment_ago_cannot_be_signed_any_more():
    request = make_request()
    publish(request.position.page, summary="新的概要")  # the worker has not come round yet
    with pytest.raises(Overtaken):
        sign(request)
    assert SignOff.objects.get(pk=request.pk).state == "open"


STATES = ("open", "signed", "refused", "lapsed", "cancelled")


def in_state(state: str) -> SignOff:
    request = make_request()
    if state in ("signed", "refused"):
        {"signed": sign, "refused": refuse}[state](request)
    elif state == "lapsed":
        services.lapse(request=request.pk, why=WhyEnded.NEWER_EDITION)
    elif state == "cancelled":
        services.cancel(request=request.pk, why=WhyEnded.HOLDING_ENDED)
    return SignOff.objects.get(pk=request.pk)


def eyes(request: SignOff, who: str) -> Eyes:
    if who == "holder":
        return Eyes(request.person, ())
    if who == "leader":
        leader = make_user()
        boss_post = make_position()
        hold(leader, boss_post)
        request.position.superiors.add(boss_post)
        return Eyes(leader, ())
    if who == "stranger":
        return Eyes(make_user(), ())
    return Eyes(make_user_with_roles(who), {who})


WHO = ("holder", "leader", "hr", "auditor", "stranger")
ALLOWED = {
    ("sign", "open", "holder"),
    ("refuse", "open", "holder"),
    ("remind", "open", "leader"),
    ("remind", "open", "hr"),
    ("ask_again", "refused", "hr"),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("action", ["sign", "refuse", "remind", "ask_again"])
def test_every_state_by_action_by_person(state, who, action):
    request = in_state(state)
    if state == "open":
        request = make_due(request, today())  # not asked today, so that reminding is possible
    seen = eyes(request, who)
    before = (request.state, request.version)
    actions = {
        "sign": lambda: sign(request, by=seen.user),
        "refuse": lambda: refuse(request, by=seen.user),
        "remind": lambda: services.remind(uuid=request.uuid, eyes=seen),
        "ask_again": lambda: services.ask_again(uuid=request.uuid, eyes=seen),
    }
    if (action, state, who) in ALLOWED:
        actions[action]()
        changed = SignOff.objects.get(pk=request.pk)
        if action == "ask_again":
            assert SignOff.objects.filter(why=WhyAsked.ASKED_AGAIN, state="open").count() == 1
        else:
            assert changed.version == before[1] + 1
        return
    with pytest.raises(NotFound if who == "stranger" else (NotPermitted, RuleBroken, Overtaken)):
        actions[action]()
    kept = SignOff.objects.get(pk=request.pk)
    assert (kept.state, kept.version) == before
    assert not SignOff.objects.filter(why=WhyAsked.ASKED_AGAIN).exists()


def test_a_refused_request_is_asked_again_once_and_the_refusal_stays():
    request = in_state("refused")
    hr = Eyes(make_user(), {"hr"})
    again = services.ask_again(uuid=request.uuid, eyes=hr)
    assert (again.state, again.why, again.edition) == ("open", "asked_again", request.edition)
    with pytest.raises(RuleBroken):
        services.ask_again(uuid=request.uuid, eyes=hr)
    keeping.keep_up()
    sign(again)
    keeping.keep_up()
    assert sorted(one.state for one in SignOff.objects.all()) == ["refused", "signed"]


def test_a_withdrawn_description_is_not_asked_about_again():
    request = in_state("refused")
    page = request.position.page
    archiving.archive(page, by=page.owner)
    with pytest.raises(RuleBroken):
        services.ask_again(uuid=request.uuid, eyes=Eyes(make_user(), {"hr"}))


# --- what ends a request ------------------------------------------------------------------------------------


def test_a_newer_edition_lets_the_open_request_lapse():
    request = make_request()
    publish(request.position.page, summary="全新的概要")
    sweep()
    assert {(one.edition.number, one.state, one.reason) for one in SignOff.objects.all()} == {
        (1, "lapsed", "newer_edition"),
        (2, "open", ""),
    }


def test_a_correction_of_spelling_keeps_the_due_day():
    request = make_due(make_request(), today() - 3 * DAY)
    page = request.position.page
    first, *rest = page.duties.raw_data
    publish(page, duties=[{**first, "value": {**first["value"], "text": "接待来店客户。"}}, *rest])
    sweep()
    again = SignOff.objects.get(state="open")
    assert (again.edition.number, again.due_on) == (2, today() - 3 * DAY)


def test_an_ended_holding_a_struck_one_a_closed_account_and_a_withdrawal_end_the_request():
    hr = make_editor()
    ended, struck, closed, withdrawn = (make_request() for _number in range(4))
    holdings = {one: Holding.objects.get(pk=one.holding_key) for one in (ended, struck)}
    Holding.objects.filter(pk=ended.holding_key).update(ends=today() - DAY)
    organisation.strike_holding(holding=holdings[struck], by=hr, reason="录错人")
    organisation.set_active(person=closed.person, active=False, by=hr)
    archiving.archive(withdrawn.position.page, by=hr)
    keeping.keep_up()
    assert [
        (one.state, one.reason)
        for one in (SignOff.objects.get(pk=each.pk) for each in (ended, struck, closed, withdrawn))
    ] == [
        ("cancelled", "holding_ended"),
        ("cancelled", "holding_ended"),
        ("cancelled", "account_closed"),
        ("lapsed", "withdrawn"),
    ]
    assert verify().faults == []


def test_a_holding_is_still_in_force_on_its_last_day():
    request = make_request()
    Holding.objects.filter(pk=request.holding_key).update(ends=today())
    keeping.keep_up()
    assert SignOff.objects.get().state == "open"
    keeping.carry_out(request.position.code, today() + DAY)
    assert SignOff.objects.get().state == "cancelled"


def test_the_database_refuses_a_second_open_request_for_the_same_holding():
    request = make_request()
    holding = Holding.objects.get(pk=request.holding_key)
    with pytest.raises(IntegrityError), transaction.atomic():
        services.ask(holding=holding, edition=request.edition, why=WhyAsked.NEW_EDITION)


# --- days ---------------------------------------------------------------------------------------------------


def settings_of(**values):
    hr = make_user()
    now = policy.current()
    return policy.save(
        values={**{name: getattr(now, name) for name in policy.FIELDS}, **values},
        by=hr,
        seen_version=now.version,
    )


def test_a_signature_that_wore_off_is_asked_for_again_once():
    settings_of(valid_months=12)
    request = make_request()
    sign(request)
    later = today().replace(year=today().year + 1, day=28)
    keeping.carry_out(request.position.code, today() + 300 * DAY)
    assert SignOff.objects.count() == 1
    keeping.carry_out(request.position.code, later + 31 * DAY)
    keeping.carry_out(request.position.code, later + 32 * DAY)
    again = SignOff.objects.get(state="open")
    assert (again.why, again.edition) == (WhyAsked.EXPIRED, request.edition)
    sign(again)
    assert SignOff.objects.filter(state="signed").count() == 2


def test_the_rules_are_kept_with_an_event_and_nobody_overwrites_anothers_change():
    row = settings_of(days=7)
    assert (policy.current().days, row.version) == (7, 1)
    with pytest.raises(RuleBroken):
        policy.save(
            values={**{name: getattr(row, name) for name in policy.FIELDS}, "days": 9},
            by=make_user(),
            seen_version=0,
        )
    settings_of(days=7)
    assert len(events_of(policy.STREAM)) == 1
    settings_of(days=10)
    change = events_of(policy.STREAM)[-1].changes[0]
    assert (change.path, change.before, change.after) == ("days", 7, 10)
    assert verify().faults == []


def test_due_days_are_counted_from_the_effective_day_and_in_working_days_where_wanted():
    from foundation.worktime.models import Calendar, WeeklyInterval

    rules = policy.current()
    friday, next_week = datetime.date(2026, 11, 20), datetime.date(2026, 11, 27)
    assert policy.due_on(rules, friday, friday) == friday + 14 * DAY
    assert policy.due_on(rules, friday, next_week) == next_week + 14 * DAY
    calendar = Calendar.objects.create(key="office", name="办公室", follows_national=False)
    for weekday in range(1, 6):
        WeeklyInterval.objects.create(calendar=calendar, weekday=weekday, starts=540, ends=1080)
    rules.calendar, rules.days = "office", 5
    assert policy.due_on(rules, friday, friday) == next_week
    rules.calendar = "gone"
    assert policy.due_on(rules, friday, friday) == friday + 5 * DAY
    closed = Calendar.objects.create(key="closed", name="从不", follows_national=False)
    rules.calendar = closed.key
    assert policy.due_on(rules, friday, friday) == friday + 5 * DAY


@pytest.mark.parametrize(
    ("offset", "heard", "due"),
    [
        (-4, -14, False),
        (-3, -14, True),  # so many days before
        (-2, -3, False),
        (-2, -14, True),  # the worker was away on the day
        (0, -3, True),  # the day itself
        (1, 0, False),
        (6, 0, False),
        (7, 0, True),  # overdue, each so many days
        (9, 0, True),
        (13, 7, False),
        (14, 7, True),
        (14, 14, False),
    ],
)
def test_the_days_of_reminding(offset, heard, due):
    day = datetime.date(2026, 3, 20)
    rules = policy.current()
    assert keeping.reminder_due(day, day + offset * DAY, day + heard * DAY, rules) is due


def test_the_clock_reminds_once_a_day_and_puts_on_record_what_is_overdue():
    hr = make_user_with_roles("hr")
    request = make_due(make_request(), today() - DAY)
    sent = len(mails(request.person))
    for _time in range(3):
        keeping.keep_up()
    assert len(mails(request.person)) == sent + 1
    kept = SignOff.objects.get(pk=request.pk)
    assert (kept.reminders, kept.reminded_on, kept.overdue_since) == (1, today(), today())
    assert [event.kind for event in events_of(kept.stream)] == [
        "sign_off_asked",
        "sign_off_reminded",
        "sign_off_overdue",
    ]
    assert len(mails(hr)) == 1


def test_hr_gets_one_mail_about_all_that_became_overdue():
    hr = make_user_with_roles("hr")
    for _number in range(3):
        make_due(make_request(), today() - DAY)
    keeping.keep_up()
    (message,) = mails_written(hr)
    assert len(message.payload["body"].split("\n\n")[0].splitlines()) == 3


def test_reminding_by_hand_is_once_a_day_for_hr_and_leaders():
    request = make_request()
    hr = Eyes(make_user(), {"hr"})
    with pytest.raises(RuleBroken):
        services.remind(uuid=request.uuid, eyes=hr)  # asked today
    request = make_due(request, today() + 2 * DAY)
    services.remind(uuid=request.uuid, eyes=hr)
    with pytest.raises(RuleBroken):
        services.remind(uuid=request.uuid, eyes=hr)
    assert SignOff.objects.get(pk=request.pk).reminders == 1


def test_mails_speak_the_language_of_whoever_gets_them():
    page = make_published()
    for language in ("en", "zh-hans"):
        person = make_user(language=language)
        hold(person, page.position)
    keeping.carry_out(page.code)
    assert mails_written().count() == 2
    sweep()
    english = next(one for one in mail.outbox if "Please sign" in one.subject)
    assert "You are asked to read and sign edition 1" in english.body
    assert f"/positions/sign-offs/{SignOff.objects.get(person__language='en').uuid}/" in english.body
    assert len(mail.outbox) == 2


def test_a_person_without_an_address_is_asked_without_a_mail():
    page = make_published()
    person = make_user()
    person.email = ""
    person.save()
    hold(person, page.position)
    keeping.carry_out(page.code)
    assert (SignOff.objects.count(), mails()) == (1, [])


# --- whose requests one sees --------------------------------------------------------------------------------


def test_heads_of_departments_see_what_is_part_of_them_and_line_managers_those_below():
    top, part, other = make_department(), None, make_department()
    part = make_department(parent=top)
    head, line, stranger, worker, elsewhere = (make_user() for _number in range(5))
    head_post = make_position(department=top, heads=True)
    line_post = make_position(department=other)
    work = make_position(department=part, superiors=[line_post])
    for person, post in ((head, head_post), (line, line_post), (worker, work), (stranger, make_position())):
        hold(person, post)
    hold(elsewhere, make_position(department=other))
    led = {name: Eyes(person, ()).led for name, person in (("head", head), ("line", line), ("no", stranger))}
    assert led == {"head": {worker.pk}, "line": {worker.pk}, "no": frozenset()}
    deputy = make_user()
    make_deputy(head, deputy)
    assert worker.pk in Eyes(deputy, ()).led
    assert [
        Eyes(head, ()).may_report,
        Eyes(stranger, ()).may_report,
        Eyes(stranger, {"auditor"}).may_report,
    ] == [
        True,
        False,
        True,
    ]


def test_nobody_leads_themselves():
    top = make_department()
    person = make_user()
    hold(person, make_position(department=top, heads=True))
    assert Eyes(person, ()).led == frozenset()


# --- at once ------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_browsers_that_answer_at_once_one_is_told_that_it_was_late():
    request = make_request()
    gate, told = threading.Barrier(2), []

    def answer(act) -> None:
        try:
            gate.wait()
            try:
                act(SignOff.objects.select_related("person").get(pk=request.pk))
                told.append("done")
            except Overtaken:
                told.append("overtaken")
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=(act,)) for act in (sign, refuse)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["done", "overtaken"]
    assert len(events_of(request.stream)) == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_that_look_at_once_one_asks():
    page = make_published()
    for _number in range(3):
        hold(make_user(), page.position)
    gate, faults = threading.Barrier(2), []

    def look() -> None:
        try:
            gate.wait()
            keeping.keep_up()
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert SignOff.objects.count() == 3
    assert verify().faults == []


def test_states_and_words():
    assert {state.value for state in SignOffState} == set(STATES)
    with override("en"):
        late = make_due(make_request(), today() - DAY)
        assert (late.word, late.tone, late.days_left) == ("overdue", "waiting", -1)
        sign(late)
        assert SignOff.objects.get(pk=late.pk).word == "signed late"
