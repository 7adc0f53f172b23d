"""The words of our addresses that stand where the code of a position may stand: no position can be called so."""

from __future__ import annotations

from functools import cache


@cache
def words() -> frozenset[str]:
    """Return them, read from ``urls``: in ``positions/chart/`` it is ``chart``."""
    from backoffice.positions.urls import urlpatterns  # its views ask for all of the app

    seconds = (str(one.pattern).split("/")[1] for one in urlpatterns)
    return frozenset(word for word in seconds if word and "<" not in word)
