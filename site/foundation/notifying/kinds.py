"""What the product may say to people: topics they choose a pace for, and under each the kinds of notice.

A room registers both in ``AppConfig.ready``. The texts of a kind are translated strings in which ``{name}`` stands for
a field of ``fields``; the house may write its own over them (``models.Wording``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from foundation.notifying.enums import Pace


@dataclass(frozen=True)
class Topic:
    """What a person chooses a pace for. ``compulsory``: mails of it may come bundled, but never not at all."""

    key: str
    title: Any
    help: Any = ""
    compulsory: bool = False
    usual: Pace = Pace.AT_ONCE


@dataclass(frozen=True)
class FieldOfKind:
    """A name that texts of a kind may use: what it means, and an example for the preview.

    ``inner``: only for whoever may see the matter; a group chat reads it where its robot is let tell everything.
    """

    title: Any
    sample: Any
    inner: bool = False


@dataclass(frozen=True)
class Kind:
    """One thing that is said. ``subject`` and ``text`` are ours; ``fields`` the names they may use.

    ``given``: each telling brings its own texts (a notice of a workflow); the house writes them there, not here.
    """

    key: str
    topic: str
    title: Any
    subject: Any = ""
    text: Any = ""
    fields: Mapping[str, FieldOfKind] = field(default_factory=dict)
    given: bool = False


COMMON: Mapping[str, FieldOfKind] = {
    "reader.name": FieldOfKind(_("who reads it"), _("Li Ming")),
    "address": FieldOfKind(_("where it is read"), "https://…"),
}
"""Fields of every kind."""

_topics: dict[str, Topic] = {}
_kinds: dict[str, Kind] = {}


class UnknownKind(LookupError):
    """Nobody registered a kind of this name."""


def register_topic(topic: Topic) -> None:
    """Let people choose a pace for ``topic``; the same key again replaces it."""
    _topics[topic.key] = topic


def register_kind(*found: Kind) -> None:
    """Let kinds be told; the same key again replaces it. Raises ``ValueError`` for a topic nobody registered."""
    for kind in found:
        if kind.topic not in _topics:
            raise ValueError(f"Kind {kind.key!r} names the unknown topic {kind.topic!r}.")
        _kinds[kind.key] = kind


def topics() -> tuple[Topic, ...]:
    """Return all topics, in the order in which they were registered."""
    return tuple(_topics.values())


def kinds() -> tuple[Kind, ...]:
    """Return all kinds, those of one topic together."""
    return tuple(kind for topic in _topics for kind in _kinds.values() if kind.topic == topic)


def kind_of(key: str) -> Kind:
    """Return the kind. Raises ``UnknownKind``."""
    try:
        return _kinds[key]
    except KeyError:
        raise UnknownKind(key) from None


def topic_of(key: str) -> Topic:
    """Return the topic of a kind; a kind that is not there any more speaks of nothing in particular."""
    kind = _kinds.get(key)
    return _topics[kind.topic] if kind else Topic("", _("Other matters"))


def fields_of(kind: Kind) -> Mapping[str, FieldOfKind]:
    """Return every name that texts of the kind may use."""
    return {**kind.fields, **COMMON}


def inner_names(key: str) -> frozenset[str]:
    """Return the names whose values only those who may see the matter read; none of a kind that is not there."""
    kind = _kinds.get(key)
    return frozenset(name for name, field in kind.fields.items() if field.inner) if kind else frozenset()
