"""Cases that a step asks somebody to open: leading to their form, begun with what the step knows; saying no to one.

The draft has the uuid of the order, and so has the submission it becomes: that is how the child finds its parent.
"""

from __future__ import annotations

import uuid as uuids

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.casework.deciding import key_of, whole
from backoffice.casework.pages import case_or_404, receipt_words, to_case
from backoffice.casework.related import orders_of
from forms.exceptions import AlreadySubmitted, NotFound, NotPermitted
from forms.logic import typed_of
from forms.models import Draft
from forms.queries import current_form
from forms.services.submissions import save_draft
from foundation.organisation.models import User
from workflows import exceptions, rules
from workflows.definitions import definition_of, edition_in_force
from workflows.models import Case, ChildOrder
from workflows.services import relations
from workflows.services.requests import Request


class OrderRefused(Exception):
    """The form cannot be begun; ``str()`` is a sentence for the person."""


def begin(order: ChildOrder, by: User) -> uuids.UUID:
    """Make the draft of an order, begun with the answers it brings; return its uuid. A draft that is there stays as
    it is. Who may: of whom it is asked, and whoever may fill in the form. Raises ``OrderRefused``.
    """
    edition = edition_in_force(order.workflow)
    try:
        rules.check_may_open(order, by)
        if edition is None:
            raise NotFound
        form_edition, form = current_form(definition_of(edition).form)
        known = Draft.objects.filter(uuid=order.uuid).select_related("person").first()
        if known is not None and known.person != by and not _can_go_on(order, known.person):
            order, known = relations.begin_anew(order, by=by), None
        if known is not None and known.person != by:
            raise OrderRefused(
                _("%(person)s has begun to fill it in; ask them to go on or to throw their draft away.")
                % {"person": known.person}
            )
        typed = typed_of(form, order.answers) if known is None else {}
        save_draft(uuid=order.uuid, edition=form_edition, typed=typed, by=by)
    except exceptions.NotPermitted as refusal:
        raise OrderRefused(str(refusal)) from None
    except NotFound:
        raise OrderRefused(_("Its form is not in force today.")) from None
    except NotPermitted:
        raise OrderRefused(
            _("You may not fill in this form. The case shows it as still to be opened to those who may.")
        ) from None
    except AlreadySubmitted:
        raise OrderRefused(_("It has been opened already.")) from None
    return order.uuid


def _can_go_on(order: ChildOrder, person: User) -> bool:
    return person.is_active and rules.may_open(order, person)


def after_step(request: HttpRequest, case: Case, step: str) -> HttpResponse | None:
    """Lead whoever took a step that ordered a case to its form; None where nothing was ordered, or others are asked.

    What cannot be begun is told and stays on the page of the case.
    """
    for one in orders_of(case, request.user, step):
        if not one.mine:
            messages.info(
                request,
                _("“%(workflow)s” is now asked of: %(roles)s. They have been told.")
                % {"workflow": one.workflow, "roles": one.asked_of},
            )
    for order in ChildOrder.objects.filter(case=case, step=step, child=None, dropped_at=None).order_by("-id"):
        if not rules.may_open(order, request.user):
            continue
        try:
            draft = begin(order, request.user)
        except OrderRefused as refusal:
            messages.warning(request, str(refusal))
            continue
        messages.info(
            request,
            _("This belongs to case %(number)s: check what was taken over, complete it and submit it.")
            % {"number": case.number},
        )
        return redirect("intake:draft", uuid=draft)
    return None


def _order(case: Case, order_uuid: uuids.UUID) -> ChildOrder:
    found = ChildOrder.objects.filter(case=case, uuid=order_uuid, child=None, dropped_at=None).first()
    if found is None:
        raise Http404
    return found


@require_POST
def go_on(request: HttpRequest, case_uuid: uuids.UUID, order_uuid: uuids.UUID) -> HttpResponse:
    """Begin, or go on with, the form of a case that was ordered."""
    case = case_or_404(request, case_uuid)
    try:
        draft = begin(_order(case, order_uuid), request.user)
    except OrderRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("casework:case", case_uuid=case.uuid)
    return redirect("intake:draft", uuid=draft)


@require_http_methods(["GET", "POST"])
def drop(request: HttpRequest, case_uuid: uuids.UUID, order_uuid: uuids.UUID) -> HttpResponse:
    """Say that a case which was ordered is not needed, and why."""
    case = case_or_404(request, case_uuid)
    reason, refusal, errors, status = request.POST.get("reason", ""), "", {}, 200
    if request.method == "POST":
        asked = Request(
            case_uuid=case_uuid,
            by=request.user,
            seen_version=whole(request.POST.get("seen_version")),
            idempotency_key=key_of(request),
            reason=reason,
        )
        try:
            receipt = relations.drop_order(asked, order=order_uuid)
        except exceptions.CaseNotFound:
            raise Http404 from None
        except exceptions.NotPermitted as why:
            refusal, status = str(why), 403
        except exceptions.Overtaken as why:
            refusal, status = str(why), 409
        except exceptions.RuleBroken as why:
            refusal, errors, status = str(why), getattr(why, "errors", {}), 422
        else:
            messages.success(request, receipt_words(_("Not needed"), receipt))
            return to_case(request, receipt.case)
        case = case_or_404(request, case_uuid)
    order = next((one for one in orders_of(case, request.user) if one.order.uuid == order_uuid), None)
    if order is None:
        messages.info(request, refusal or _("It has been opened or dropped already."))
        return redirect("casework:case", case_uuid=case.uuid)
    return render(
        request,
        "casework/order_drop.html",
        {
            "page_title": _("“%(workflow)s” is not needed") % {"workflow": order.workflow},
            "case": case,
            "order": order,
            "reason": reason,
            "refusal": refusal,
            "errors": errors,
            "idempotency_key": uuids.uuid4().hex,
        },
        status=status,
    )
