"""A house with one person a role and one object a kind, each holding a secret of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from backoffice.access import roles
from foundation.organisation.models import User
from tests.integration.access.world import World, make_world


@pytest.fixture
def world(db: None) -> World:
    """Return the people and objects that the matrix walks over."""
    return make_world()


@pytest.fixture
def canaries(world: World) -> dict[str, frozenset[str]]:
    """Return each secret with the names of those who may read it; a test may add its own."""
    return world.canaries


@pytest.fixture
def quiet() -> Iterator[None]:
    """Leave out the line that Django logs for each refused request: there are thousands."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def roles_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for the roles of each person once: nothing changes them in a walk, and it makes the walk twice as fast."""
    known: dict[int, frozenset[str]] = {}
    ask = roles.resolution.roles_of

    def roles_of(user: User) -> frozenset[str]:
        if user.pk not in known:
            known[user.pk] = ask(user)
        return known[user.pk]

    monkeypatch.setattr(roles.resolution, "roles_of", roles_of)
