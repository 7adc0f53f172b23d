"""Which scripts in a page may run: one call that starts a chooser, with plain data, and nothing else."""

from __future__ import annotations

import base64
import hashlib

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from backoffice.access.csp import is_starter, starters_in

STARTER = 'initDateChooser("id_effective_from", {"dayOfWeekStart": 1, "format": "Y-m-d"});'


@pytest.mark.parametrize(
    "script",
    [
        STARTER,
        f"\n  {STARTER}\n",
        'initDateTimeChooser("id_go_live_at");',
        'new PageChooser("id_new_parent_page", {"targetPages": [4], "canChooseRoot": false});',
    ],
)
def test_starters_run(script: str) -> None:
    assert is_starter(script)


@pytest.mark.parametrize(
    "script",
    [
        "alert(1)",
        f"{STARTER}alert(1)",
        f"alert(1);{STARTER}",
        'initDateChooser("id", {"a": alert(1)});',
        'initDateChooser("id", {}, alert(1));',
        'initDateChooser(alert(1), {"a": 1});',
        'initDateChooser("id" + alert(1));',
        'initDateChooser("id", {"a": 1}); fetch("//x", {"b": 2});',
        'new Function("alert(1)", {"a": 1});',
        "",
    ],
)
def test_anything_else_does_not(script: str) -> None:
    assert not is_starter(script)


def test_the_hash_is_that_of_the_script_as_it_stands() -> None:
    page = f"<p>x</p><script>\n{STARTER}</script><script>alert(1)</script><script src='x.js'></script>"
    expected = base64.b64encode(hashlib.sha256(f"\n{STARTER}".encode()).digest()).decode()
    assert starters_in(HttpResponse(page)) == [f"'sha256-{expected}'"]


def test_only_pages_are_read() -> None:
    page = f"<script>{STARTER}</script>"
    assert starters_in(HttpResponse(page, content_type="application/json")) == []
    assert starters_in(StreamingHttpResponse([page])) == []
