"""Notes on cases: they name colleagues, who are told; whoever may not see the case learns nothing of it."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from forms.models import SubmissionComment
from foundation.notifying.models import Notification
from foundation.organisation.models import User
from tests.factories.chains import open_one
from tests.factories.clocks import clock, publish_timed
from tests.factories.notifying import mails_written
from tests.factories.organisation import make_user
from workflows.exceptions import AnswersRefused, CaseNotFound
from workflows.models import Case
from workflows.services.notes import note

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> dict[str, list[User]]:
    found = publish_timed(clock())
    for role, name in (("worker", "王芳"), ("boss", "秦总")):
        found[role][0].full_name = name
        found[role][0].language = "zh-hans"
        found[role][0].save()
    return found


@pytest.fixture
def case(people: dict[str, list[User]]) -> Case:
    return open_one(people["worker"][0], note="前轴异响")


def write(case: Case, by: User, text: str, key: str = "") -> SubmissionComment:
    return note(case_uuid=case.uuid, text=text, by=by, idempotency_key=key or uuid.uuid4().hex)


def told() -> list[tuple[str, str]]:
    rows = Notification.objects.filter(announcement__kind="case.mentioned").order_by("pk")
    return [(row.person.username, row.announcement.key.rpartition(":")[2]) for row in rows]


def test_who_is_named_is_told_once(case: Case, people: dict[str, list[User]]) -> None:
    worker, boss = people["worker"][0], people["boss"][0]
    said = write(case, worker, "@秦总请看一下，@秦总 和@王芳", "same")
    write(case, worker, "@秦总请看一下，@秦总 和@王芳", "same")
    assert told() == [(boss.username, str(said.uuid))]
    assert said.mentioned == [["秦总", str(boss.uuid)], ["王芳", str(worker.uuid)]]
    (mail,) = mails_written(boss)
    assert "@秦总请看一下" in mail.payload["body"]


def test_whoever_may_not_see_the_case_is_not_told_and_the_writer_is(
    case: Case, people: dict[str, list[User]], client: Client
) -> None:
    stranger = make_user("stranger", full_name="路人甲")
    worker = people["worker"][0]
    with pytest.raises(AnswersRefused) as refusal:
        write(case, worker, "@路人甲 与 @秦总 请看")
    assert set(refusal.value.errors) == {"text"}
    assert not SubmissionComment.objects.exists()
    assert told() == []
    client.force_login(worker)
    answer = client.post(reverse("casework:note", args=[case.uuid]), {"text": "@路人甲 请看", "key": "k"})
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "comment-errors" in shown
    assert ">@路人甲 请看</textarea>" in shown
    client.force_login(stranger)
    assert (
        client.post(reverse("casework:note", args=[case.uuid]), {"text": "好", "key": "s"}).status_code == 404
    )
    assert client.get(reverse("casework:people", args=[case.uuid])).status_code == 404
    with pytest.raises(CaseNotFound):
        write(case, stranger, "好")


def test_names_of_nobody_stay_text(case: Case, people: dict[str, list[User]]) -> None:
    gone = make_user("gone", full_name="离职的人")
    gone.is_active = False
    gone.save()
    said = write(case, people["worker"][0], "@不存在 @离职的人 a@b.cn")
    assert (said.mentioned, told()) == ([], [])


def test_of_several_of_one_name_the_one_who_may_see_the_case_is_meant(
    case: Case, people: dict[str, list[User]]
) -> None:
    other = make_user("qin2", full_name="秦总")
    worker, boss = people["worker"][0], people["boss"][0]
    write(case, worker, "@秦总")
    assert [name for name, _key in told()] == [boss.username]
    boss.groups.first().user_set.add(other)
    with pytest.raises(AnswersRefused) as refusal:
        write(case, worker, "@秦总")
    assert f"@秦总({boss.username})、@秦总(qin2)" in refusal.value.errors["text"][0]
    write(case, worker, "@秦总(qin2)")
    assert {name for name, _key in told()} == {boss.username, "qin2"}


@pytest.mark.parametrize("text", [" ", "长" * 4001])
def test_what_does_not_hold_is_refused(case: Case, people: dict[str, list[User]], text: str) -> None:
    with pytest.raises(AnswersRefused):
        write(case, people["worker"][0], text)


def test_a_name_is_set_off_from_the_note_and_nothing_of_it_is_markup(
    case: Case, people: dict[str, list[User]], client: Client
) -> None:
    client.force_login(people["worker"][0])
    address = reverse("casework:note", args=[case.uuid])
    answer = client.post(address, {"text": "<b>@秦总</b>请看", "key": "k"})
    assert (answer.status_code, answer["Location"].endswith("#comments")) == (302, True)
    for page in (
        reverse("casework:case", args=[case.uuid]),
        reverse("intake:submission", args=[case.submission.uuid]),
    ):
        shown = client.get(page).content.decode()
        assert '&lt;b&gt;<span class="chip chip--open chip--name">@秦总</span>&lt;/b&gt;请看' in shown


def test_the_submission_s_own_page_tells_them_too(
    case: Case, people: dict[str, list[User]], client: Client
) -> None:
    client.force_login(people["worker"][0])
    address = reverse("intake:comment", args=[case.submission.uuid])
    assert client.post(address, {"text": "@秦总请看", "key": "k"}).status_code == 302
    assert [name for name, _key in told()] == [people["boss"][0].username]
    make_user("stranger", full_name="路人甲")
    refused = client.post(address, {"text": "@路人甲请看", "key": "m"})
    assert refused.status_code == 422
    assert ">@路人甲请看</textarea>" in refused.content.decode()


def test_those_who_may_see_the_case_are_offered_and_nobody_else(
    case: Case, people: dict[str, list[User]], client: Client
) -> None:
    make_user("stranger", full_name="秦无关")
    boss = people["boss"][0]
    boss.groups.first().user_set.add(make_user("qin2", full_name="秦总"))
    client.force_login(people["worker"][0])
    offered = client.get(reverse("casework:people", args=[case.uuid]), {"q": "秦"}).json()["people"]
    assert [one["write"] for one in offered] == [f"秦总({boss.username})", "秦总(qin2)"]
    everybody = client.get(reverse("casework:people", args=[case.uuid])).json()["people"]
    assert "王芳" not in [one["name"] for one in everybody], "not oneself"
