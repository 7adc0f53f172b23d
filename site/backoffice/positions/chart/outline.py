"""The chart as nested lists: what phones show first, what screen readers read, what is printed from the screen.

The markup is put together as text: a template would take longer for five hundred lines than all the rest of the page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.access.templatetags.remit import icon
from backoffice.positions.chart import words
from backoffice.positions.chart.drawing import Screen
from backoffice.positions.chart.structure import Chart, Holder, Post


def markup(chart: Chart, hidden: Mapping[str, int], screen: Screen) -> SafeString:
    """Return the items of the outermost list; ``hidden`` says how many are folded away below one.

    Every text goes through ``escape``.
    """
    others: dict[str, list[str]] = {}
    for above, below in chart.dotted:
        others.setdefault(below, []).append(chart.posts[above].title)
    said = _Said()
    order = _from_above(chart)
    levels = [level for _code, level in order] + [0]
    pieces = []
    for (code, level), following in zip(order, levels[1:], strict=True):
        opens = code in chart.children
        pieces.append(
            _item(
                chart.posts[code],
                others.get(code, ()),
                chart.outside.get(code, ()),
                hidden,
                screen,
                said,
                opens,
            )
        )
        pieces.append('<ul role="list">' if opens else "</li>" + "</ul></li>" * (level - following))
    return mark_safe("".join(pieces))  # noqa: S308 - every text in it was escaped


@dataclass(frozen=True)
class _Said:
    """Words and icons that come again in every line, made once."""

    below: str = field(default_factory=lambda: _("Below %(title)s"))
    reports: str = field(default_factory=lambda: escape(_("Reports to")))
    also: str = field(default_factory=lambda: escape(_("Also reports to")))
    arrow: str = field(default_factory=lambda: icon("chevron-right"))
    vacant: str = field(default_factory=lambda: icon("circle-dot"))
    surplus: str = field(default_factory=lambda: icon("circle-alert"))


def _item(
    post: Post,
    others: Sequence[str],
    outside: Sequence[str],
    hidden: Mapping[str, int],
    screen: Screen,
    said: _Said,
    opens: bool,
) -> str:
    """Return one item without its end."""
    code, title, address = escape(post.code), escape(post.title), screen.address(post)
    hit = " outline__item--hit" if post.code in screen.hits else ""
    fold = '<span class="outline__fold"></span>'
    if opens or post.code in hidden:
        state = "false" if post.code in screen.closed else "true"
        fold = (
            f'<a class="outline__fold" href="{escape(screen.fold(post.code))}" data-fold="{code}" role="button"'
            f' aria-expanded="{state}">{said.arrow}<span class="hidden-visually">'
            f"{escape(said.below % {'title': post.title})}</span></a>"
        )
    named = f'<a href="{escape(address)}">{title}</a>' if address else f"<strong>{title}</strong>"
    line = f'{named} <span class="muted small">{escape(post.unit.name)}</span>'
    if told := words.vacancy(post):
        line += f' <span class="chip chip--waiting">{said.vacant}{escape(told)}</span>'
    if told := words.surplus(post):
        line += f' <span class="chip chip--refused">{said.surplus}{escape(told)}</span>'
    if number := hidden.get(post.code):
        told = ngettext("%(number)s below", "%(number)s below", number) % {"number": number}
        line += f' <span class="muted small">{escape(told)}</span>'
    more = ""
    if post.holders:
        more = "".join(f"<li>{_holder(one)}</li>" for one in post.holders)
        more = f'<ul class="outline__holders" role="list">{more}</ul>'
    for word, titles in ((said.reports, outside), (said.also, others)):
        if titles:
            more += f'<p class="muted small">{word}: {escape("、".join(titles))}</p>'
    return (
        f'<li class="outline__item{hit}" id="post-{code}" data-code="{code}"><div class="outline__line">{fold}'
        f'<div class="outline__text"><p class="outline__title">{line}</p>{more}</div></div>'
    )


def _holder(one: Holder) -> str:
    beside = "".join(f'<span class="muted small"> · {escape(each)}</span>' for each in words.deputising(one))
    return escape(words.holder(one)) + beside


def _from_above(chart: Chart) -> list[tuple[str, int]]:
    """Return each post with its level, children right after their parent."""
    found = []
    waiting = [(code, 0) for code in reversed(chart.roots)]
    while waiting:
        code, level = waiting.pop()
        found.append((code, level))
        waiting += [(child, level + 1) for child in reversed(chart.children.get(code, ()))]
    return found


def summary(posts: Collection[Post]) -> dict[str, int]:
    """Return how many posts, holders, vacancies and holders too many there are."""
    return {
        "posts": len(posts),
        "holders": sum(len(post.holders) for post in posts),
        "vacancies": sum(post.vacancies for post in posts),
        "surplus": sum(post.surplus for post in posts),
    }
