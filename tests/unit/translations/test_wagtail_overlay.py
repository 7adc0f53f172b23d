"""Wagtail's screens are whole in Chinese: what its catalogues lack stands in ours; an upgrade shows new gaps here."""

import re
from pathlib import Path

import polib
import pytest
from django.apps import apps
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JavaScriptCatalog

from backoffice.access import catalogues

SUPPLIERS = ("wagtail", "modelsearch", "taggit", "modelcluster", "simple_history")
OVERLAY = catalogues.roots()[1]
DOMAINS = ["django", "djangojs"]


def suppliers() -> list[str]:
    return [config.name for config in apps.get_app_configs() if config.name.split(".")[0] in SUPPLIERS]


def overlay_file(domain: str) -> Path:
    return OVERLAY / catalogues.LOCALE / "LC_MESSAGES" / f"{domain}.po"


@pytest.mark.parametrize("domain", DOMAINS)
def test_overlay_translates_exactly_what_wagtail_lacks(domain: str) -> None:
    gaps = catalogues.library_gaps(suppliers(), domain)
    overlay = {catalogues.key_of(entry): entry for entry in catalogues.live_entries(overlay_file(domain))}
    assert {"lacking": gaps.keys() - overlay.keys(), "not needed": overlay.keys() - gaps.keys()} == {
        "lacking": set(),
        "not needed": set(),
    }
    assert {
        key for key, entry in gaps.items() if bool(entry.msgid_plural) != bool(overlay[key].msgid_plural)
    } == set()


@pytest.mark.parametrize("domain", DOMAINS)
def test_overlay_has_no_faults(domain: str) -> None:
    assert catalogues.faults(overlay_file(domain)) == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_overlay_keeps_the_tags_of_the_message(domain: str) -> None:
    for entry in catalogues.live_entries(overlay_file(domain)):
        wanted = sorted(re.findall(r"<[^>]+>", entry.msgid_plural or entry.msgid))
        assert [sorted(re.findall(r"<[^>]+>", text)) for text in catalogues.texts_of(entry)] == [wanted], (
            entry.msgid
        )


@pytest.fixture
def compiled(tmp_path: Path, settings: object) -> Path:
    folder = tmp_path / catalogues.LOCALE / "LC_MESSAGES"
    folder.mkdir(parents=True)
    for domain in DOMAINS:
        polib.pofile(str(overlay_file(domain))).save_as_mofile(str(folder / f"{domain}.mo"))
    settings.LOCALE_PATHS = [tmp_path]  # type: ignore[attr-defined]  # pytest-django's settings are dynamic
    return tmp_path


def test_overlay_reaches_the_templates(compiled: Path) -> None:
    catalogue = DjangoTranslation("zh-hans")
    assert catalogue.gettext("Autosave is paused") == "自动保存已暂停"
    assert (
        catalogue.ngettext("Moved up 1 place.", "Moved up %(counter)s places.", 1)
        == "已上移 %(counter)s 位。"
    )
    assert catalogue.gettext("Publish") == "发布"  # Wagtail's own words stay


def test_overlay_reaches_the_javascript_catalogue(compiled: Path) -> None:
    with translation.override("zh-hans"):
        response = JavaScriptCatalog.as_view(packages=["wagtail.admin"])(RequestFactory().get("/"))
    body = response.content.decode("unicode_escape")
    assert '"A network error occurred.": "发生网络错误。"' in body
    assert '"%(num)s min": [\n      "%(num)s 分钟"\n    ]' in body
