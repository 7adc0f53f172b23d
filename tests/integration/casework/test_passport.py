"""The passport of a case as a PDF: what it tells, to whom, and that it shows no more than the page of the case."""

from __future__ import annotations

import datetime
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from backoffice.casework.explaining import explained_all
from foundation.audit.models import Event
from foundation.audit.queries import events_of
from foundation.editions.models import Edition
from foundation.editions.services import publish
from foundation.organisation.models import User
from tests.factories.chains import act, asks, chain_body, form_body, fresh, open_one, publish_all
from tests.factories.claims import Claims
from tests.factories.clocks import clock, pack_calendars, publish_timed
from tests.factories.forms import field
from tests.factories.organisation import bind_role, hold, make_deputy, make_position, make_user
from tests.factories.step_files import publish_signing, with_files
from workflows.models import Case
from workflows.services import approvals

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return make_user("clerk", full_name="邵秋白")


@pytest.fixture
def chain(clerk: User) -> dict[str, User]:
    return {role: people[0] for role, people in publish_all(chain_body(["manager", "gm"])).items()}


def asked_by(person: User, case: Case, language: str = "zh-hans") -> Any:
    client = Client()
    client.force_login(person)
    client.cookies["django_language"] = language
    return client.get(reverse("casework:passport", args=[case.uuid]))


def words(answer: Any, tmp_path: Path) -> str:
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    file = tmp_path / "passport.pdf"
    file.write_bytes(answer.content)
    shown = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True).stdout
    return "".join(shown.decode().split())


def test_it_tells_who_decided_for_whom_why_and_the_hash_of_every_event(
    chain: dict[str, User], clerk: User, tmp_path: Path
) -> None:
    deputy = make_user("deputy", full_name="代理人甲")
    make_deputy(principal=chain["manager"], deputy=deputy)
    case = open_one(clerk)
    approvals.agree(asks(case, deputy, "按预算同意"))
    approvals.refuse(asks(case, chain["gm"], "缺少发票"))
    told = words(asked_by(clerk, case), tmp_path)
    missing = [one for one in (case.number, "代理人甲", "按预算同意", "缺少发票") if one not in told]
    assert missing == []
    assert str(chain["manager"]).replace(" ", "") in told
    for event in events_of(case.stream):
        assert event.hash[:16] in told
    assert events_of(case.stream)[-1].hash in told


def test_it_is_written_in_the_language_of_its_reader(
    chain: dict[str, User], clerk: User, tmp_path: Path
) -> None:
    case = open_one(clerk)
    for language in ("en", "zh-hans"):
        with override(language):
            heading = "".join(gettext("What happened").split())
        assert heading in words(asked_by(clerk, case, language), tmp_path)


def test_strangers_find_none(chain: dict[str, User], clerk: User) -> None:
    assert asked_by(make_user("stranger"), open_one(clerk)).status_code == 404


def test_what_is_withheld_from_the_reader_stays_out_and_the_print_is_recorded(
    clerk: User, tmp_path: Path
) -> None:
    body = chain_body(["manager", "gm"])
    secret = field("secret", readers=["gm"], confidentiality="confidential")
    form = form_body(body["form"])
    form["pages"][0]["groups"][0]["fields"].append(secret)
    publish(kind=Edition.Kind.FORM, key=body["form"], body=form, by=make_user())
    people = publish_all(body)
    case = open_one(clerk, secret="身份证尾号七七四二")
    manager, gm = people["manager"][0], people["gm"][0]
    approvals.agree(asks(case, manager))
    assert "身份证尾号七七四二" not in words(asked_by(manager, case), tmp_path)
    assert "身份证尾号七七四二" in words(asked_by(gm, case), tmp_path)
    printed = Event.objects.filter(stream=f"reading:{case.submission.uuid}")
    kinds = [one.kind for one in events_of(printed.latest("id").stream)]
    assert kinds.count("submission_printed") == 2


def test_every_file_stands_in_it_with_the_hash_that_proves_it(
    clerk: User, tmp_path: Path, settings: Any
) -> None:
    folder = tmp_path / "files"
    options = {"location": folder, "base_url": None}
    settings.STORAGES = {**settings.STORAGES, "files": {**settings.STORAGES["files"], "OPTIONS": options}}
    settings.FILES_INCOMING_DIR = folder / "incoming"
    post = make_position()
    hold(clerk, post)
    bind_role("clerk", post)
    bind_role("submitter", "submitter")
    publish_signing(by=clerk)
    case = open_one(clerk, "signing", note="交车")
    case = act(case, "sign", clerk, answers=with_files(case, "sign", clerk, {}))
    told = words(asked_by(clerk, fresh(case)), tmp_path)
    rows = list(case.submission.files.all())
    assert len(rows) == 3
    for row in rows:
        assert row.sha256 in told
    storages._storages.pop("files", None)


def test_it_explains_each_time_limit_stretch_by_stretch(tmp_path: Path) -> None:
    pack_calendars()
    working = clock("working", calendar="store", targets=[{"amount": 20, "unit": "working_hours"}])
    (worker, *_others) = publish_timed(clock(), working)["worker"]
    case = open_one(worker)
    told = words(asked_by(worker, case, "en"), tmp_path)
    with override("en"):
        explained = explained_all(case)
        assert [one.shown.title for one in explained] == ["answer", "working"]
        lines = [line for one in explained for line in one.lines]
        for line in lines:
            assert "".join(line.text.split()) in told
    assert "Timelimits" in told


def test_it_tells_the_money_entry_by_entry_and_month_by_month(tmp_path: Path) -> None:
    house = Claims()
    before = (timezone.localdate().replace(day=1) - datetime.timedelta(days=1)).isoformat()
    case = house.accepted("1200.00", "1000.00", filed_on=before)
    case = house.post(case, "400.00", reference="银行 9")
    told = words(asked_by(house["cashier"], case, "en"), tmp_path)
    for amount in ("¥1,200.00", "-¥200.00", "¥1,000.00", "-¥400.00", "-¥600.00", "¥600.00", "银行9"):
        assert amount in told
    assert told.count(f"{before[:7]}1¥1,200.00¥1,200.00open") == 1
    assert asked_by(house.stranger, case).status_code == 404
