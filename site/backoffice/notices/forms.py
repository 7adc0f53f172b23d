"""How somebody, or the house, wants to be mailed: one form for both."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from foundation.notifying.enums import Pace, Quiet
from foundation.notifying.kinds import Topic, topics
from foundation.notifying.models import Reception
from foundation.notifying.preferences import Preference, PreferenceRefused
from foundation.worktime.models import Calendar

TIME = forms.TimeInput(format="%H:%M", attrs={"type": "time"})


class PreferenceForm(forms.Form):
    """A pace for each topic, quiet time, and when the daily mail comes. ``house``: what empty choices stand for."""

    quiet = forms.ChoiceField(label=gettext_lazy("Quiet time"), required=False)
    quiet_from = forms.TimeField(
        label=pgettext_lazy("quiet time", "From"),
        required=False,
        widget=TIME,
        input_formats=["%H:%M", "%H:%M:%S"],
    )
    quiet_until = forms.TimeField(
        label=pgettext_lazy("quiet time", "Until"),
        required=False,
        widget=TIME,
        input_formats=["%H:%M", "%H:%M:%S"],
    )
    calendar = forms.ChoiceField(label=gettext_lazy("Calendar of the working hours"), required=False)
    daily_at = forms.TimeField(
        label=gettext_lazy("The daily mail comes at"),
        required=False,
        widget=TIME,
        input_formats=["%H:%M", "%H:%M:%S"],
    )

    def __init__(self, *args: Any, row: Reception, house: Reception | None = None, **kwargs: Any) -> None:
        self.house = house
        initial = {
            **{f"pace-{topic}": pace for topic, pace in row.paces.items()},
            "quiet": row.quiet,
            "quiet_from": row.quiet_from,
            "quiet_until": row.quiet_until,
            "calendar": row.calendar,
            "daily_at": row.daily_at,
        }
        super().__init__(*args, initial=initial, **kwargs)
        for topic in topics():
            self.fields[f"pace-{topic.key}"] = forms.ChoiceField(
                label=topic.title, help_text=topic.help, required=False, choices=self._paces(topic)
            )
        usual = house.get_quiet_display() if house and house.quiet else Quiet.NONE.label
        empty = [("", _("As the house does it: %(usual)s") % {"usual": usual})] if house else []
        self.fields["quiet"].choices = [*empty, *Quiet.choices]
        self.fields["calendar"].choices = [
            ("", "—"),
            *((calendar.key, str(calendar)) for calendar in Calendar.objects.order_by("key")),
        ]

    def _paces(self, topic: Topic) -> list[tuple[str, str]]:
        usual = (self.house.paces.get(topic.key) if self.house else "") or topic.usual
        word = _("As the house does it: %(usual)s") if self.house else _("As it comes: %(usual)s")
        offered = [pace for pace in Pace if pace != Pace.NOT or not topic.compulsory]
        return [
            ("", word % {"usual": Pace(usual).label}),
            *((pace.value, str(pace.label)) for pace in offered),
        ]

    @property
    def topics(self) -> list[tuple[Topic, forms.BoundField]]:
        """Return each topic with its control."""
        return [(topic, self[f"pace-{topic.key}"]) for topic in topics()]

    def wanted(self) -> Preference:
        """Return what was asked for, once the form is valid."""
        found = self.cleaned_data
        return Preference(
            paces={topic.key: found[f"pace-{topic.key}"] for topic in topics()},
            quiet=found["quiet"],
            quiet_from=found["quiet_from"],
            quiet_until=found["quiet_until"],
            calendar=found["calendar"],
            daily_at=found["daily_at"],
        )

    def refuse(self, refused: PreferenceRefused) -> None:
        """Put what the service refused beside its controls."""
        for name, sentence in refused.errors.items():
            self.add_error(name if name in self.fields else None, sentence)
