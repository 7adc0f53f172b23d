"""A house with one person a role and one object a kind, each holding a secret of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

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
