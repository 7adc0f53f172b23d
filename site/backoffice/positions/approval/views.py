"""The staff side of approval: what waits for me, one text with its differences, the decision.

Who sees which is asked of ``queries``; who may decide, of the door behind ``services``.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.access.gate import may_open
from backoffice.access.roles import roles_on
from backoffice.positions.approval import queries, rules, services
from backoffice.positions.approval.approvers import asked_at
from backoffice.positions.approval.door import told_changed, told_decided, told_not_asked, told_own
from backoffice.positions.approval.exceptions import AlreadyDecided, ApprovalRefused, CommentMissing
from backoffice.positions.approval.models import ApprovalStep
from backoffice.positions.approval.presentation import Told, reasons
from backoffice.positions.approval.signatures import proposed
from backoffice.positions.approval.writing import is_as_submitted, revision_of, writers_of
from backoffice.positions.body import sheet
from backoffice.positions.comparison import differences, grouped
from backoffice.positions.publication import told_in_words
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, editions_of, in_force, newest
from foundation.organisation.models import User

PER_PAGE = 25
LONGEST_COMMENT = 4000
SCOPES = ("mine", "sent", "all")


@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    """What waits for the person; what they submitted; for HR and the auditor, everything, and at whom it waits."""
    follows = rules.may_follow_all(roles_on(request))
    scope = request.GET.get("scope", "mine")
    if scope not in SCOPES or (scope == "all" and not follows):
        scope = "mine"
    waiting = queries.waiting()
    chosen = {
        "mine": [one for one in waiting if one.mine(request.user) is not None],
        "sent": [one for one in waiting if services.may_withdraw(one.step, request.user)],
        "all": waiting,
    }
    page = Paginator(chosen[scope], PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "step": one.step,
            "mine": one.mine(request.user),
            "changed": one.changed,
            "names": one.asked.names,
            "reasons": reasons(one.asked) if scope != "mine" else [],
        }
        for one in page.object_list
    ]
    return render(
        request,
        "positions/approvals.html",
        {
            "page_title": _("Approvals"),
            "page": page,
            "rows": rows,
            "scope": scope,
            "follows": follows,
            "counts": {name: len(found) for name, found in chosen.items()},
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def approval(request: HttpRequest, step_uuid: uuid.UUID) -> HttpResponse:
    """One text that was submitted: what it changes, who wrote it, what was decided; on POST, decide."""
    step = _step(request, step_uuid)
    typed, missing = "", ""
    if request.method == "POST":
        typed = request.POST.get("comment", "").replace("\0", "")[:LONGEST_COMMENT]
        decide = {"approve": services.approve, "return": services.send_back}.get(request.POST.get("do", ""))
        if decide is None:
            raise Http404
        try:
            decided = decide(step, by=request.user, seen=request.POST.get("seen", ""), comment=typed)
        except CommentMissing as refused:
            missing = str(refused)
        except AlreadyDecided as refused:
            messages.warning(request, str(refused))
            return redirect("positions:approval", step.uuid)
        except ApprovalRefused as refused:
            messages.error(request, str(refused))
        except ValidationError as refused:
            # What came between: the post got another description, its number is taken by now.
            messages.error(request, _not_publishable(refused))
        else:
            messages.success(request, _done(decided))
            return redirect("positions:approvals")
    context = _context(request, _step(request, step_uuid))
    context.update(typed=typed, missing=missing)
    return render(request, "positions/approval.html", context, status=422 if missing else 200)


@require_POST
def withdraw(request: HttpRequest, step_uuid: uuid.UUID) -> HttpResponse:
    """Take back what was submitted. Only who submitted it."""
    step = _step(request, step_uuid)
    try:
        services.withdraw(step, by=request.user)
    except ApprovalRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request,
            _("“%(title)s” is withdrawn from approval and can be edited again.") % {"title": step.page.title},
        )
    return redirect("positions:approval", step.uuid)


def _step(request: HttpRequest, step_uuid: uuid.UUID) -> ApprovalStep:
    step = queries.step_for(request.user, step_uuid, roles_on(request))
    if step is None:
        raise Http404
    return step


def _context(request: HttpRequest, step: ApprovalStep) -> dict[str, Any]:
    waits = step.verdict == ApprovalStep.Verdict.WAITING
    changed = waits and not is_as_submitted(step.page, step.text_sha256)
    asked = asked_at(step) if waits else None
    approver = asked.as_approver(request.user) if asked is not None and not changed else None
    draft = _text_of(step)
    edition = _compared_with(step)
    before = body_of(edition) if edition is not None else None
    body = proposed(draft, before)
    found = differences(before, body) if before is not None else []
    history = queries.round_of(step)
    return {
        "page_title": draft.title,
        "step": step,
        "told": Told(step),
        "waits": waits,
        "changed": changed,
        "approver": approver,
        "why_not": _why_not(request, step, asked, changed=changed),
        "asked": asked,
        "reasons": reasons(asked) if asked is not None else [],
        "may_withdraw": waits and services.may_withdraw(step, request.user),
        "edition": edition,
        "groups": grouped(found),
        "count": len(found),
        "inline": request.GET.get("view") == "inline",
        "whole": before is None or request.GET.get("view") == "whole",
        "sheet": sheet(body),
        "effective": draft.effective_on(timezone.localdate()),
        "writers": _writers(step),
        "prepared": draft.prepared_by,
        "path": _path(step, history),
        "earlier": [Told(one) for one in queries.earlier(step)],
        "comments": _comments(step.page),
        "instruction": getattr(step.task_state.task.specific, "instruction", ""),
        "last": _is_last(step),
        "may_edit": may_open(request, "wagtailadmin_pages:edit"),
        "may_compare": may_open(request, "positions:compare"),
        "waiting_editions": _waiting_editions(step),
    }


def _text_of(step: ApprovalStep) -> Any:
    """Return the page as it was submitted, whatever became of the draft since."""
    submitted = revision_of(step.page, step.text_sha256) or step.task_state.revision
    return submitted.as_object()


def _compared_with(step: ApprovalStep) -> Edition | None:
    """Return the edition in force when it was decided, or now; where none is yet, the newest one that waits."""
    code = step.page.code
    if step.decided_at is None:
        return in_force(Edition.Kind.POSITION, code) or newest(Edition.Kind.POSITION, code)
    until = editions_of(Edition.Kind.POSITION, code).filter(published_at__lt=step.decided_at)
    day = timezone.localtime(step.decided_at).date()
    found: Edition | None = (
        until.filter(effective_from__lte=day).order_by("-effective_from", "-number").first()
        or until.order_by("-number").first()
    )
    return found


def _waiting_editions(step: ApprovalStep) -> list[Edition]:
    """Return the editions that are published and not yet in force."""
    waiting = editions_of(Edition.Kind.POSITION, step.page.code).filter(
        effective_from__gt=timezone.localdate()
    )
    return list(waiting.order_by("effective_from"))


def _why_not(request: HttpRequest, step: ApprovalStep, asked: Any, *, changed: bool) -> str:
    """Return why the reader does not decide; empty where they can, or where there is nothing to say."""
    if asked is None:
        return told_decided(step) if step.decided_at is not None else ""
    if changed:
        return told_changed(step)
    if asked.as_approver(request.user) is not None:
        return ""
    if request.user.pk in step.barred:
        return told_own(step, request.user, asked.names)
    return told_not_asked(asked.names)


def _writers(step: ApprovalStep) -> list[Any]:
    """Return who wrote the text, by name; before anything was decided also those who wrote since."""
    people = User.objects.in_bulk(step.writers)
    written = [people[pk] for pk in step.writers if pk in people]
    if step.verdict == ApprovalStep.Verdict.WAITING:
        written += [person for person in writers_of(step.page) if person not in written]
    return written


def _path(step: ApprovalStep, history: list[ApprovalStep]) -> list[dict[str, Any]]:
    """Return the steps of the workflow in order: what was decided, what waits, what is still to come."""
    done = {one.task_state.task_id: one for one in history}
    tasks = step.task_state.workflow_state.workflow.tasks.filter(active=True)
    return [{"name": task.name, "told": Told(done[task.pk]) if task.pk in done else None} for task in tasks]


def _is_last(step: ApprovalStep) -> bool:
    """Whether this decision is the last one: then the text is published."""
    tasks = step.task_state.workflow_state.workflow.tasks.filter(active=True)
    last = tasks.last()
    return last is not None and last.pk == step.task_state.task_id


def _comments(page: Any) -> list[Any]:
    """Return the comments that HR left beside the text in the editor and that are not settled."""
    open_ones = page.wagtail_admin_comments.filter(resolved_at=None).select_related("user")
    return list(open_ones.order_by("created_at")[:50])


def _done(step: ApprovalStep) -> str:
    if step.verdict == ApprovalStep.Verdict.RETURNED:
        return _("Returned to %(who)s.") % {"who": step.submitted_by}
    if following := ApprovalStep.objects.filter(
        task_state__workflow_state=step.task_state.workflow_state, verdict=ApprovalStep.Verdict.WAITING
    ).first():
        return _("Approved. Next: %(step)s.") % {"step": following.task_state.task.name}
    step.page.refresh_from_db()
    return " ".join([_("Approved."), told_in_words(step.page)])


def _not_publishable(refused: ValidationError) -> str:
    return _("It cannot be published as it stands: %(why)s Return it with this remark.") % {
        "why": " ".join(refused.messages)
    }
