"""The supervisor's view: who holds how much, what is late, by person, department and workflow; each figure leads to
its cases.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from backoffice.reports.drawing import Bar, columns, share_bar
from backoffice.reports.exporting import XLSX, file_name, write_workbook
from backoffice.reports.presentation import Cell, Line, Table, Told, day_word, written
from foundation.editions.models import Edition
from foundation.editions.queries import all_in_force
from foundation.editions.texts import in_language
from foundation.organisation.models import User
from workflows.definitions import definition_of
from workflows.load import OTHERS, Held, Supervised
from workflows.promises import Owed, owed_under

PER_PAGE = 50
DRAWN = 12
"""So many people stand in the chart; the table has all."""
NOBODY = "nobody"
PROMISES = ("owed", "soon", "overdue")
"""Of the figures of promises in their order: what the list of promises is asked for with ``show``."""
LATENESS = ("", "1", "soon")
"""Of the figures in their order: what the list of cases is asked for with ``late``."""


@require_GET
def load(request: HttpRequest) -> HttpResponse:
    """Who holds how much of what the person leads."""
    supervised = Supervised(request.user)
    told = _Load(supervised).told() if supervised else None
    return render(request, "reports/load.html", {"page_title": _("Load and lateness"), "told": told})


@require_GET
def load_file(request: HttpRequest) -> HttpResponse:
    """The same as a workbook."""
    supervised = Supervised(request.user)
    if not supervised:
        raise Http404
    content, told = io.BytesIO(), _Load(supervised).told()
    write_workbook(content, told)
    content.seek(0)
    name = file_name(told, ".xlsx", timezone.localdate())
    return FileResponse(content, as_attachment=True, filename=name, content_type=XLSX)


class _Load:
    """The figures as tables."""

    def __init__(self, supervised: Supervised) -> None:
        self.supervised = supervised
        self.held = supervised.held()
        self.asked = supervised.asked()
        self.owed = owed_under(supervised)
        self.titles: Mapping[str, str] = {
            edition.key: in_language(definition_of(edition).title)
            for edition in all_in_force(Edition.Kind.WORKFLOW)
        }
        self.posts = {post.person.pk: post for post in supervised.posts}
        self.department_names = {post.department.code: str(post.department) for post in supervised.posts}
        others = {one.person for one in (*self.held, *self.owed) if one.person is not None} | set(self.asked)
        people = list(User.objects.filter(pk__in=others | set(self.posts)))
        self.names = {person.pk: str(person) for person in people}
        self.keys = {person.pk: str(person.uuid) for person in people}

    def name_of(self, person: int | None) -> str:
        """Return who somebody is, with who acts for them."""
        if person is None:
            return _("nobody yet")
        name = self.names.get(person, "–")
        post = self.posts.get(person)
        if post is not None and post.deputies:
            return _("%(person)s (deputy: %(deputies)s)") % {
                "person": name,
                "deputies": "、".join(str(one) for one in post.deputies),
            }
        return name

    def told(self) -> Told:
        """Return all of it."""
        total = _sum(self.held)
        by_person = self._by_person()
        return Told(
            key="load",
            title=_("Load and lateness"),
            description="",
            period=day_word(timezone.localdate()),
            query="",
            note=_(
                "People who work under you by the chart of the organisation, and everybody with cases you may give to "
                "others. Counted are the open cases you may see."
            ),
            tiles=tuple(
                (head, cell, "")
                for head, cell in (
                    *zip(_heads(), self._cells(total), strict=True),
                    *(zip(_promise_tiles(), self._promised(self.owed), strict=True) if self.owed else ()),
                )
            ),
            chart=self._chart(by_person),
            chart_title=_("By person"),
            tables=(
                Table(
                    "people",
                    _("By person"),
                    (*_heads(), _("Decisions waited for")),
                    tuple(
                        Line(
                            self.name_of(person),
                            (*self._cells(rows, total, person=self._key(person)), self._decisions(person)),
                        )
                        for person, rows in by_person
                    ),
                    _("Nobody you lead has an open case."),
                    _("Person"),
                ),
                Table(
                    "departments",
                    _("By department"),
                    _heads(),
                    self._departments(total),
                    first=_("Department"),
                ),
                Table(
                    "workflows",
                    _("By workflow"),
                    _heads(),
                    tuple(
                        Line(
                            self.titles.get(workflow, workflow),
                            self._cells(_sum(rows), total, workflow=workflow),
                        )
                        for workflow, rows in sorted(
                            _grouped(self.held, lambda one: one.workflow).items(),
                            key=lambda pair: -_sum(pair[1]).open,
                        )
                    ),
                    _("Nobody you lead has an open case."),
                    pgettext("of cases", "Workflow"),
                ),
                *self._promises(),
            ),
        )

    def _promises(self) -> Iterator[Table]:
        """Yield who owes how many promises; nothing where nobody owes one."""
        if not self.owed:
            return
        heads = _promise_heads()
        people = _grouped(self.owed, lambda one: one.person)
        yield Table(
            "promises-people",
            _("Promises by person"),
            heads,
            tuple(
                Line(
                    _("nobody of the house") if person is None else self.name_of(person),
                    self._promised(rows, person=self._key(person)),
                )
                for person, rows in sorted(
                    people.items(), key=lambda pair: (-_overdue(pair[1]), -_owed(pair[1]))
                )
            ),
            first=_("Person"),
        )
        departments = _grouped((one for one in self.owed if one.person is not None), self._department_of)
        yield Table(
            "promises-departments",
            _("Promises by department"),
            heads,
            tuple(
                Line(self.department_names.get(key, _("others")), self._promised(rows, department=key))
                for key, rows in departments.items()
            ),
            first=_("Department"),
        )
        yield Table(
            "promises-workflows",
            _("Promises by workflow"),
            heads,
            tuple(
                Line(self.titles.get(workflow, workflow), self._promised(rows, workflow=workflow))
                for workflow, rows in sorted(
                    _grouped(self.owed, lambda one: one.workflow).items(), key=lambda pair: -_owed(pair[1])
                )
            ),
            first=pgettext("of cases", "Workflow"),
        )

    def _department_of(self, one: Owed) -> str:
        post = self.posts.get(one.person) if one.person is not None else None
        return post.department.code if post is not None else OTHERS

    def _promised(self, rows: Iterable[Owed], **query: str) -> tuple[Cell, ...]:
        listed = list(rows)
        numbers = (_owed(listed), sum(one.soon for one in listed), _overdue(listed))
        return tuple(
            Cell(written(number), number, self._promise_list(show=show, **query) if number else "")
            for number, show in zip(numbers, PROMISES, strict=True)
        )

    def _promise_list(self, **query: str) -> str:
        """Return the address of the list of promises that a figure counts."""
        return f"{reverse('casework:promises')}?{urlencode({'whose': 'led', **query})}"

    def _by_person(self) -> list[tuple[int | None, Held]]:
        grouped = _grouped(self.held, lambda one: one.person)
        everybody: set[int | None] = set(grouped) | set(self.posts) | set(self.asked)
        found = [(person, _sum(grouped.get(person, ()))) for person in everybody]
        return sorted(found, key=lambda pair: (-pair[1].late, -pair[1].open, self.name_of(pair[0])))

    def _departments(self, total: Held) -> tuple[Line, ...]:
        grouped: dict[str, list[Held]] = {key: [] for key in self.department_names}
        for one in self.held:
            post = self.posts.get(one.person) if one.person is not None else None
            if post is not None:
                grouped[post.department.code].append(one)
            elif one.person is not None:
                grouped.setdefault(OTHERS, []).append(one)
        return tuple(
            Line(self.department_names.get(key, _("others")), self._cells(_sum(rows), total, department=key))
            for key, rows in grouped.items()
        )

    def _decisions(self, person: int | None) -> Cell:
        number = self.asked.get(person, 0) if person is not None else 0
        return Cell(written(number), number, self._address(asked=self._key(person)) if number else "")

    def _address(self, **query: str) -> str:
        """Return the address of the list of cases that shows what a figure counts."""
        led = {} if "asked" in query else {"led": "1"}
        return f"{reverse('casework:cases')}?{urlencode({**led, **query})}"

    def _key(self, person: int | None) -> str:
        return NOBODY if person is None else self.keys.get(person, NOBODY)

    def _cells(self, rows: Held, total: Held | None = None, **query: str) -> tuple[Cell, ...]:
        numbers = zip((rows.open, rows.late, rows.soon), LATENESS, strict=True)
        found = []
        for number, lateness in numbers:
            said = {**query, "late": lateness} if lateness else query
            bar: SafeString | str = (
                share_bar(number, total.open) if total is not None and not lateness else ""
            )
            found.append(Cell(written(number), number, self._address(**said) if number else "", bar))
        return tuple(found)

    def _chart(self, people: Sequence[tuple[int | None, Held]]) -> SafeString | str:
        drawn = [(person, rows) for person, rows in people if rows.open][:DRAWN]
        if not drawn:
            return ""
        series: list[tuple[str, list[Bar]]] = [(head, []) for head in _heads()[:3]]
        for person, rows in drawn:
            for (head, bars), cell in zip(series, self._cells(rows, person=self._key(person)), strict=True):
                words = _("%(person)s, %(figure)s: %(value)s") % {
                    "person": self.name_of(person),
                    "figure": head,
                    "value": cell.text,
                }
                bars.append(Bar(cell.value or 0, cell.text, words, cell.address))
        labels = [
            self.names.get(person, "") if person is not None else _("nobody yet") for person, _r in drawn
        ]
        return columns(_("Load and lateness"), labels, series)


def _heads() -> tuple[str, ...]:
    return (pgettext("cases", "Open"), _("Late"), _("Due within a day"))


def _promise_heads() -> tuple[str, ...]:
    return (pgettext("promises", "Open"), _("Due within a day"), _("Broken, still owed"))


def _promise_tiles() -> tuple[str, ...]:
    return (_("Promises open"), _("Promises due within a day"), _("Promises broken, still owed"))


def _owed(rows: Iterable[Owed]) -> int:
    return sum(one.open for one in rows)


def _overdue(rows: Iterable[Owed]) -> int:
    return sum(one.overdue for one in rows)


def _sum(rows: Iterable[Held]) -> Held:
    listed = list(rows)
    return Held(
        None,
        "",
        sum(one.open for one in listed),
        sum(one.late for one in listed),
        sum(one.soon for one in listed),
    )


def _grouped(rows: Iterable[Held], key: Any) -> dict[Any, list[Held]]:
    found: dict[Any, list[Held]] = defaultdict(list)
    for one in rows:
        found[key(one)].append(one)
    return found
