"""Robots of group chats: what each service takes and answers, and the one way out to them.

``services_known`` names the services; each module beside this one says how one of them is spoken to. ``posting`` is the
only place of this project that opens a connection to an address somebody typed in.
"""

from __future__ import annotations

from foundation.notifying.robots import dingtalk, feishu, wecom
from foundation.notifying.robots.base import Adapter

_ADAPTERS: dict[str, Adapter] = {one.key: one for one in (wecom.ADAPTER, dingtalk.ADAPTER, feishu.ADAPTER)}


def adapter_of(service: str) -> Adapter:
    """Return how a service is spoken to. Raises ``KeyError`` for one we do not know."""
    return _ADAPTERS[service]


def adapters() -> tuple[Adapter, ...]:
    """Return all services we know."""
    return tuple(_ADAPTERS.values())
