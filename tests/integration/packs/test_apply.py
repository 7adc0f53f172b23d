"""Applying packs: all or nothing, once, with file and line of every fault."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group

from foundation.audit.queries import events_of
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, in_force
from foundation.organisation.models import Department, Position, Role
from foundation.organisation.services import binding_told, system_account
from foundation.packs import registry
from foundation.packs.exceptions import PackFault, PackFileFault, PackMissing
from foundation.packs.loaders import EditionLoader
from foundation.packs.loaders.organisation import OrganisationLoader
from foundation.packs.loaders.roles import RoleLoader
from foundation.packs.services import apply_pack, export_pack, find_pack
from tests.factories.organisation import bind_role, make_group, make_user

pytestmark = pytest.mark.django_db

ORGANISATION = """\
departments:
  - code: shop
    name: 店
  - code: service
    name: 售后服务部
    parent: shop
positions:
  - code: adviser
    title: 服务顾问
    department: service
    superiors: [head]
  - code: head
    title: 服务经理
    department: service
    heads_department: true
"""
ROLES = """\
roles:
  - key: clerk
    name: 前台专员
    bound_to:
      - position: adviser
      - group: Desk
  - key: assignee
    name: 经办人
    bound_to:
      - relation: assignee
"""
FORM = """\
key: visit
title: {zh-hans: 来访登记}
fields:
  - id: name
    label: 姓名
"""


def check_form(data):
    if "title" not in data:
        raise PackFault("A form has a title.", at=("fields", 0))


@pytest.fixture(autouse=True)
def _only_these_loaders(monkeypatch):
    """Packs are tested with loaders of their own, whatever the rooms above have registered."""
    monkeypatch.setattr(registry, "_loaders", {})
    registry.register("form", EditionLoader("form", validate=check_form))
    registry.register("roles", RoleLoader())
    registry.register("organisation", OrganisationLoader())


@pytest.fixture
def hr():
    return make_user("hr")


@pytest.fixture
def pack(tmp_path):
    (tmp_path / "forms").mkdir()
    (tmp_path / "organisation.yaml").write_text(ORGANISATION, encoding="utf-8")
    (tmp_path / "roles.yaml").write_text(ROLES, encoding="utf-8")
    (tmp_path / "forms" / "visit.yaml").write_text(FORM, encoding="utf-8")
    return tmp_path


def outcome(report):
    return [(item.kind, item.key, item.action) for item in report.items]


ITEMS = [
    ("department", "shop"),
    ("department", "service"),
    ("position", "adviser"),
    ("position", "head"),
    ("role", "clerk"),
    ("role", "assignee"),
    ("form", "visit"),
]


def test_everything_is_made_and_a_second_time_nothing(pack, hr):
    assert outcome(apply_pack(pack, by=hr)) == [(*item, "created") for item in ITEMS]
    adviser = Position.objects.get(code="adviser")
    assert (adviser.department.parent.code, [each.code for each in adviser.superiors.all()]) == (
        "shop",
        ["head"],
    )
    clerk = Role.objects.get(key="clerk")
    assert [binding_told(binding) for binding in clerk.bindings.all()] == [
        {"position": "adviser"},
        {"group": "Desk"},
    ]
    assert body_of(in_force("form", "visit"))["fields"] == [{"id": "name", "label": "姓名"}]
    assert Edition.objects.get().published_by == hr
    events = len(events_of("position:adviser"))

    assert outcome(apply_pack(pack, by=hr)) == [(*item, "unchanged") for item in ITEMS]
    assert len(events_of("position:adviser")) == events == 2  # made, then told whom it reports to


def test_a_change_of_the_file_is_named_field_by_field(pack, hr):
    apply_pack(pack, by=hr)
    (pack / "organisation.yaml").write_text(ORGANISATION.replace("title: 服务顾问", "title: 售后服务顾问"))
    (pack / "forms" / "visit.yaml").write_text(FORM.replace("姓名", "称呼"))
    report = apply_pack(pack, by=hr)
    assert [
        (item.key, [(change.path, change.before, change.after) for change in item.details])
        for item in report.changes
    ] == [
        ("adviser", [("title", "服务顾问", "售后服务顾问")]),
        ("visit", [("fields.name.label", "姓名", "称呼")]),
    ]
    assert Position.objects.get(code="adviser").title == "售后服务顾问"
    assert in_force("form", "visit").number == 2


def test_the_bindings_of_a_role_are_those_of_the_file(pack, hr):
    apply_pack(pack, by=hr)
    bind_role("clerk", make_group("Interns"))
    bind_role("other", make_group("Interns"))
    report = apply_pack(pack, by=hr)
    assert [item.key for item in report.changes] == ["clerk"]
    assert not Role.objects.get(key="clerk").bindings.filter(group__name="Interns").exists()
    assert Role.objects.get(key="other").bindings.count() == 1, "a role the pack does not name stays as it is"


def test_a_dry_run_reports_the_same_and_leaves_nothing(pack, hr):
    report = apply_pack(pack, by=hr, dry_run=True)
    assert outcome(report) == [(*item, "created") for item in ITEMS]
    assert [model.objects.count() for model in (Department, Position, Role, Edition)] == [0, 0, 0, 0]
    assert not Group.objects.filter(name="Desk").exists()


def test_a_file_that_nobody_reads_is_named(pack, hr):
    (pack / "poems.yaml").write_text("a: 1\n")
    (pack / "notes.txt").write_text("not configuration")
    assert [str(path) for path in apply_pack(pack, by=hr).unread] == ["poems.yaml"]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("organisation.yaml", ORGANISATION.replace("parent: shop", "parent: shpo"), 6),
        ("organisation.yaml", ORGANISATION.replace("superiors: [head]", "superiors: [boss]"), 11),
        ("organisation.yaml", ORGANISATION.replace("    title: 服务经理\n", ""), 12),
        ("organisation.yaml", ORGANISATION.replace("heads_department: true", "heads_department: 'yes'"), 15),
        ("organisation.yaml", ORGANISATION.replace("code: head", "code: adviser"), 12),
        (
            "organisation.yaml",
            ORGANISATION.replace("code: head\n", "code: head\n    superiors: [adviser]\n"),
            12,
        ),
        ("organisation.yaml", ORGANISATION + "colour: red\n", 16),
        ("organisation.yaml", ORGANISATION + "    grade: M1: M2\n", 16),
        ("roles.yaml", ROLES.replace("position: adviser", "position: advisor"), 5),
        ("roles.yaml", ROLES.replace("relation: assignee", "relation: cousin"), 10),
        ("roles.yaml", ROLES.replace("group: Desk", "group: Desk\n        relation: assignee"), 6),
        ("forms/visit.yaml", FORM.replace("title", "heading"), 4),
        ("forms/visit.yaml", FORM.replace("key: visit", "key: vist"), 1),
        ("forms/visit.yaml", FORM + "    width: 0.5\n", 1),
        ("forms/visit.yaml", "- a list\n", 1),
        ("forms/visit.yaml", "key: visit\nkey: visit\n", 2),
    ],
)
def test_a_fault_names_file_and_line_and_leaves_nothing_behind(pack, hr, name, text, line):
    (pack / name).write_text(text, encoding="utf-8")
    with pytest.raises(PackFileFault) as fault:
        apply_pack(pack, by=hr)
    assert (fault.value.path, fault.value.line) == (pack / name, line)
    assert str(fault.value).startswith(f"{pack / name}:{line}: ")
    assert [model.objects.count() for model in (Department, Position, Role, Edition)] == [0, 0, 0, 0]


def test_a_file_that_is_not_in_utf8_is_refused(pack, hr):
    (pack / "roles.yaml").write_bytes(ROLES.encode("gb18030"))
    with pytest.raises(PackFileFault):
        apply_pack(pack, by=hr)


def test_what_was_exported_is_what_is_there(pack, hr, tmp_path_factory):
    apply_pack(pack, by=hr)
    folder = tmp_path_factory.mktemp("exported")
    files = [str(path) for path in export_pack(folder)]
    assert files == ["organisation.yaml", "roles.yaml", "forms/visit.yaml"]
    assert apply_pack(folder, by=hr).changes == ()
    assert "title: 服务顾问" in (folder / "organisation.yaml").read_text(encoding="utf-8")


def test_a_validated_body_is_stored_as_the_validator_returns_it(pack, hr):
    registry.register("form", EditionLoader("form", validate=lambda data: {**data, "pages": []}))
    apply_pack(pack, by=hr)
    assert body_of(in_force("form", "visit"))["pages"] == []
    assert apply_pack(pack, by=hr).changes == ()


def test_packs_are_found_by_name_and_by_folder(pack):
    assert find_pack("dealership").name == "dealership"
    assert find_pack(str(pack)) == Path(pack)
    for name in ("no-such-pack", "../packs", str(pack / "nothing")):
        with pytest.raises(PackMissing):
            find_pack(name)


def test_the_account_of_the_machine_may_apply(pack):
    apply_pack(pack, by=system_account())
    assert Edition.objects.get().published_by.username == "remit"
