"""``{% load remit %}``: the components of the staff side and how dates, times and money are written.

Everything here turns plain values into HTML; nothing asks a permission or runs a query. Shown on
``/design/``.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

register = template.Library()

# Categories of states (workflows/schema.py) and states of submissions: which colour and shape they wear.
TONES: Mapping[str, tuple[str, str]] = {
    "open": ("open", "circle-dot"),
    "waiting": ("waiting", "hourglass"),
    "done": ("done", "circle-check"),
    "refused": ("refused", "circle-x"),
    "ended": ("ended", "circle-minus"),
    "final": ("done", "circle-check"),
    "draft": ("ended", "pencil"),
    "submitted": ("open", "circle-dot"),
    "corrected": ("waiting", "rotate-ccw"),
    "withdrawn": ("ended", "circle-minus"),
}
NOTICE_ICONS = {
    "success": "circle-check",
    "warning": "triangle-alert",
    "error": "circle-alert",
    "info": "info",
    "debug": "info",
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class TimelineEntry:
    """One line of a timeline: when, what, who; optionally a text, changes (label, before, after) and a
    tone.
    """

    at: datetime.datetime
    title: str
    who: str = ""
    text: str = ""
    icon: str = "circle-dot"
    tone: str = "ended"
    changes: Sequence[Any] = field(default=())


def _chinese() -> bool:
    return (get_language() or "zh-hans").startswith("zh")


@register.simple_tag
def html_language() -> str:
    """Return the value of ``lang`` for the language in use (``zh-Hans``, not Django's ``zh-hans``)."""
    return "zh-Hans" if _chinese() else (get_language() or "en")


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """Return the icon ``name`` of the sprite; it is decoration, the word stands beside it."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css_class,
        static("remit/icons.svg"),
        name,
    )


# --- dates, times, money, numbers ---------------------------------------------------------------------------


@register.filter
def date_text(value: datetime.date | datetime.datetime | None) -> str:
    """Return ``2026年11月22日`` or ``22 Nov 2026``; empty for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime.datetime):
        value = _local(value).date()
    if _chinese():
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


@register.filter
def clock(value: datetime.datetime | datetime.time | None) -> str:
    """Return ``14:03``."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime.datetime):
        value = _local(value)
    return f"{value:%H:%M}"


@register.filter
def moment_text(value: datetime.datetime | datetime.date | None) -> str:
    """Return date and time, or the date alone for a date."""
    if isinstance(value, datetime.datetime):
        return f"{date_text(value)} {clock(value)}"
    return date_text(value)


@register.filter
def money(value: Decimal | int | str | None) -> str:
    """Return an amount in yuan as ``¥12,300.00``; the minus stands before the sign."""
    if value is None or value == "":
        return ""
    amount = Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{'-' if amount < 0 else ''}¥{abs(amount):,.2f}"


@register.filter
def tally(value: int) -> str:
    """Return a count that fits a badge: ``99+`` above 99."""
    return "99+" if value > 99 else str(value)


@register.filter
def shown(value: Any) -> str:
    """Return any stored value as a person reads it: yes and no in words, dates and lists written out."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime.date):
        return moment_text(value)
    if isinstance(value, Mapping):
        if set(value) and set(value) <= {"zh-hans", "en"}:
            key = "zh-hans" if _chinese() else "en"
            return str(value.get(key) or next(iter(value.values())))
        return "\n".join(f"{key}: {shown(item)}" for key, item in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "\n".join(shown(item) for item in value)
    return str(value)


def _local(value: datetime.datetime) -> datetime.datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


# --- components ---------------------------------------------------------------------------------------------


@register.inclusion_tag("components/state_chip.html")
def state_chip(category: str, word: str = "") -> dict[str, str]:
    """Show a state: ``category`` (a key of TONES) gives colour and shape, ``word`` is what it is called."""
    tone, icon_name = TONES.get(str(category), ("ended", "circle-dot"))
    return {"tone": tone, "icon_name": icon_name, "word": word or str(category)}


@register.inclusion_tag("components/person.html")
def person(user: Any) -> dict[str, str]:
    """Show who: a user, or a plain name; nothing stands for nobody."""
    name = "" if user is None else str(user)
    if not name:
        return {"name": _("nobody"), "initial": "–"}
    # A Chinese name is recognised by its given name's last character, a Latin one by its first letter.
    return {"name": name, "initial": name[-1] if "\u4e00" <= name[-1] <= "\u9fff" else name[0].upper()}


@register.simple_tag
def mentioned(said: Any) -> SafeString:
    """Show a note: ``text``, with those it names (``mentioned``: as written, and who) set off from it."""
    names = sorted({written for written, _uuid in said.mentioned}, key=len, reverse=True)
    if not names:
        return format_html("{}", said.text)
    found = re.split("([@＠](?:" + "|".join(map(re.escape, names)) + "))", said.text)
    parts = (
        format_html('<span class="chip chip--open chip--name">@{}</span>', part[1:]) if place % 2 else part
        for place, part in enumerate(found)
    )
    return format_html_join("", "{}", ((part,) for part in parts))


@register.inclusion_tag("components/moment.html")
def moment(value: datetime.datetime | datetime.date | None) -> dict[str, str]:
    """Show a point in time or a day, with its machine-readable form."""
    if value is None or value == "":
        return {"machine": "", "day": "", "clock": ""}
    exact = isinstance(value, datetime.datetime)
    machine = _local(value) if isinstance(value, datetime.datetime) else value
    return {"machine": machine.isoformat(), "day": date_text(value), "clock": clock(value) if exact else ""}


@register.inclusion_tag("components/notice.html")
def notice(tone: str, text: Any) -> dict[str, Any]:
    """Show a message: ``info``, ``success``, ``warning`` or ``error``."""
    return {"tone": tone, "text": text, "icon_name": NOTICE_ICONS.get(tone, "info")}


@register.inclusion_tag("components/page_header.html")
def page_header(title: str, subtitle: str = "") -> dict[str, str]:
    """Show a heading with a line below it."""
    return {"title": title, "subtitle": subtitle}


@register.inclusion_tag("components/empty_state.html")
def empty_state(
    title: str, text: str = "", icon: str = "inbox", action_url: str = "", action_label: str = ""
) -> dict[str, str]:
    """Show that there is nothing, and what to do next."""
    return {
        "title": title,
        "text": text,
        "icon_name": icon,
        "action_url": action_url,
        "action_label": action_label,
    }


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: template.Context, page: Page[Any], parameter: str = "page") -> dict[str, Any]:
    """Show how many there are and the way to the next ones; keeps the other parameters of the address.

    ``more`` in the context says that there are more than were counted.
    """

    def address(number: int) -> str:
        query = context["request"].GET.copy()
        query[parameter] = str(number)
        return f"?{query.urlencode()}"

    return {
        "page": page,
        "more": context.get("more", False),
        "previous_url": address(page.previous_page_number()) if page.has_previous() else "",
        "next_url": address(page.next_page_number()) if page.has_next() else "",
    }


@register.inclusion_tag("components/timeline.html")
def timeline(entries: Iterable[Any]) -> dict[str, Any]:
    """Show what happened; ``entries`` are TimelineEntry or anything with the same names."""
    return {"entries": entries}


@register.inclusion_tag("components/diff.html")
def diff(changes: Iterable[Any]) -> dict[str, Any]:
    """Show before and after of each change (``label`` or ``path``, ``before``, ``after``)."""
    return {"changes": changes}


@register.inclusion_tag("components/field_errors.html")
def field_errors(bound: Any) -> dict[str, Any]:
    """Show what is wrong with a field of a Django form."""
    return {"errors": bound.errors, "id": f"{bound.auto_id}-errors"}


@register.inclusion_tag("components/form_field.html")
def form_field(bound: forms.BoundField, autocomplete: str = "") -> dict[str, Any]:
    """Show a field of a Django form with label, help and errors, tied together for screen readers."""
    attributes: dict[str, str] = {}
    described = []
    if bound.help_text:
        described.append(f"{bound.auto_id}-help")
    if bound.errors:
        described.append(f"{bound.auto_id}-errors")
        attributes["aria-invalid"] = "true"
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if autocomplete:
        attributes["autocomplete"] = autocomplete
    group = isinstance(bound.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    return {"field": bound, "group": group, "control": "" if group else bound.as_widget(attrs=attributes)}


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: forms.BaseForm) -> dict[str, Any]:
    """Show all that is wrong in a form, each with a link to its field."""
    entries = [{"label": "", "message": message, "target": ""} for message in form.non_field_errors()]
    for bound in form:
        target = bound.id_for_label or f"{bound.auto_id}-field"
        entries += [{"label": bound.label, "message": message, "target": target} for message in bound.errors]
    return {"entries": entries}
