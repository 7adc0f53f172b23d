"""``manage.py demo_sign_offs``: holders of the demonstration have signed, are asked, or are late.

Run by ``make demo`` after ``manage.py demo``. Refused in production; safe twice (the second time nothing is added).
"""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from backoffice.positions.signoff import keeping, services
from backoffice.positions.signoff.enums import WhyAsked
from backoffice.positions.signoff.models import SignOff
from foundation.editions.models import Edition
from foundation.editions.queries import in_force
from foundation.organisation.models import Holding
from foundation.packs.demo_people import refuse_production
from foundation.packs.exceptions import PackError

LATE = {"service_manager": 6, "clerk2": 3}
"""Due so many days ago."""
SIGNED = ("hr", "manager", "clerk", "clerk2")
REFUSED = {"form_builder": "说明书把服务器夜间值守列为日常职责，与入职时约定的工作时间不符，请先协商。"}


class Command(BaseCommand):
    """Ask the demonstration's people to sign, and let some of them answer."""

    help = "Let people of the demonstration sign their position descriptions. Not for production."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do all of it in one transaction."""
        try:
            refuse_production()
        except PackError as refusal:
            raise CommandError(str(refusal)) from refusal
        if SignOff.objects.filter(person__is_demo=True).exclude(state="open").exists():
            return
        with transaction.atomic(), override("zh-hans"):
            self._play()
        self.stdout.write(_("%(count)s holders are asked to sign.") % {"count": SignOff.objects.count()})

    def _play(self) -> None:
        holdings = Holding.objects.on().filter(person__is_demo=True).select_related("person", "position")
        for holding in holdings:
            edition = in_force(Edition.Kind.POSITION, holding.position.code)
            days = LATE.get(holding.person.username)
            asked = SignOff.objects.filter(holding_key=holding.pk).exists()
            if edition is not None and days and not asked:
                due = timezone.localdate() - datetime.timedelta(days=days)
                services.ask(
                    holding=holding,
                    edition=edition,
                    why=WhyAsked.NEW_EDITION,
                    due_on=due,
                    asked_at=timezone.now() - datetime.timedelta(days=days + 14),
                )
        keeping.keep_up()
        for request in SignOff.objects.filter(state="open").select_related("person"):
            answer = {
                "uuid": request.uuid,
                "by": request.person,
                "seen_version": request.version,
                "edition_sha256": request.edition_sha256,
                "idempotency_key": uuid.uuid4().hex,
            }
            if request.person.username in SIGNED:
                services.sign(**answer)
            elif request.person.username in REFUSED:
                services.refuse(**answer, reason=REFUSED[request.person.username])
