"""``manage.py switch_off_demo_accounts``: no demonstration account can sign in any more. Twice is safe."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from backoffice.access import records
from foundation.audit.services import Actor
from foundation.organisation.models import User


class Command(BaseCommand):
    """Before real data comes in: switches the accounts off, keeps them as names in the record."""

    help = "Switch off every demonstration account."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Switch off, record, name each."""
        for person in User.objects.filter(is_demo=True, is_active=True).order_by("username"):
            person.is_active = False
            person.save(update_fields=["is_active"])
            records.note(person, "user.switched_off", actor=Actor.system("switch_off_demo_accounts"))
            self.stdout.write(person.username)
