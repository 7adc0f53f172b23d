"""The house's own words: written over ours, refused with their place, taken back, carried in packs."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from django.utils.translation import override

from foundation.audit.models import Event
from foundation.notifying import house_words, preferences
from foundation.notifying.house_words import WordsRefused
from foundation.notifying.kinds import UnknownKind, kind_of
from foundation.notifying.models import Reception, Wording
from foundation.notifying.preferences import Preference
from foundation.notifying.services import tell
from foundation.organisation.models import User
from foundation.packs.exceptions import PackFileFault
from foundation.packs.services import apply_pack, export_pack
from tests.factories.notifying import mails_written
from tests.factories.organisation import make_user
from tests.factories.workflows import make_house, open_complaint
from workflows.services.record import telling

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief() -> User:
    return make_user()


def write(by: User, subject: str, text: str = "好的", language: str = "zh-hans") -> None:
    house_words.write(by=by, kind="case.copied", language=language, subject=subject, text=text)


def test_people_are_told_in_the_words_of_the_house(chief: User) -> None:
    house = make_house()
    case = open_complaint(house)
    write(chief, "{person} 抄送您：{case.number}", "{{原样}} {reader.name}")
    tell(telling(case, "case.copied", "k", [house["clerk"]], {"person": {"zh-hans": "王芳", "en": "Wang"}}))
    User.objects.filter(pk=house["clerk"].pk).update(language="zh-hans")
    payload = mails_written(house["clerk"]).latest("pk").payload
    assert payload["subject"] == f"[{case.number}] 王芳 抄送您：{case.number}"
    assert payload["body"].startswith("{原样} ")


def test_an_unknown_field_is_refused_with_its_place_and_nothing_changes(chief: User) -> None:
    with override("en"), pytest.raises(WordsRefused) as refused:
        write(chief, "{case.nummer}", "fine\nand {secret}")
    assert refused.value.errors["subject"][0].startswith(
        "Line 1, character 1: There is no field “{case.nummer}”"
    )
    assert refused.value.errors["text"][0].startswith("Line 2, character 5: ")
    assert not Wording.objects.exists()


@pytest.mark.parametrize(("subject", "text"), [("", "x"), ("x", " "), ("x" * 201, "x"), ("x", "x" * 4001)])
def test_nothing_and_too_much_are_refused(chief: User, subject: str, text: str) -> None:
    with pytest.raises(WordsRefused):
        write(chief, subject, text)


def test_words_of_a_notice_of_a_workflow_are_written_in_the_workflow(chief: User) -> None:
    for kind, language in (("case.notice", "en"), ("gossip", "en"), ("case.copied", "de")):
        with pytest.raises(UnknownKind):
            house_words.write(by=chief, kind=kind, language=language, subject="a", text="b")


def test_taking_ours_back_leaves_nothing_behind_and_each_change_is_recorded(chief: User) -> None:
    write(chief, "A")
    write(chief, "A")
    house_words.reset(by=chief, kind="case.copied", language="zh-hans")
    house_words.reset(by=chief, kind="case.copied", language="zh-hans")
    assert not Wording.objects.exists()
    assert Event.objects.filter(stream="notification-words:case.copied:zh-hans").count() == 2


def test_the_preview_fills_examples() -> None:
    kind = kind_of("case.copied")
    assert house_words.preview(kind, "en", "{person}", "{case.number} {{x}}") == (
        "Wang Fang",
        "TS-2026-0042 {x}",
    )


def test_a_pack_carries_words_and_rules_and_a_second_time_changes_nothing(
    chief: User, tmp_path: Path
) -> None:
    write(chief, "抄送")
    wanted = Preference({"cases": "daily"}, "hours", *map(clock, ("20:00", "08:00")), daily_at=clock("09:15"))
    preferences.house_prefers(by=chief, wanted=wanted)
    export_pack(tmp_path)
    exported = (tmp_path / "notifications.yaml").read_text()
    only = tmp_path / "only"
    only.mkdir()
    (only / "notifications.yaml").write_text(exported)
    assert apply_pack(only, by=chief).changes == ()
    Wording.objects.all().delete()
    Reception.objects.all().delete()
    assert len(apply_pack(only, by=chief).changes) == 2
    assert apply_pack(only, by=chief).changes == ()
    export_pack(tmp_path)
    assert (tmp_path / "notifications.yaml").read_text() == exported


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("texts:\n- kind: case.copied\n  language: en\n  subject: '{nope}'\n  text: x\n", 4),
        ("texts:\n- kind: gossip\n  language: en\n  subject: a\n  text: x\n", 2),
        ("texts:\n- kind: case.copied\n", 2),
        ("texts: many\n", 1),
        ("letters: []\n", 1),
        ("rules:\n  paces: {decisions: 'not'}\n", 2),
        ("rules:\n  daily_at: soon\n", 2),
        ("rules:\n  volume: loud\n", 2),
    ],
)
def test_what_is_wrong_in_a_pack_is_named_with_its_line(
    chief: User, tmp_path: Path, content: str, line: int
) -> None:
    (tmp_path / "notifications.yaml").write_text(content)
    with override("en"), pytest.raises(PackFileFault) as fault:
        apply_pack(tmp_path, by=chief)
    assert fault.value.line == line
    assert not Wording.objects.exists()


def clock(text: str) -> datetime.time:
    return datetime.time.fromisoformat(text)
