"""The commands ``pack`` and ``demo``."""

import io
import json
import tempfile

import pytest
from django.core.management import CommandError, call_command
from django.test import TestCase

from foundation.organisation.models import Holding, Role, User
from foundation.organisation.resolution import RoleContext, resolve, roles_of
from foundation.packs.demo_people import PASSWORD
from foundation.packs.services import PACKS
from tests.factories.organisation import make_user

pytestmark = pytest.mark.django_db

DESK = {"clerk", "greeter", "gate_guard", "sales_information_clerk", "settlement_clerk"}
SPECIALIST = {"cr_handler", "cr_specialist", "follow_up_specialist"}
WHO = {
    "hr": {"hr", "general_affairs"},
    "clerk": DESK,
    "clerk2": {*DESK, "archive_keeper", "claims_officer", "warranty_officer", "bank_resident"},
    "manager": {"manager", "customer_relations_manager"},
    "service_manager": {
        *("manager", "service_manager", "tool_keeper", "workshop_supervisor", "quality_inspector"),
        *("parts_keeper", "parts_planner"),
    },
    "general_manager": {"general_manager"},
    "form_builder": {"form_builder"},
    "auditor": {"auditor"},
    "administrator": {"administrator"},
    "adviser": {"service_adviser", "inspection_officer"},
    "deputy_manager": {"deputy_general_manager"},
    "finance_manager": {"finance_manager", "finance"},
    "accountant": {"accountant", "finance"},
    "marketing": {"marketing_specialist", "cr_handler"},
    "specialist": SPECIALIST,
    "specialist2": {*SPECIALIST, "key_account_specialist"},
    "sales_manager": {"sales_manager"},
    "consultant": {"sales_consultant", "loan_sales"},
    "consultant2": {"sales_consultant", "loan_sales"},
}


def run(*words, **options):
    out = io.StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


class TestTheDemonstration(TestCase):
    """What is there once ``demo`` has run, and what further commands make of it."""

    @classmethod
    def setUpTestData(cls):
        cls.printed = run("demo")

    def test_the_table_tells_who_can_sign_in_and_how(self):
        assert all(username in self.printed for username in WHO)
        assert PASSWORD in self.printed

    def test_its_people_have_their_roles(self):
        people = User.objects.filter(is_demo=True)
        assert {person.username: set(roles_of(person)) for person in people} == WHO
        assert all(person.check_password(PASSWORD) and not person.is_superuser for person in people)
        clerk, adviser = (people.get(username=name) for name in ("clerk", "adviser"))
        named = {
            key: [person.username for person in resolve(key, RoleContext(submitter=submitter)).people]
            for key, submitter in (("line_manager", clerk), ("department_head", adviser))
        }
        assert named == {"line_manager": ["manager"], "department_head": ["service_manager"]}

    def test_twice_changes_nothing(self):
        before = (User.objects.count(), Holding.objects.count(), Role.objects.count())
        document = json.loads(run("demo", "--format", "json"))
        assert document["changed"] == 0
        assert {person["username"]: set(person["roles"]) for person in document["people"]} == WHO
        assert (User.objects.count(), Holding.objects.count(), Role.objects.count()) == before

    def test_somebody_elses_account_is_not_taken(self):
        person = User.objects.get(username="clerk")
        person.is_demo = False
        person.set_password("their own")
        person.save()
        Role.objects.filter(key="clerk").update(name="接待")
        with pytest.raises(CommandError, match=r"people\.yaml:"):
            run("demo")
        person.refresh_from_db()
        assert not person.is_demo
        assert person.check_password("their own")
        assert Role.objects.get(key="clerk").name == "接待", "nothing of the demonstration stays behind"

    def test_diff_prints_what_would_change(self):
        role = Role.objects.get(key="clerk")
        role.name = "接待"
        role.save()
        assert run("pack", "diff", "dealership").splitlines()[:2] == [
            "~ role clerk",
            "    name: '接待' → '前台专员'",
        ]

    def test_export_writes_a_pack_that_changes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            files = json.loads(run("pack", "export", folder, "--format", "json"))["files"]
            assert "organisation.yaml" in files
            assert json.loads(run("pack", "diff", folder, "--format", "json"))["changed"] == 0


def test_the_demonstration_is_refused_in_production(settings):
    settings.REMIT_PRODUCTION = True
    with pytest.raises(CommandError):
        run("demo")
    assert not User.objects.exists()
    assert not Role.objects.exists()


def test_the_pack_is_applied_once_in_the_name_given():
    make_user("builder")
    words = ("pack", "apply", "dealership", "--by", "builder", "--format", "json")
    first, second = json.loads(run(*words)), json.loads(run(*words))
    assert first["changed"] == len(first["items"]) > 0
    assert first["unread"] == []
    assert (second["changed"], {item["action"] for item in second["items"]}) == (0, {"unchanged"})
    assert set(Role.history.values_list("history_user_id", flat=True)) == {
        User.objects.get(username="builder").pk
    }


def test_diff_and_dry_run_write_nothing(tmp_path):
    make_user("builder")
    for name in ("organisation.yaml", "roles.yaml"):
        (tmp_path / name).write_bytes((PACKS / "dealership" / name).read_bytes())
    for words in (("diff",), ("apply", "--dry-run")):
        document = json.loads(
            run("pack", words[0], str(tmp_path), *words[1:], "--by", "builder", "--format", "json")
        )
        assert document["dry_run"] is True
        assert document["changed"] > 0
    assert not Role.objects.exists()


@pytest.mark.parametrize(
    "words", [("pack", "apply", "nothing-here"), ("pack", "apply", "dealership", "--by", "nobody")]
)
def test_a_wrong_name_is_answered_with_a_sentence(words):
    with pytest.raises(CommandError):
        run(*words)
