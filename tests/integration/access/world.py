"""People and objects for the permission matrix and the canary scan.

A *canary* is a random text that stands in one field of one object and nowhere else. ``World.canaries`` says
who may ever read it; a response to anybody else that contains it is a leak. A room adds its objects in
``make_world``, and its addresses in ``examples``.
"""

from __future__ import annotations

import datetime
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from backoffice.access import groups
from backoffice.positions.archiving import archive
from backoffice.positions.models import PositionPage
from forms.models import RegisterImport, SavedView
from forms.schema import definition_of
from forms.services import public, retention, working
from forms.services.submissions import save_draft, submit
from foundation.notifying.enums import Channel
from foundation.notifying.models import Announcement, Delivery, Notification, Robot
from foundation.notifying.services import tell
from foundation.organisation.models import User
from foundation.outbox.models import Job
from tests.factories.approvals import govern, submitted
from tests.factories.chains import open_one
from tests.factories.files import make_file
from tests.factories.forms import field as asked
from tests.factories.forms import make_form, make_submission
from tests.factories.library import make_item, publish_version
from tests.factories.organisation import (
    bind_role,
    hold,
    make_department,
    make_deputy,
    make_position,
    make_role,
    make_user,
)
from tests.factories.positions import make_draft, make_published
from tests.factories.positions import save_draft as save_page_draft
from tests.factories.signoff import make_request
from tests.factories.signoff import refuse as refuse_to_sign
from tests.factories.step_files import publish_signing
from tests.factories.workflows import House, make_house, open_complaint, submit_complaint
from workflows.models import ChildOrder
from workflows.reports.working import REPORTS
from workflows.services import cases
from workflows.services.promises import Said, record_promise
from workflows.services.record import telling

ANONYMOUS, DISABLED, OTHER_CLERK = "anonymous", "disabled", "other clerk"
ROLES = ("clerk", "hr", "manager", "general_manager", "form_builder", "auditor", "administrator")
EVERYBODY = (ANONYMOUS, *ROLES, OTHER_CLERK, DISABLED)
SIGNED_IN = frozenset({*ROLES, OTHER_CLERK})


@dataclass
class World:
    """Everything the matrix needs. ``objects`` are named by what they are."""

    house: House
    people: dict[str, User]
    objects: dict[str, Any]
    canaries: dict[str, frozenset[str]] = field(default_factory=dict)

    def secret(self, *readers: str) -> str:
        """Return a new canary that only ``readers`` may see."""
        canary = f"canary{secrets.token_hex(8)}"
        self.canaries[canary] = frozenset(readers)
        return canary


def make_world() -> World:
    """Make everybody and everything."""
    groups.ensure()
    house = make_house()
    people = {key: house[key] for key in ROLES}
    for key, name in (
        ("hr", groups.HR),
        ("administrator", groups.ADMINISTRATORS),
        ("form_builder", groups.FORM_BUILDERS),
    ):
        people[key].groups.add(Group.objects.get(name=name))
    people[OTHER_CLERK] = make_user(full_name="别店前台", full_name_en="Clerk elsewhere")
    desk = make_position(department=make_department(name="城北店", name_en="North branch"))
    hold(people[OTHER_CLERK], desk)
    bind_role(make_role("branch_clerk"), desk)
    people[DISABLED] = make_user(full_name="离职人员", full_name_en="Left the company")
    world = World(house, people, {})
    _complaint(world)
    _slip(world)
    _with_a_file(world)
    _with_a_signed_step(world)
    _descriptions(world)
    world.objects["job"] = Job.objects.create(
        kind="import", started_by=people["hr"], state=Job.State.RUNNING, detail=world.secret("hr")
    )
    world.objects["booklet"] = Job.objects.create(
        kind="positions_booklet",
        started_by=people["hr"],
        state=Job.State.DONE,
        payload={"day": "2026-11-22", "department": "", "language": "zh-hans"},
        result={"file": f"{'0' * 64}.pdf", "filename": world.secret("hr")},
    )
    _told(world)
    world.objects["deputy"] = make_deputy(people["manager"], people["clerk"], ends=datetime.date(2020, 1, 2))
    world.objects["group"] = Group.objects.get(name=groups.HR)
    people["administrator"].email = f"{world.secret('administrator')}@example.com"
    people["administrator"].save()
    return world


def _told(world: World) -> None:
    """The clerk was told of their complaint, in words of whoever wrote them."""
    case = world.objects["case"]
    told = telling(
        case, "case.reminded_with_note", "told", [world.people["clerk"]], {"note": world.secret("clerk")}
    )
    tell(told)
    world.objects["robot"] = Robot.objects.create(
        name=world.secret("administrator"), service="wecom", shown_address="https://…", language="zh-hans"
    )
    world.objects["delivery"] = Delivery.objects.create(
        announcement=Announcement.objects.get(key=told.key),
        channel=Channel.ROBOT,
        robot=world.objects["robot"],
        due_at=timezone.now(),
    )
    world.objects["notification"] = Notification.objects.get(
        announcement__key=told.key, person=world.people["clerk"]
    )


def _complaint(world: World) -> None:
    """A complaint of the clerk; those whom the workflow lets see it may read it.

    A draft is its author's alone.
    """
    readers = ("clerk", "manager", "general_manager", "auditor")
    house = world.house
    submission = submit_complaint(
        house, customer_name=world.secret(*readers), description=world.secret(*readers)
    )
    world.objects["submission"] = submission
    registered = definition_of(house.form).registered
    world.objects["register readers"] = frozenset(registered.readers if registered else ())
    world.objects["register importers"] = frozenset(registered.importers if registered else ())
    world.objects["import"] = RegisterImport.objects.create(
        form_key="complaint",
        edition=house.form,
        by=house["manager"],
        filename=world.secret("manager"),
        state=RegisterImport.State.FAULTY,
    )
    world.objects["view"] = SavedView.objects.create(
        place="complaint", name=world.secret("manager"), owner=house["manager"]
    )
    world.objects["view of cases"] = SavedView.objects.create(
        place="@cases", name=world.secret("manager"), owner=house["manager"]
    )
    submitters = definition_of(house.form).submitters
    world.objects["form users"] = frozenset(submitters) & SIGNED_IN if submitters else SIGNED_IN
    world.objects["chooser"] = make_form(
        house["clerk"], asked("adviser", "person"), key="chooser", submitters=["clerk"]
    )
    world.objects["case"] = cases.open_case(
        workflow_key="complaint", submission=submission, by=house["clerk"], idempotency_key=uuid.uuid4().hex
    ).case
    world.objects["order"] = ChildOrder.objects.create(
        case=world.objects["case"], workflow="complaint", step="assign"
    )
    world.objects["other case"] = open_complaint(house)
    _report_being_built(world)
    world.objects["draft"] = save_draft(
        uuid=uuid.uuid4(),
        edition=house.form,
        typed={"customer_name": [world.secret("clerk")]},
        by=house["clerk"],
    )


def _report_being_built(world: World) -> None:
    """A report over complaints that was never published: its builders' alone."""
    title = world.secret("form_builder", "administrator")
    working.begin(
        key="draft",
        body={
            "schema_version": 1,
            "key": "draft",
            "title": {"zh-hans": title, "en": title},
            "readers": ["clerk"],
            "monthly": {
                "workflow": "complaint",
                "figures": [{"id": "opened", "title": {"zh-hans": "受理", "en": "Opened"}}],
            },
        },
        by=world.people["administrator"],
        of=REPORTS,
    )


def _with_a_file(world: World) -> None:
    """A form the clerk has handed in with a photo, and nobody else reads."""
    clerk = world.house["clerk"]
    form = make_form(world.people["form_builder"], asked("subject"), asked("photos", "photo"))
    draft = save_draft(uuid=uuid.uuid4(), edition=form, typed={"subject": ["主题"]}, by=clerk)
    kept = make_file(draft, clerk, name=f"{world.secret('clerk')}.jpg")
    answers = {"subject": "主题", "photos": [{"key": str(kept.uuid)}]}
    submit(edition=form, answers=answers, by=clerk, idempotency_key=uuid.uuid4().hex, draft=draft)
    world.objects["file"] = kept


def _with_a_signed_step(world: World) -> None:
    """A case of the clerk's whose step asks for a person, photos and a signature; auditors know of it, nobody else."""
    clerk = world.house["clerk"]
    publish_signing(by=world.people["form_builder"])
    world.objects["signing case"] = open_one(clerk, "signing", note=world.secret("clerk", "auditor"))
    said = Said(world.secret("clerk"), "顾客", timezone.now() + datetime.timedelta(days=1))
    world.objects["promise"] = record_promise(
        case_uuid=world.objects["signing case"].uuid, said=said, by=clerk, idempotency_key="promise"
    )


def _slip(world: World) -> None:
    """A submission of the clerk's that may be corrected and taken back; nobody else reads it."""
    clerk = world.people["clerk"]
    form = make_form(
        clerk,
        key="slip",
        correction={"by": ["submitter"]},
        withdrawal={"by": ["submitter"]},
        public={"per_hour": 5},
        retention={"months": 12},
    )
    world.objects["slip"] = make_submission(form, clerk, subject=world.secret("clerk"))
    access, token = public.open_access(
        form_key="slip",
        purpose=world.secret("form_builder", "administrator"),
        by=world.people["form_builder"],
    )
    draft = public.save_public_draft(access=access, edition=form, visitor="v", typed={})
    sent = public.submit_public(
        access=access, draft=draft, answers={"subject": world.secret()}, address="192.0.2.1"
    )
    world.objects |= {
        "public access": access,
        "public token": token,
        "public receipt": public.receipt_of(sent),
        "hold": retention.place_hold(
            by=world.people["auditor"], reason=world.secret("auditor", "administrator"), form_key="slip"
        ),
    }


def _descriptions(world: World) -> None:
    """A description in force, with a working copy that differs, and one that never was in force."""
    hr = world.people["hr"]
    item = make_item(world.secret(*SIGNED_IN), by=hr, key="shared-duty", note=world.secret("hr", "auditor"))
    row = {"type": "duty", "id": "shared", "value": {**item.wording, "library": "shared-duty@1"}}
    published = make_published(world.secret(*SIGNED_IN), by=hr, duties=[row])
    save_page_draft(published, by=hr, summary=world.secret("hr", "auditor"))
    publish_version(item, world.secret("hr", "auditor"), by=hr)
    world.objects["description"] = published
    world.objects["draft description"] = make_draft(
        world.secret("hr", "auditor"), by=hr, summary=world.secret("hr", "auditor")
    )
    world.objects["revision"] = published.latest_revision
    _sign_offs(world, published)
    world.objects["archived description"] = archive(make_published(by=hr), by=hr, reason="合并岗位")
    submitted_text = world.secret("hr", "auditor", "general_manager")
    waits = make_draft(submitted_text, by=hr, summary=world.secret("hr", "auditor", "general_manager"))
    govern(("general_manager",))
    world.objects["approval"] = submitted(waits, by=hr)


def _sign_offs(world: World, page: PositionPage) -> None:
    """The clerk is asked to sign the description, and has refused another with a reason; the manager leads them."""
    (held,) = world.people["manager"].holdings.all()
    page.position.superiors.add(held.position)
    asked = make_request(page, person=world.people["clerk"])
    refused = make_request(make_published(by=world.people["hr"]), person=world.people["clerk"])
    refuse_to_sign(refused, world.secret("clerk", "hr", "auditor", "manager"))
    world.objects["sign-off"], world.objects["answered sign-off"] = asked, refused
