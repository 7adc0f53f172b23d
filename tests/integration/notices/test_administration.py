"""The administrator's screens: rules, robots, words, deliveries."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from backoffice.access import groups
from backoffice.access.health import deliveries as finding
from foundation.audit.models import Event
from foundation.notifying import deliveries
from foundation.notifying.deliveries import State
from foundation.notifying.models import Delivery, Reception, Robot, Wording
from foundation.notifying.services import tell
from foundation.organisation.models import User
from foundation.outbox.models import Message
from tests.factories.notifying import pass_on
from tests.factories.workflows import House, make_house, open_complaint
from workflows.services.record import telling

pytestmark = pytest.mark.django_db
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7abc-4bc4-97a0-0ec2sifa5aaa"
ROOT = "/admin/notifications/"


@pytest.fixture
def house() -> House:
    groups.ensure()
    return make_house()


@pytest.fixture
def client(house: House) -> Client:
    chief = house["administrator"]
    chief.groups.add(Group.objects.get(name=groups.ADMINISTRATORS))
    User.objects.filter(pk=chief.pk).update(language="en")
    found = Client()
    found.force_login(chief)
    found.cookies["django_language"] = "en"
    return found


def text(client: Client, address: str, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode()


def sent(house: House, key: str = "k") -> Delivery:
    case = open_complaint(house)
    tell(telling(case, "case.copied", key, [house["clerk"]], {"person": "Wang Fang"}))
    pass_on()
    return Delivery.objects.get(announcement__key=f"{case.stream}:{key}")


def given_up(delivery: Delivery) -> None:
    assert delivery.message is not None
    Message.objects.filter(pk=delivery.message.pk).update(
        given_up_at=timezone.now(), attempts=9, last_error="550 nobody there"
    )


def test_rules_of_the_house_are_kept(client: Client) -> None:
    assert "Rules of the house" in text(client, ROOT)
    assert client.post(ROOT, {"pace-cases": "daily", "daily_at": "09:00"}).status_code == 302
    assert Reception.objects.get(house=True).paces == {"cases": "daily"}
    assert client.post(ROOT, {"quiet": "hours"}).status_code == 422


def test_a_robot_is_made_and_its_address_and_secret_are_never_shown_again(client: Client) -> None:
    assert "There is no robot yet" in text(client, f"{ROOT}robots/")
    form = {"name": "售后群", "service": "wecom", "address": WECOM, "language": "zh-hans", "active": "on"}
    assert client.post(f"{ROOT}robots/add/", form).status_code == 302
    robot = Robot.objects.get()
    for address in (f"{ROOT}robots/", f"{ROOT}robots/{robot.uuid}/"):
        page = text(client, address)
        assert "售后群" in page
        assert "5aaa" in page
        assert "693a91f6" not in page
    kept = bytes(robot.address)
    assert (
        client.post(f"{ROOT}robots/{robot.uuid}/", {**form, "address": "", "name": "群"}).status_code == 302
    )
    robot.refresh_from_db()
    assert (robot.name, bytes(robot.address)) == ("群", kept)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"address": "http://qyapi.weixin.qq.com/x"}, "must begin with https"),
        ({"address": "https://evil.example/cgi-bin/webhook/send?key=1"}, "Robots may live at"),
        ({"address": ""}, "Paste the address"),
        ({"service": "dingtalk"}, "This is no address of DingTalk"),
        ({"secret": "x"}, "have no secret"),
        ({"name": ""}, "required"),
    ],
)
def test_a_wrong_robot_is_refused_beside_its_field(client: Client, change: dict[str, str], said: str) -> None:
    form = {"name": "a", "service": "wecom", "address": WECOM, "language": "en", **change}
    answer = client.post(f"{ROOT}robots/add/", form)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert not Robot.objects.exists()


def test_a_robot_is_taken_away_after_a_question(client: Client) -> None:
    client.post(f"{ROOT}robots/add/", {"name": "a", "service": "wecom", "address": WECOM, "language": "en"})
    address = f"{ROOT}robots/{Robot.objects.get().uuid}/remove/"
    assert "writes nothing more" in text(client, address)
    assert Robot.objects.exists()
    client.post(address)
    assert not Robot.objects.exists()


def test_words_are_previewed_kept_and_taken_back(client: Client) -> None:
    address = f"{ROOT}words/case.copied/en/"
    assert "{case.number}" in text(client, address)
    shown = client.post(address, {"subject": "Hear {person}", "text": "x", "do": "preview"}).content.decode()
    assert "Hear Wang Fang" in shown
    assert not Wording.objects.exists()
    refused = client.post(address, {"subject": "{nobody}", "text": "x"})
    assert refused.status_code == 422
    assert "Line 1, character 1" in refused.content.decode()
    client.post(address, {"subject": "Hear {person}", "text": "x"})
    assert "own words" in text(client, f"{ROOT}words/")
    client.post(address, {"do": "reset"})
    assert not Wording.objects.exists()
    assert client.get(f"{ROOT}words/case.notice/en/").status_code == 404
    assert client.get(f"{ROOT}words/case.copied/de/").status_code == 404


def test_the_log_lists_finds_and_filters(client: Client, house: House) -> None:
    log = f"{ROOT}deliveries/"
    assert "Nothing has gone out yet" in text(client, log)
    delivery = sent(house)
    number = delivery.announcement.number
    assert number in text(client, log)
    assert number in text(client, log, q=number, state="under_way", channel="mail")
    assert "No delivery fits" in text(client, log, state="sent")
    assert "No delivery fits" in text(client, log, channel="robot")
    assert "No delivery fits" in text(client, log, q="nobody of this name")


def test_what_was_given_up_is_told_and_can_be_tried_again_or_set_aside(client: Client, house: House) -> None:
    delivery = sent(house)
    assert finding().ok
    given_up(delivery)
    assert not finding().ok
    assert not finding().needed
    log = f"{ROOT}deliveries/"
    page = text(client, log, state="given_up")
    assert "550 nobody there" in page
    assert "1 delivery was given up" in page
    address = f"{log}{delivery.uuid}/"
    client.post(address, {"do": "retry"})
    message = Message.objects.get(pk=delivery.message_id)
    assert (message.given_up_at, message.attempts) == (None, 0)
    assert finding().ok
    given_up(delivery)
    client.post(address, {"do": "aside"})
    assert finding().ok
    assert "set aside by an administrator" in text(client, log)
    assert Event.objects.filter(stream=deliveries.STREAM).count() == 2
    client.post(address, {"do": "aside"})
    assert Event.objects.filter(stream=deliveries.STREAM).count() == 2


def test_every_state_is_found_by_its_filter(house: House) -> None:
    rows = [sent(house, key) for key in "abcdef"]
    now = timezone.now()
    Message.objects.filter(pk=rows[1].message_id).update(last_error="x")
    Message.objects.filter(pk=rows[2].message_id).update(delivered_at=now)
    given_up(rows[3])
    Delivery.objects.filter(pk=rows[4].pk).update(message=None, due_at=now + datetime.timedelta(hours=1))
    Delivery.objects.filter(pk=rows[5].pk).update(reason="hidden")
    expected = [State.UNDER_WAY, State.FAILING, State.SENT, State.GIVEN_UP, State.WAITING, State.LEFT_OUT]
    for row, state in zip(rows, expected, strict=True):
        assert [one.pk for one in deliveries.log(state=state)] == [row.pk]
        assert deliveries.state_of(Delivery.objects.select_related("message").get(pk=row.pk)) == state
    assert deliveries.given_up() == 1


def test_the_log_asks_the_same_number_of_questions_for_one_and_for_twenty(
    client: Client, house: House, django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    sent(house, "first")
    text(client, f"{ROOT}deliveries/")
    with django_assert_max_num_queries(40) as one:
        text(client, f"{ROOT}deliveries/")
    for number in range(20):
        sent(house, f"k{number}")
    with django_assert_num_queries(len(one.captured_queries)):
        text(client, f"{ROOT}deliveries/")


def test_nobody_but_the_administrator_opens_any_of_it(house: House) -> None:
    delivery = sent(house)
    found = Client()
    found.force_login(house["manager"])
    for address in ("", "robots/", "robots/add/", "words/", "deliveries/"):
        assert found.get(f"{ROOT}{address}").status_code == 404
    assert found.post(f"{ROOT}deliveries/{delivery.uuid}/").status_code == 404
