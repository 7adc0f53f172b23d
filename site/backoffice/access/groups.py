"""The groups of an installation and what Wagtail's admin lets them do.

Put in place after every migrate; twice is safe.

Roles are bound to these groups by the organisation's pack (``RoleBinding``). The table of addresses decides
first, these permissions decide within an address. What an administrator adds to a group by hand stays.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from wagtail.models import GroupPagePermission, Page

HR, ADMINISTRATORS, FORM_BUILDERS, AUDITORS = "HR", "Administrators", "Form builders", "Auditors"

PERMISSIONS: dict[str, frozenset[str]] = {
    HR: frozenset({"wagtailadmin.access_admin"}),
    ADMINISTRATORS: frozenset(
        {
            "wagtailadmin.access_admin",
            "organisation.add_user",
            "organisation.change_user",
            "organisation.view_user",
            "auth.add_group",
            "auth.change_group",
            "auth.view_group",
            "wagtailcore.add_workflow",
            "wagtailcore.change_workflow",
            "wagtailcore.delete_workflow",
            "wagtailcore.add_task",
            "wagtailcore.change_task",
            "wagtailcore.delete_task",
            "wagtailcore.add_groupapprovaltask",
            "wagtailcore.change_groupapprovaltask",
            "wagtailcore.delete_groupapprovaltask",
            "positions.add_foureyestask",
            "positions.change_foureyestask",
            "positions.delete_foureyestask",
            "studio.change_workflowpublishing",
        }
    ),
    FORM_BUILDERS: frozenset({"wagtailadmin.access_admin"}),
    AUDITORS: frozenset(),
}
# On the root, so on every page. Never bulk_delete: a page in force is archived.
PAGE_PERMISSIONS: dict[str, frozenset[str]] = {
    HR: frozenset({"add_page", "change_page", "publish_page", "lock_page", "unlock_page"}),
}


def ensure() -> None:
    """Make the groups that are missing and give each what it must have."""
    for name, wanted in PERMISSIONS.items():
        group = Group.objects.get_or_create(name=name)[0]
        group.permissions.add(*_permissions(wanted))
    root = Page.get_first_root_node()
    if root is None:
        return
    for name, codenames in PAGE_PERMISSIONS.items():
        group = Group.objects.get(name=name)
        for permission in _permissions({f"wagtailcore.{codename}" for codename in codenames}):
            GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)


def _permissions(wanted: Any) -> list[Permission]:
    pairs = {tuple(name.split(".", 1)) for name in wanted}
    found = Permission.objects.filter(codename__in=[codename for _app, codename in pairs]).select_related(
        "content_type"
    )
    return [
        permission
        for permission in found
        if (permission.content_type.app_label, permission.codename) in pairs
    ]


def on_migrated(sender: AppConfig, **kwargs: Any) -> None:
    """Receive ``post_migrate``: once, after the last app, when every permission has its row."""
    last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
    if sender is last and kwargs.get("using", "default") == "default":
        ensure()
