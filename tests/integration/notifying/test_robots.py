"""Robots of group chats against a server that answers as the three services document."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.conf import settings as project
from django.utils import timezone
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from foundation.audit.models import Opening
from foundation.notifying import house_words, preferences
from foundation.notifying.enums import Channel
from foundation.notifying.models import Delivery, Robot
from foundation.notifying.passing_on import send_waiting
from foundation.notifying.preferences import Preference
from foundation.notifying.robots import adapters
from foundation.notifying.robots.base import Failed, Limit, Outgoing, cut
from foundation.notifying.robots.keeping import RobotRefused, Wanted, keep, take_away, try_out
from foundation.notifying.robots.limiting import wait
from foundation.notifying.robots.posting import AddressRefused, addresses_of, check_address, post
from foundation.notifying.robots.telling import speak
from foundation.notifying.services import tell
from foundation.organisation.models import User
from foundation.outbox.models import Message
from foundation.outbox.services import Later, Refused, deliver
from tests.factories.notifying import pass_on
from tests.factories.organisation import make_user
from tests.factories.robots import SECRET, Services, serve
from tests.factories.workflows import make_house, open_complaint
from workflows.models import Case
from workflows.services.record import telling

SERVICES = ("wecom", "dingtalk", "feishu")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    services, running = serve(tmp_path_factory.mktemp("robots"))
    yield services
    running.shutdown()
    running.server_close()


@pytest.fixture
def services(server: Services, settings: Any) -> Services:
    server.received.clear()
    server.answers.clear()
    settings.ROBOT_HOSTS = [server.host]
    settings.ROBOT_NETWORKS = ["127.0.0.0/8", "::1/128"]
    settings.ROBOT_CA_FILE = server.ca_file
    return server


@pytest.fixture
def chief(db: None) -> User:
    return make_user(full_name_en="Chief")


def robot_at(services: Services, by: User, service: str = "wecom", **more: Any) -> Robot:
    signed = {"secret": SECRET} if service != "wecom" else {}
    wanted = {"name": service, "service": service, "address": services.address(service), "language": "en"}
    return keep(by=by, wanted=Wanted(**{**wanted, **signed, **more}))


# --- what the services say ------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_takes_what_we_send(services: Services, chief: User, service: str) -> None:
    speak(robot_at(services, chief, service), "您好，职责台")
    assert services.texts() == ["您好，职责台"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_robot_that_is_not_there_is_refused_for_good(services: Services, chief: User, service: str) -> None:
    robot = robot_at(services, chief, service, address=services.address(service, "wrong-token-99"))
    with pytest.raises(Refused):
        speak(robot, "x")


@pytest.mark.parametrize(("service", "code"), [("dingtalk", "310000"), ("feishu", "19021")])
def test_a_wrong_secret_is_refused_for_good(services: Services, chief: User, service: str, code: str) -> None:
    robot = robot_at(services, chief, service, secret="another")
    with pytest.raises(Refused, match=code):
        speak(robot, "x")


@pytest.mark.parametrize(
    ("service", "status", "answer", "seconds"),
    [
        ("wecom", 200, {"errcode": 45009, "errmsg": "api freq out of limit"}, 60),
        ("dingtalk", 200, {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}, 600),
        ("dingtalk", 200, {"errcode": 410100, "errmsg": "too fast"}, 600),
        ("feishu", 200, {"code": 11232, "msg": "frequency limited psm"}, 60),
        ("feishu", 200, {"code": 9499, "msg": "too many request"}, 60),
        ("feishu", 400, {"code": 99991400, "msg": "request trigger frequency limit"}, 60),
    ],
)
def test_too_many_is_waited_out(
    services: Services, chief: User, service: str, status: int, answer: dict[str, Any], seconds: int
) -> None:
    services.answer(answer, status)
    with pytest.raises(Later) as later:
        speak(robot_at(services, chief, service), "x")
    assert later.value.after == datetime.timedelta(seconds=seconds)


def test_429_is_waited_out_as_long_as_it_says(services: Services, chief: User) -> None:
    robot = robot_at(services, chief)
    for said, seconds in (("7", 7), ("999999", 3600), ("soon", 60)):
        services.answer({}, 429, Retry_After=said)
        with pytest.raises(Later) as later:
            speak(robot, "x")
        assert later.value.after == datetime.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("service", "answer"),
    [
        ("wecom", {"errcode": 40058, "errmsg": "invalid"}),
        ("dingtalk", {"errcode": 310000, "errmsg": "keywords not in content"}),
        ("feishu", {"code": 9499, "msg": "Bad Request"}),
        ("feishu", {"code": 19024, "msg": "Key Words Not Found"}),
        ("feishu", {"code": 19022, "msg": "Ip Not Allowed"}),
    ],
)
def test_a_refusal_is_not_tried_again(
    services: Services, chief: User, service: str, answer: dict[str, Any]
) -> None:
    services.answer(answer)
    with pytest.raises(Refused):
        speak(robot_at(services, chief, service), "x")


@pytest.mark.parametrize(
    ("status", "raw"),
    [
        (500, b"{}"),
        (503, b"down"),
        (200, b"<html>"),
        (200, b"[1]"),
        (200, b'{"errcode": -1, "errmsg": "busy"}'),
        (200, b"{}"),
    ],
)
def test_what_may_pass_is_tried_again(services: Services, chief: User, status: int, raw: bytes) -> None:
    services.answer(raw, status)
    with pytest.raises(Failed):
        speak(robot_at(services, chief), "x")


def test_an_answer_without_end_is_not_read(services: Services, chief: User) -> None:
    services.answer(b"x" * 1_000_000)
    with pytest.raises(Failed, match="more than"):
        speak(robot_at(services, chief), "x")


def test_a_redirect_is_not_followed(services: Services, chief: User) -> None:
    services.answer({}, 302, Location=services.address("wecom"))
    with pytest.raises(Refused, match="302"):
        speak(robot_at(services, chief), "x")
    assert len(services.received) == 1


def test_long_texts_are_cut_between_characters(services: Services, chief: User) -> None:
    speak(robot_at(services, chief), "职" * 5000)
    (text,) = services.texts()
    assert len(text.encode()) <= 2048
    assert text.endswith("职…")


@given(st.text(), st.integers(4, 60))
def test_cutting_keeps_within_bytes_and_begins_alike(text: str, most: int) -> None:
    found = cut(text, most)
    assert len(found.encode()) <= most
    assert text.startswith(found.removesuffix("…"))


# --- where robots may live ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x",
        "https://evil.example/cgi-bin/webhook/send?key=x",
        "https://qyapi.weixin.qq.com.evil.example/x",
        "https://qyapi.weixin.qq.com@evil.example/x",
        "https://user:pw@qyapi.weixin.qq.com/x",
        "https://qyapi.weixin.qq.com:8443/x",
        "https://qyapi.weixin.qq.com/x#frag",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://[::1]/x",
        "https://[broken/x",
        "file:///etc/passwd",
        "https://qyapi.weixin.qq.com\\@evil.example/x",
        "https://qyapi.weixin.qq.com/x\r\nHost: evil.example",
        "",
    ],
)
def test_only_https_to_the_hosts_of_the_list(url: str) -> None:
    with override("en"), pytest.raises(AddressRefused):
        check_address(url)
    with override("en"), pytest.raises(Refused):
        post(Outgoing(url, {}))


@pytest.mark.parametrize("host", [adapter.host for adapter in adapters()])
def test_the_three_services_stand_in_the_list(host: str) -> None:
    assert check_address(f"https://{host}/x") == (host, 443)
    assert host in project.ROBOT_HOSTS


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.5", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
     "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "2002:7f00:1::"],
)  # fmt: skip
def test_a_name_that_leads_into_the_house_is_not_followed(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **more: [(0, 0, 0, "", (address, 443))])
    with pytest.raises(Refused, match="inside the house"):
        addresses_of("open.feishu.cn", 443)


def test_one_public_and_one_private_answer_is_not_followed_either(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(0, 0, 0, "", ("203.119.169.1", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **more: found)
    with pytest.raises(Refused):
        addresses_of("open.feishu.cn", 443)


def test_a_server_nobody_vouches_for_is_not_spoken_to(services: Services, chief: User, settings: Any) -> None:
    robot = robot_at(services, chief)
    settings.ROBOT_CA_FILE = ""
    with pytest.raises(Failed) as failed:
        speak(robot, "x")
    assert services.received == []
    assert "good-token" not in str(failed.value)


# --- keeping robots -------------------------------------------------------------------------------------------


def test_address_and_secret_are_sealed_shown_masked_and_recorded_nowhere(
    services: Services, chief: User
) -> None:
    robot = robot_at(services, chief, "dingtalk")
    stored = Robot.objects.filter(pk=robot.pk).values().get()
    told = repr(
        {name: bytes(value) if isinstance(value, memoryview) else value for name, value in stored.items()}
    )
    assert "good-token" not in told
    assert SECRET not in told
    assert robot.shown_address.endswith("…1234")
    assert services.host in robot.shown_address
    sealed = (
        b"".join(bytes(one.sealed) for one in Opening.objects.all()) if hasattr(Opening, "sealed") else b""
    )
    assert b"good-token" not in sealed
    assert not Message.objects.filter(payload__icontains="good-token").exists()


def test_an_address_moved_to_another_robot_does_not_open(services: Services, chief: User) -> None:
    from foundation.audit.exceptions import MasterKeyInvalid

    one, other = robot_at(services, chief, name="a"), robot_at(services, chief, name="b")
    Robot.objects.filter(pk=other.pk).update(address=one.address)
    with pytest.raises(MasterKeyInvalid):
        speak(Robot.objects.get(pk=other.pk), "x")


def test_changing_a_robot_keeps_what_was_not_typed_again(services: Services, chief: User) -> None:
    robot = robot_at(services, chief, "feishu")
    keep(by=chief, uuid=robot.uuid, wanted=Wanted(name="new", service="feishu", language="en"))
    speak(Robot.objects.get(pk=robot.pk), "x")
    keep(
        by=chief, uuid=robot.uuid, wanted=Wanted(name="new", service="feishu", language="en", no_secret=True)
    )
    with pytest.raises(Refused, match="19021"):
        speak(Robot.objects.get(pk=robot.pk), "x")


def test_what_is_wrong_with_a_robot_is_said_beside_its_field(services: Services, chief: User) -> None:
    robot_at(services, chief, name="taken")
    for wanted, control in (
        ({"name": " "}, "name"),
        ({"name": "taken"}, "name"),
        ({"service": "smoke signals"}, "service"),
        ({"address": ""}, "address"),
        ({"address": services.address("feishu")}, "address"),
        ({"address": "https://evil.example/cgi-bin/webhook/send?key=1"}, "address"),
        ({"secret": "x"}, "secret"),
        ({"topics": ["gossip"]}, "topics"),
    ):
        with pytest.raises(RobotRefused) as refused:
            robot_at(services, chief, **{"name": "fresh", **wanted})
        assert control in refused.value.errors


def test_a_trial_says_whether_it_works(services: Services, chief: User) -> None:
    robot = robot_at(services, chief)
    with override("en"):
        assert try_out(robot) == ""
        services.answer({"errcode": 93000, "errmsg": "invalid webhook url"})
        assert "93000" in try_out(robot)
        services.answer({}, 500)
        assert "did not work" in try_out(robot)
    take_away(by=chief, uuid=robot.uuid)
    assert not Robot.objects.exists()


# --- our own limit --------------------------------------------------------------------------------------------


def test_the_twenty_first_message_of_a_minute_waits(services: Services, chief: User) -> None:
    robot = robot_at(services, chief)
    with time_machine.travel(datetime.datetime(2026, 11, 23, 2, tzinfo=datetime.UTC), tick=False) as clock:
        for _number in range(20):
            speak(robot, "x")
        with pytest.raises(Later) as later:
            speak(robot, "x")
        assert later.value.after == datetime.timedelta(seconds=60)
        clock.shift(61)
        speak(robot, "x")
    assert len(services.received) == 21


def test_feishu_takes_five_a_second(services: Services, chief: User) -> None:
    robot = robot_at(services, chief, "feishu")
    with time_machine.travel(timezone.now(), tick=False):
        for _number in range(5):
            speak(robot, "x")
        with pytest.raises(Later):
            speak(robot, "x")


@given(st.lists(st.floats(0, 300), max_size=80), st.integers(1, 20))
def test_whoever_waits_as_told_never_exceeds_the_limit(arrivals: list[float], count: int) -> None:
    limit, sent = Limit(count, 60), []
    for arrival in sorted(arrivals):
        moment = max([arrival, *sent[-1:]])
        while (seconds := wait(sent, [limit], moment)) > 0:
            moment += max(seconds, 1e-6)
        sent.append(moment)
    for moment in sent:
        assert sum(moment <= other < moment + 59.99 for other in sent) <= count


# --- what they tell -------------------------------------------------------------------------------------------


def told_of(by: User, key: str = "k", **more: Any) -> None:
    from dataclasses import replace

    house = make_house() if not User.objects.filter(username="clerk").exists() else None
    assert house is not None
    case = open_complaint(house)
    one = telling(case, "case.copied", key, [house["clerk"], house["manager"]], {"person": by})
    tell(replace(one, **more))


def run_robots() -> None:
    for pk in list(Message.objects.filter(kind="robot").values_list("pk", flat=True)):
        deliver(pk)


def test_a_robot_says_what_happened_for_whom_and_where_and_nothing_confidential(
    services: Services, chief: User
) -> None:
    robot_at(services, chief)
    told_of(chief)
    pass_on()
    run_robots()
    case = Case.objects.get()
    (text,) = services.texts()
    assert case.number in text
    assert f"/cases/{case.uuid}/" in text
    assert "For: " in text
    assert case.subject not in text
    row = Delivery.objects.get(channel=Channel.ROBOT)
    assert row.message is not None
    assert row.message.delivered_at is not None


@pytest.mark.parametrize("open_to_all", [True, False])
def test_a_subject_that_names_the_matter_names_it_only_where_the_group_may_read_it(
    services: Services, chief: User, open_to_all: bool
) -> None:
    house_words.write(
        by=chief, kind="case.copied", language="zh-hans", subject="请看：{case.subject}", text="{person}"
    )
    robot_at(services, chief, language="zh-hans", shows_text=open_to_all)
    told_of(chief)
    pass_on()
    run_robots()
    assert "请看：" in services.texts()[0]
    assert (Case.objects.get().subject in services.texts()[0].splitlines()[0]) is open_to_all


def test_a_robot_for_readers_of_the_matter_tells_the_text_too(services: Services, chief: User) -> None:
    robot_at(services, chief, shows_text=True)
    told_of(chief)
    pass_on()
    run_robots()
    assert "Chief wants you to know of this." in services.texts()[0]


@pytest.mark.parametrize(
    ("chosen", "speaks"),
    [
        ({"topics": ["cases"]}, True),
        ({"topics": ["decisions"]}, False),
        ({"workflows": ["complaint"]}, True),
        ({"workflows": ["claim"]}, False),
        ({"roles": ["manager"]}, True),
        ({"roles": ["hr"]}, False),
        ({"active": False}, False),
    ],
)
def test_a_robot_tells_only_what_it_is_chosen_for(
    services: Services, chief: User, chosen: dict[str, Any], speaks: bool
) -> None:
    robot_at(services, chief, **chosen)
    told_of(chief, roles=("manager",))
    pass_on()
    run_robots()
    assert bool(services.received) is speaks


def test_robots_keep_the_quiet_time_of_the_house_unless_it_is_urgent(services: Services, chief: User) -> None:
    robot_at(services, chief)
    quiet = Preference({}, "hours", datetime.time(20), datetime.time(8))
    preferences.house_prefers(by=chief, wanted=quiet)
    night = datetime.datetime(2026, 11, 23, 14, tzinfo=datetime.UTC)  # ten in the evening
    with time_machine.travel(night, tick=False) as clock:
        told_of(chief)
        pass_on()
        run_robots()
        assert services.received == []
        clock.shift(datetime.timedelta(hours=10))
        send_waiting()
        run_robots()
    assert len(services.received) == 1


def test_an_effect_that_is_refused_is_given_up_and_one_that_fails_is_tried_again(
    services: Services, chief: User
) -> None:
    robot_at(services, chief)
    told_of(chief)
    pass_on()
    services.answer({}, 500)
    run_robots()
    message = Message.objects.get(kind="robot")
    assert (message.attempts, message.given_up_at, message.delivered_at) == (1, None, None)
    Message.objects.update(due_at=timezone.now())
    services.answer({"errcode": 45009, "errmsg": "freq"})
    run_robots()
    message.refresh_from_db()
    assert (message.attempts, message.given_up_at) == (1, None)
    Message.objects.update(due_at=timezone.now())
    services.answer({"errcode": 93000, "errmsg": "invalid webhook url"})
    run_robots()
    message.refresh_from_db()
    assert message.given_up_at is not None
    assert "93000" in message.last_error
    Message.objects.update(due_at=timezone.now())
    run_robots()
    assert len(services.received) == 3
    assert json.dumps(message.payload).count("good-token") == 0
