"""What every service has in common: a message out, an answer in, and what the answer means for the effect."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from foundation.outbox.services import Later, Refused


@dataclass(frozen=True)
class Outgoing:
    """What is posted: the whole address, and the body as JSON."""

    url: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Limit:
    """At most ``count`` messages in ``seconds``."""

    count: int
    seconds: int


@dataclass(frozen=True)
class Adapter:
    """One service. ``host``: where its robots live; ``path``: how their addresses begin; ``signs``: takes a secret.

    ``compose(url, secret, text, now)`` makes the message, ``judge(answer)`` raises ``Later`` or ``Refused``, or
    ``Failed`` for what may pass by itself, and returns where all is well.
    """

    key: str
    name: Any
    host: str
    path: str
    limits: tuple[Limit, ...]
    longest: int
    compose: Callable[[str, str, str, datetime.datetime], Outgoing]
    judge: Callable[[Mapping[str, Any]], None]
    signs: bool = False


class Failed(Exception):
    """The service did not take the message now, for a reason that may pass. It is tried again."""


def cut(text: str, most: int) -> str:
    """Return ``text`` in at most ``most`` bytes of UTF-8, never within a character; what is cut ends in an ellipsis."""
    raw = text.encode()
    if len(raw) <= most:
        return text
    return raw[: most - 3].decode(errors="ignore") + "…"


def refused(service: str, code: object, words: object) -> Refused:
    """Return what is raised when a service will never take this."""
    return Refused(f"{service} {code}: {words}")


def later(service: str, code: object, words: object, seconds: int) -> Later:
    """Return what is raised when a service takes no more for now."""
    return Later(datetime.timedelta(seconds=seconds), f"{service} {code}: {words}")
