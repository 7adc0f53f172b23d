"""A workflow whose step, and whose stage, ask for files and signatures; and files given there as people give them."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from forms.fields import KINDS
from forms.files import services as files
from forms.files.references import taken_by
from forms.schema import FormDefinition
from foundation.editions.models import Edition
from foundation.editions.queries import newest
from foundation.editions.services import publish
from foundation.organisation.models import User
from tests.factories.chains import form_body, stage, state, step, text, workflow_body
from tests.factories.clocks import clock
from tests.factories.files import pdf, picture
from workflows.models import Case
from workflows.services import drafts
from workflows.services.definitions import publish_workflow


def signing_body(role: str = "clerk", manager: str | None = None) -> dict[str, Any]:
    """Return a workflow: ``sign`` asks for receiver, photos, paper and signature; a stage asks ``manager`` to sign."""
    asks = [
        {"id": "receiver", "kind": "person", "label": text("接收人")},
        {"id": "photos", "kind": "photo", "label": text("照片"), "options": {"most": 3}},
        {"id": "paper", "kind": "file", "label": text("文件")},
        {
            "id": "signed",
            "kind": "signature",
            "label": text("客户签字"),
            "required": True,
            "confidentiality": "personal",
            "options": {"statement": text("本人已当面核对。")},
        },
    ]
    seal = {"id": "stage_signature", "kind": "signature", "label": text("负责人签字"), "required": True}
    states = [state("here"), state("signed_off", "waiting")]
    steps = [step("sign", "here", "signed_off", role, asks=asks), step("again", "signed_off", "here", role)]
    if manager:
        approving = stage("approving", manager, "done", asks=[seal])
        states += [approving, state("refused", "final")]
        steps.append(step("hand_in", "signed_off", "approving", role))
    else:
        steps.append(step("finish", "signed_off", "done", role))
    states.append(state("done", "final"))
    sees = [role, *([manager] if manager else [])]
    clocks = [clock(begins=["here"], ends=["signed_off"])]
    return workflow_body(states, steps, key="signing", access={"sees": sees}, clocks=clocks)


def publish_signing(*, by: User, role: str = "clerk", manager: str | None = None) -> None:
    """Publish form and workflow; the roles must be bound."""
    if newest(Edition.Kind.FORM, "signing") is None:
        publish(kind=Edition.Kind.FORM, key="signing", body=form_body("signing"), by=by)
    publish_workflow(signing_body(role, manager), by=by)


def with_files(case: Case, place: str, by: User, typed: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return ``typed`` with an answer to every question at a place that takes files and has none: uploaded to the
    person's page as its script would.
    """
    form = drafts.questions_at(case, place)
    found = dict(typed)
    for name, asked in (form.by_id if form else {}).items():
        if not taken_by(asked).kinds or name in found:
            continue
        draft = drafts.save(case=case, place=place, by=by, typed={})
        found[name] = [_kept(draft.uuid, name, asked.kind, by)]
    return found


def _kept(draft: Any, name: str, kind: str, by: User) -> str:
    if kind == "signature":
        return str(files.sign(draft=draft, field=name, name="王小明", by=by).uuid)
    content, called = (picture(), "照片.jpg") if kind == "photo" else (pdf(), "文件.pdf")
    return str(files.store(draft=draft, field=name, upload=SimpleUploadedFile(called, content), by=by).uuid)


def asked_for_files(form: FormDefinition | None) -> list[str]:
    """Return the questions of a form that take files."""
    return [name for name, asked in form.by_id.items() if taken_by(asked).kinds] if form else []


assert {"file", "photo", "signature"} <= set(KINDS)
