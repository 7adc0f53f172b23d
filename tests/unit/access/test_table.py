"""Rules of the table: whom a line lets in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.access.navigation import PLACES, register_count
from backoffice.access.table import ALL_ROLES, SAFE_METHODS, denied, public, roles, signed_in, table

METHODS = st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
HELD = st.frozensets(st.sampled_from(sorted(ALL_ROLES)))


@given(HELD, METHODS, st.booleans())
def test_denied_is_denied_and_public_is_public(held: frozenset[str], method: str, known: bool) -> None:
    assert not denied("why").allows(signed_in=known, roles=held, method=method)
    assert public().allows(signed_in=known, roles=held, method=method)


@given(HELD, METHODS)
def test_signed_in_needs_no_role(held: frozenset[str], method: str) -> None:
    assert signed_in().allows(signed_in=True, roles=held, method=method)
    assert not signed_in().allows(signed_in=False, roles=held, method=method)


@given(HELD, HELD, HELD, METHODS)
def test_roles_may_all_and_readers_may_look(
    writers: frozenset[str], readers: frozenset[str], held: frozenset[str], method: str
) -> None:
    rule = roles(*writers, readers=readers)
    expected = bool(held & writers) or (method in SAFE_METHODS and bool(held & readers))
    assert rule.allows(signed_in=True, roles=held, method=method) == expected
    assert not rule.allows(signed_in=False, roles=held, method=method)


def test_a_line_can_speak_of_some_arguments_only() -> None:
    rule = roles("hr", only={"action": {"publish", "move"}})
    assert rule.fits({"action": "move", "app_label": "wagtailcore"})
    assert not rule.fits({"action": "delete"})
    assert not rule.fits({})


def test_lines_name_roles_that_exist() -> None:
    assert {key for rule in table().values() for key in rule.roles | rule.readers} <= ALL_ROLES


def test_nothing_dangerous_of_wagtail_is_open() -> None:
    lines = table()
    for route in (
        "wagtailadmin_login",
        "wagtailadmin_password_reset",
        "wagtailadmin_password_reset_confirm",
        "wagtailadmin_api:pages:action",
        "wagtailusers_users:delete",
        "wagtailusers_groups:delete",
        "wagtailadmin_pages:convert_alias",
    ):
        assert lines[route].kind == "denied", route
    assert not lines["wagtail_bulk_action"].fits({"app_label": "wagtailcore", "action": "delete"})
    assert not lines["wagtail_bulk_action"].fits({"app_label": "organisation", "action": "publish"})


def test_a_count_needs_a_place() -> None:
    assert "inbox" in {place.key for place in PLACES}
    with pytest.raises(KeyError, match="nowhere"):
        register_count("nowhere", lambda person: 1)
