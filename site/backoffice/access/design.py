"""Invented content for ``/design/``, where every component is shown."""

from __future__ import annotations

import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext_lazy as _

from backoffice.access.templatetags.remit import TimelineEntry
from foundation.organisation.models import User
from foundation.outbox.models import Job


class ExampleForm(forms.Form):
    """One field of each shape, two of them wrong."""

    customer = forms.CharField(label=_("Customer"), help_text=_("As on the identity card."), initial="欧阳海")
    phone = forms.CharField(label=_("Telephone"))
    received = forms.DateField(label=_("Received on"), widget=forms.DateInput(attrs={"type": "date"}))
    subject = forms.ChoiceField(
        label=_("Subject"), choices=[("repair", _("Repair quality")), ("wait", _("Waiting time"))]
    )
    urgency = forms.ChoiceField(
        label=_("Urgency"),
        choices=[("normal", _("Normal")), ("urgent", _("Urgent: the customer is waiting"))],
        widget=forms.RadioSelect,
    )
    description = forms.CharField(
        label=_("What happened"), widget=forms.Textarea(attrs={"rows": 4}), required=False
    )


def context() -> dict[str, Any]:
    """Return the names the template shows."""
    zone = get_current_timezone()
    at = datetime.datetime(2026, 11, 22, 14, 3, tzinfo=zone)
    people = [
        User(full_name="李慧敏", full_name_en="Li Huimin"),
        User(full_name="王建国", full_name_en="Wang Jianguo"),
    ]
    form = ExampleForm(
        {
            "customer": "欧阳海",
            "phone": "",
            "received": "2026-02-30",
            "subject": "repair",
            "urgency": "normal",
        }
    )
    form.is_valid()
    change = SimpleNamespace(
        label=_("Answer within"),
        path="deadline",
        before="两个工作日 / two working days",
        after="一个工作日 / one working day",
    )
    added = SimpleNamespace(label=_("Duty"), path="duty", before=None, after="交车前与客户核对维修项目。")
    return {
        "people": people,
        "form": form,
        "clean_form": ExampleForm(),
        "states": [
            ("open", _("received")),
            ("waiting", _("waiting for the customer")),
            ("done", _("closed")),
            ("refused", _("refused")),
            ("ended", _("withdrawn")),
        ],
        "at": at,
        "amount": Decimal("12300"),
        "rows": [
            SimpleNamespace(
                number="TS-2026-0042",
                title=_("Noise after brake repair"),
                state="open",
                word=_("received"),
                who=people[0],
                at=at,
                amount=Decimal("0"),
            ),
            SimpleNamespace(
                number="TS-2026-0041",
                title=_("Vehicle handed over two hours late"),
                state="waiting",
                word=_("waiting for the customer"),
                who=people[1],
                at=at - datetime.timedelta(hours=5),
                amount=Decimal("860.5"),
            ),
            SimpleNamespace(
                number="TS-2026-0040",
                title=_("Invoice shows the wrong mileage"),
                state="done",
                word=_("closed"),
                who=people[0],
                at=at - datetime.timedelta(days=3),
                amount=Decimal("12300"),
            ),
        ],
        "timeline": [
            TimelineEntry(
                at,
                str(_("Answered")),
                who=str(people[1]),
                text="已致电客户，约定明日上午复检。",
                icon="message-square",
                tone="done",
            ),
            TimelineEntry(
                at - datetime.timedelta(hours=2),
                str(_("Assigned")),
                who=str(people[0]),
                icon="forward",
                tone="waiting",
                changes=(change,),
            ),
            TimelineEntry(
                at - datetime.timedelta(hours=3),
                str(_("Received")),
                who=str(people[0]),
                icon="circle-dot",
                tone="open",
            ),
        ],
        "changes": [change, added],
        "job": Job(kind="example", state=Job.State.RUNNING, done=3, total=12, detail="部门职责汇编.docx"),
        "category": "open",
        "word": Job.State.RUNNING.label,
        "page": Paginator(range(1, 130), 25).page(2),
    }
