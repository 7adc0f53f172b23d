"""The door: what is said stands in the product at once, and goes out once, as everybody wants it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils.translation import override

from foundation.notifying import matters, preferences
from foundation.notifying.enums import Pace, Quiet
from foundation.notifying.keeping import remove_old
from foundation.notifying.kinds import FieldOfKind, Kind, Topic, UnknownKind, register_kind, register_topic
from foundation.notifying.models import Announcement, Delivery, Notification
from foundation.notifying.passing_on import send_waiting
from foundation.notifying.preferences import Preference, PreferenceRefused
from foundation.notifying.queries import shown_to, unread_count
from foundation.notifying.services import Matter, Telling, mark_read, tell
from foundation.organisation.models import User
from foundation.outbox.models import Message
from foundation.outbox.services import deliver
from tests.factories.notifying import mails_written, pass_on
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db
MORNING = datetime.datetime(2026, 11, 23, 10, 20, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def topics(monkeypatch: pytest.MonkeyPatch) -> None:
    from foundation.notifying import kinds

    monkeypatch.setattr(kinds, "_topics", {})
    monkeypatch.setattr(kinds, "_kinds", {})
    monkeypatch.setattr(matters, "_matters", {})
    register_topic(Topic("news", "News"))
    register_topic(Topic("duty", "Duty", compulsory=True))
    fields = {"what": FieldOfKind("what", "tea")}
    register_kind(
        Kind("news", "news", "News", "News of {what}", "{reader.name}, there is {what}.", fields),
        Kind("duty", "duty", "Duty", "Duty: {what}", "Do it.", fields),
        Kind("own", "news", "Own words", fields=fields, given=True),
    )


def said(
    people: Sequence[User], kind: str = "news", key: str = "n1", what: Any = "tea", **more: Any
) -> Telling:
    matter = Matter("thing", "7", "/things/7/", "T-7", "Teapot")
    return Telling(kind=kind, key=key, people=people, matter=matter, values={"what": what}, **more)


def want(person: User, **wanted: Any) -> None:
    preferences.prefer(by=person, wanted=Preference(**{"paces": {}, **wanted}))


def test_a_telling_stands_in_the_product_at_once_and_is_mailed_after_the_commit() -> None:
    ann = make_user(language="en", full_name_en="Ann")
    tell(said([ann]))
    assert unread_count(ann) == 1
    assert not Message.objects.filter(kind="mail").exists()
    (mail,) = mails_written(ann)
    assert mail.payload["subject"] == "[T-7] News of tea"
    assert mail.payload["body"] == "Ann, there is tea.\n\nT-7 Teapot\nhttp://127.0.0.1:8000/things/7/\n"


def test_everybody_reads_it_in_their_language() -> None:
    ann, li = make_user(language="en"), make_user(language="zh-hans")
    tell(said([ann, li], what={"zh-hans": "茶", "en": "tea"}))
    assert mails_written(ann).get().payload["subject"] == "[T-7] News of tea"
    assert mails_written(li).get().payload["subject"] == "[T-7] News of 茶"


def test_nothing_is_said_when_the_step_is_taken_back() -> None:
    ann = make_user()
    with transaction.atomic():
        tell(said([ann]))
        transaction.set_rollback(True)
    assert (unread_count(ann), Message.objects.count()) == (0, 0)


def test_said_twice_under_one_key_it_is_said_once_and_newcomers_are_told() -> None:
    ann, bob = make_user(), make_user()
    for people in ([ann], [ann], [ann, bob]):
        tell(said(people))
        pass_on()
    assert (unread_count(ann), unread_count(bob)) == (1, 1)
    assert (mails_written(ann).count(), mails_written(bob).count()) == (1, 1)


def test_telling_many_costs_as_many_statements_as_telling_one(django_assert_num_queries: Any) -> None:
    one, many = [make_user()], [make_user() for _number in range(12)]
    with django_assert_num_queries(6):
        tell(said(one, key="one"))
    with django_assert_num_queries(6):
        tell(said(many, key="a"), said(many, kind="duty", key="b"))
    assert Notification.objects.count() == 25


def test_people_who_left_are_not_told_and_people_without_an_address_are_not_mailed() -> None:
    gone, silent = make_user(active=False), make_user()
    silent.email = ""
    silent.save()
    tell(said([gone, silent]))
    pass_on()
    assert (unread_count(gone), unread_count(silent)) == (0, 1)
    assert not Delivery.objects.exists()


def test_an_unknown_kind_is_a_fault_of_the_caller() -> None:
    with pytest.raises(UnknownKind):
        tell(said([make_user()], kind="gossip"))


def test_own_words_of_a_telling_win_and_their_fields_are_filled() -> None:
    ann = make_user(language="en")
    tell(
        replace(
            said([ann], kind="own"),
            subject={"zh-hans": "关于{what}", "en": "On {what}"},
            text={"zh-hans": "好"},
        )
    )
    payload = mails_written(ann).get().payload
    assert (payload["subject"], payload["body"].splitlines()[0]) == ("[T-7] On tea", "好")


def test_a_digest_is_one_mail_a_period_whoever_writes_it() -> None:
    ann = make_user(language="en")
    want(ann, paces={"news": Pace.HOURLY})
    with time_machine.travel(MORNING, tick=False) as clock:
        tell(said([ann], key="a"), said([ann], key="b", what="coffee"))
        assert not mails_written(ann).exists()
        assert send_waiting() == 0
        clock.shift(40 * MINUTE)
        assert send_waiting() == 1
        assert send_waiting() == 0
    (mail,) = mails_written(ann)
    assert mail.payload["subject"] == "2 notifications from Remit"
    assert "News of tea" in mail.payload["body"]
    assert "News of coffee" in mail.payload["body"]
    assert set(Delivery.objects.values_list("message", flat=True)) == {mail.pk}


def test_what_comes_too_late_for_its_digest_goes_with_the_next() -> None:
    ann = make_user()
    want(ann, paces={"news": Pace.HOURLY})
    with time_machine.travel(MORNING, tick=False) as clock:
        tell(said([ann], key="a"))
        pass_on()
        clock.shift(40 * MINUTE)
        send_waiting()
        tell(said([ann], key="b"))
        pass_on()
        late = Delivery.objects.get(announcement__key="b")
        # As if it had been passed on before the hour and committed after it.
        Delivery.objects.filter(pk=late.pk).update(due_at=Delivery.objects.get(announcement__key="a").due_at)
        assert send_waiting() == 0
        late.refresh_from_db()
        assert late.due_at == MORNING + 100 * MINUTE
        clock.shift(60 * MINUTE)
        assert send_waiting() == 1
    assert mails_written(ann).count() == 2


def test_quiet_time_holds_mails_back_and_they_come_together_after_it_but_what_is_urgent_comes() -> None:
    ann = make_user()
    want(ann, quiet=Quiet.HOURS, quiet_from=datetime.time(10), quiet_until=datetime.time(12))
    with time_machine.travel(MORNING, tick=False) as clock:
        tell(said([ann], key="a"), said([ann], key="b"), said([ann], key="c", urgent=True))
        assert mails_written(ann).count() == 1
        clock.shift(100 * MINUTE)
        assert send_waiting() == 1
    assert mails_written(ann).count() == 2


def test_the_house_decides_for_whoever_chose_nothing_and_it_is_recorded() -> None:
    from foundation.audit.models import Event

    ann, bob, chief = make_user(), make_user(), make_user()
    preferences.house_prefers(by=chief, wanted=Preference(paces={"news": Pace.NOT}))
    want(bob, paces={"news": Pace.AT_ONCE})
    tell(said([ann, bob]))
    assert [one.payload["to"] for one in mails_written()] == [[bob.email]]
    assert unread_count(ann) == 1
    assert Event.objects.filter(stream=preferences.STREAM).count() == 1
    preferences.house_prefers(by=chief, wanted=Preference(paces={"news": Pace.NOT}))
    assert Event.objects.filter(stream=preferences.STREAM).count() == 1


def test_what_is_compulsory_cannot_be_switched_off() -> None:
    ann = make_user()
    with override("en"), pytest.raises(PreferenceRefused) as refused:
        want(ann, paces={"duty": Pace.NOT})
    assert "Duty" in refused.value.errors["pace-duty"]
    # A house that once said so, before the topic became compulsory.
    preferences.Reception.objects.create(house=True, paces={"duty": Pace.NOT})
    tell(said([ann], kind="duty"))
    assert mails_written(ann).count() == 1


def test_a_quiet_time_that_says_nothing_is_refused() -> None:
    ann = make_user()
    for wanted, control in (
        ({"quiet": "hours"}, "quiet_from"),
        ({"quiet": "calendar", "calendar": "nowhere"}, "calendar"),
        ({"quiet": "sometimes"}, "quiet"),
        ({"paces": {"gossip": "daily"}}, "pace-gossip"),
    ):
        with pytest.raises(PreferenceRefused) as refused:
            want(ann, **wanted)
        assert control in refused.value.errors


def test_a_text_is_shown_only_while_its_reader_may_see_the_matter() -> None:
    ann = make_user()
    seen = {"7"}
    matters.register_matter("thing", lambda user, ids: seen)
    want(ann, paces={"news": Pace.HOURLY})
    with time_machine.travel(MORNING, tick=False) as clock:
        tell(said([ann]))
        pass_on()
        (shown,) = shown_to(ann, list(Notification.objects.select_related("announcement")), "en")
        assert shown.said is not None
        assert shown.said.title == "Teapot"
        seen.clear()
        (shown,) = shown_to(ann, list(Notification.objects.select_related("announcement")), "en")
        assert shown.said is None
        clock.shift(60 * MINUTE)
        assert send_waiting() == 0
    assert Delivery.objects.get().reason == "hidden"
    assert not mails_written(ann).exists()


def test_a_second_delivery_of_the_same_effect_mails_nobody_again() -> None:
    ann = make_user()
    tell(said([ann]))
    message = Message.objects.get(kind="tell")
    assert deliver(message.pk)
    Message.objects.filter(pk=message.pk).update(delivered_at=None, due_at=message.due_at)
    assert deliver(message.pk)
    assert Message.objects.filter(kind="mail").count() == 1


def test_reading_marks_only_ones_own() -> None:
    ann, bob = make_user(), make_user()
    tell(said([ann, bob]))
    theirs = Notification.objects.get(person=bob)
    assert mark_read(by=ann, ids=[theirs.pk]) == 0
    assert mark_read(by=ann) == 1
    assert (unread_count(ann), unread_count(bob)) == (0, 1)
    assert mark_read(by=ann, read=False) == 1


def test_old_notifications_go_and_what_is_still_on_its_way_stays(settings: Any) -> None:
    settings.NOTIFICATIONS_KEEP_DAYS = 30
    ann, bob = make_user(), make_user()
    want(bob, paces={"news": Pace.DAILY})
    with time_machine.travel(MORNING, tick=False) as clock:
        tell(said([ann], key="a"))
        tell(said([bob], key="b"))
        for pk in list(Message.objects.values_list("pk", flat=True)):
            deliver(pk)
        deliver(Message.objects.get(kind="mail").pk)
        clock.shift(datetime.timedelta(days=29))
        remove_old()
        assert Announcement.objects.count() == 2
        clock.shift(datetime.timedelta(days=2))
        remove_old()
    assert Announcement.objects.get().key == "b"
