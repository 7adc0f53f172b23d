"""``manage.py registers``: says what differs, and puts it right."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from forms.models import RegisterText
from forms.registers.columns import number_of
from tests.factories.organisation import make_user_with_roles
from tests.factories.registers import make_register

pytestmark = pytest.mark.django_db


def run(*said: str) -> str:
    told = io.StringIO()
    call_command("registers", *said, stdout=told, stderr=io.StringIO())
    return told.getvalue()


def test_lines_that_differ_are_named_and_written_anew() -> None:
    make_register(3, make_user_with_roles("manager"))
    assert run("check") == "claims: sound\n"
    RegisterText.objects.filter(column=number_of("claims", "_number"), text="claims-000002").delete()
    told = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("registers", "check", "--form", "claims", stdout=told)
    assert "claims: 1 differ: CLAIMS-000002" in told.getvalue()
    assert "lines of 3 submissions written" in run("rebuild", "--form", "claims")
    assert run("check") == "claims: sound\n"


def test_an_unknown_form_is_told() -> None:
    with pytest.raises(CommandError, match="nothing"):
        run("check", "--form", "nothing")
