"""The screens of the form builder. For the roles form_builder and administrator; the services ask again.

Everything is one page with ordinary forms: each button posts, the answer is the page anew. ``studio.js`` posts
in the background and puts the new parts in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.studio import catalogue
from backoffice.studio.beginnings import first_options
from backoffice.studio.conditions import Condition, faults_of
from backoffice.studio.desk import Desk
from backoffice.studio.places import told_place
from backoffice.studio.properties import LANGUAGES, Reading, rows_done
from backoffice.studio.shapes import Shape
from forms import outline
from forms.exceptions import FormError, NotFound, NotPermitted
from forms.fields import KINDS
from forms.models import WorkingCopy
from forms.outline import FIELD, GROUP, PAGE, RULE, Body, NotATree, Thing, tree_of
from forms.services import working as service
from foundation.expressions import Kind


@dataclass(frozen=True)
class Bench:
    """What the editor works on, and how: forms here, workflows in ``studio.flows``.

    ``add`` puts a new thing of a sort and kind in and returns the body, the thing and what was done; ``refine``
    finishes what was typed for a thing: the body and what the thing is called then; ``check_id`` raises for what is no
    id.
    """

    desk: type[Desk]
    templates: str
    list: str
    add: Callable[[Body, Thing, str, str], tuple[Body, Thing, str]]
    refine: Callable[[Desk, Body], tuple[Body, Thing]]
    check_id: Callable[[str, str], None]

    @property
    def craft(self) -> service.Craft:
        """The rules of what is worked on."""
        return self.desk.craft

    def template(self, name: str) -> str:
        """Return the name of a template."""
        return f"{self.templates}{name}.html"

    def shown(self, request: HttpRequest, key: str) -> WorkingCopy:
        """Return the working copy to look at; 404 where there is none for this person."""
        try:
            return service.look_at(key=key, by=request.user, of=self.craft)
        except (NotFound, NotPermitted):
            raise Http404 from None

    def opened(self, request: HttpRequest, key: str) -> WorkingCopy:
        """Return the working copy to work on, made when there was none yet; 404 as ``shown``."""
        try:
            return service.open_form(key=key, by=request.user, of=self.craft)
        except (NotFound, NotPermitted):
            raise Http404 from None


SORTS_ADDED = (PAGE, GROUP, FIELD, RULE)


@require_GET
def forms(request: HttpRequest) -> HttpResponse:
    """All forms, those in force and those being worked on; ``q`` searches titles, keys and categories."""
    search = request.GET.get("q", "").strip()
    rows = catalogue.forms_listed()
    found = [row for row in rows if all(word in row.searched for word in search.lower().split())]
    return render(request, "studio/forms.html", {"rows": found, "total": len(rows), "search": search})


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin a form: from nothing, or as a copy of another."""
    typed = {
        name: request.POST.get(name, request.GET.get(name, "")).strip()
        for name in ("title", "title_en", "key", "category", "copy_of")
    }
    error = ""
    if request.method == "POST":
        try:
            working = catalogue.begin_from(typed, by=request.user)
            return redirect("studio_edit", key=working.key)
        except NotPermitted:
            raise Http404 from None
        except (FormError, ValueError) as refusal:
            error = str(refusal)
    return render(
        request,
        "studio/new.html",
        {
            "typed": typed,
            "error": error,
            "categories": catalogue.categories(),
            "others": catalogue.forms_listed(),
        },
        status=422 if error else 200,
    )


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """The editor of a form, as ``edit_at``."""
    return edit_at(FORM_BENCH, request, key)


def edit_at(bench: Bench, request: HttpRequest, key: str) -> HttpResponse:
    """The editor. GET shows one thing (``at``); POST saves what was typed for it and does what the pressed
    button says.
    """
    if request.method == "POST":
        return _worked(bench, request, key)
    at, expert = Thing.read(request.GET.get("at", "")), request.GET.getlist("text")
    desk = bench.desk(bench.shown(request, key), request.user, at, expert=expert)
    background = request.headers.get("X-Requested-With") == "XMLHttpRequest"
    return render(request, bench.template("_workspace" if background else "edit"), _context(desk))


def shown_form(request: HttpRequest, key: str) -> WorkingCopy:
    """Return the working copy of a form to look at; 404 where there is none for this person."""
    return FORM_BENCH.shown(request, key)


def _context(desk: Desk, **more: Any) -> dict[str, Any]:
    return {
        "desk": desk,
        "working": desk.working,
        "changed": service.is_changed(desk.working),
        "saved_at": timezone.localtime(desk.working.updated_at),
        **more,
    }


# --- working --------------------------------------------------------------------------------------------------


@dataclass
class _Work:
    """What one POST makes of the version its page showed."""

    body: Body
    at: Thing
    what: str = ""
    dropped: str = ""
    """What is told of a part that was switched off with everything in it."""
    pending: dict[str, Condition] = field(default_factory=dict)
    expert: set[str] = field(default_factory=set)
    """Names of the conditions that are shown as expressions."""


def _worked(bench: Bench, request: HttpRequest, key: str) -> HttpResponse:
    working, of = bench.opened(request, key), bench.craft
    at = Thing.read(request.POST.get("at", ""))
    done = request.POST.get("do", "save")
    background = request.headers.get("X-Requested-With") == "XMLHttpRequest"
    told: dict[str, Any] = {}
    work = _Work(
        working.body,
        at,
        expert=_expert(request),
    )
    status = 200
    try:
        what, _colon, rest = done.partition(":")
        if what == "undo":
            saved = service.take_back(key=key, version=_number(rest), by=request.user, of=of)
            told["notice"] = _("Taken back.")
        elif what == "settle":
            number, _colon, choice = rest.partition(":")
            service.settle(key=key, refused=_number(number), take=choice == "mine", by=request.user, of=of)
            saved = service.Saved(bench.opened(request, key))
        else:
            opened = service.Opened.read(request.POST.get("opened", ""))
            base = service.body_at(working, opened)
            work.body = base
            _carry_out(bench, request, working, work, what, rest)
            saved = service.save(
                key=key, opened=opened, body=work.body, by=request.user, what=work.what, of=of
            )
            moved = what in ("move", "moveto") and work.body != base
            if what == "remove" or work.dropped or moved:
                told["notice"] = work.dropped or work.what
                told["undo"] = saved.working.version
            if saved.others:
                told["others"] = _("Changes that somebody else has made meanwhile have been taken in.")
        working = saved.working
        if saved.refused:
            told["others"] = _("Somebody else has changed the same meanwhile: choose below which is to stay.")
    except NotPermitted:
        raise Http404 from None
    except NotFound:
        told["error"], status = _("This has been taken back or settled already."), 409
    except (FormError, NotATree) as refusal:
        told["error"], status = str(refusal), 409
    desk = bench.desk(working, request.user, work.at, work.pending, work.expert)
    if background or work.pending or status != 200:
        template = bench.template("_workspace" if background else "edit")
        return render(request, template, _context(desk, **told), status=status if not background else 200)
    for level, name in ((messages.success, "notice"), (messages.warning, "others")):
        if name in told:
            level(request, told[name])
    shown = urlencode({"at": str(desk.at), "text": sorted(work.expert)}, doseq=True)
    return redirect(f"{desk.urls['edit']}?{shown}")


def _expert(request: HttpRequest) -> set[str]:
    """Return the names of the conditions that are shown as expressions."""
    return {
        name.removesuffix(".mode")
        for name, said in request.POST.items()
        if name.endswith(".mode") and said == "text" and not name.startswith("p.computed")
    }


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound
    return int(text)


def _carry_out(
    bench: Bench, request: HttpRequest, working: WorkingCopy, work: _Work, what: str, rest: str
) -> None:
    """Change the body: what was typed, then what the button does."""
    at, base = work.at, work.body
    tree = tree_of(base)
    if at not in tree.own:
        work.at = tree.root
        if what not in ("add", "move"):
            return
    if "typed" in request.POST:
        desk = bench.desk(_as_opened(working, base), request.user, at)
        work.body = _typed(request, desk, work, rest if what == "rows" else "")
        work.body, work.at = bench.refine(desk, work.body)
        work.what = _("%(thing)s changed") % {
            "thing": bench.desk(_as_opened(working, work.body), request.user, work.at).title(work.at)
        }
    at = work.at  # a new label may have given it another id
    match what:
        case "add":
            sort, _colon, kind = rest.partition(":")
            work.body, work.at, work.what = bench.add(work.body, work.at, sort, kind)
        case "remove":
            title = bench.desk(_as_opened(working, work.body), request.user, at).title(at)
            work.at = tree_of(work.body).parent[at][0]
            work.body = outline.removed(work.body, at)
            work.what = _("“%(thing)s” removed") % {"thing": title}
        case "copy":
            work.body, work.at = outline.copied(work.body, at)
            work.what = _("%(thing)s copied") % {"thing": at.id}
        case "nudge":
            work.body = outline.nudged(work.body, at, -1 if rest == "up" else 1)
            work.what = _("%(thing)s moved") % {"thing": at.id}
        case "moveto":
            within = Thing.read(request.POST.get("within", ""))
            if within.id:
                work.body = outline.moved(work.body, at, within, 10_000)
                work.what = _("%(thing)s moved") % {"thing": at.id}
        case "move":
            within = Thing.read(request.POST.get("within", ""))
            moving = Thing.read(request.POST.get("moving", ""))
            work.body = outline.moved(work.body, moving, within, _number(request.POST.get("place", "")))
            work.what = _("%(thing)s moved") % {"thing": moving.id}
        case "id":
            _rename(bench, request, working, work)
        case "astext":
            work.expert.add(rest)
        case "asrows":
            work.expert.discard(rest)


def _as_opened(working: WorkingCopy, body: Body) -> WorkingCopy:
    """Return the working copy, unsaved, as it was when its page was made."""
    return WorkingCopy(
        pk=working.pk,
        kind=working.kind,
        key=working.key,
        body=body,
        base=working.base,
        version=working.version,
        updated_by=working.updated_by,
    )


def _typed(request: HttpRequest, desk: Desk, work: _Work, rows: str) -> Body:
    """Return the body with what was typed for the selected thing."""
    posted = rows_done(request.POST, rows) if rows else request.POST
    around = desk.around()
    said = dict(desk.said)
    names = [
        name for key, _heading, names in desk.sections_of(desk.at.sort) if key != "options" for name in names
    ]
    reading = Reading(desk.shapes[desk.at.sort], posted, around)
    found = reading.mapping(said, only=names)
    work.pending = reading.pending
    if desk.at.sort == FIELD:
        _read_options(desk, posted, said, found, work)
    if desk.at.sort == GROUP and "repeat" not in found:
        found.pop("groups", None)
    if gone := next(_switched_off(said, found), ""):
        place = told_place(desk.shapes[desk.at.sort], said, gone, desk.label_of)
        work.dropped = _("“%(thing)s” removed") % {"thing": place}
    return outline.changed(work.body, desk.at, found)


def _switched_off(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the paths of the parts that say nothing any more."""
    for key, said in before.items():
        if not isinstance(said, dict) or not set(said) - set(LANGUAGES):
            continue
        if key not in after:
            yield f"{path}{key}"
        elif isinstance(now := after[key], dict):
            yield from _switched_off(said, now, f"{path}{key}.")


def _refined(desk: Desk, body: Body) -> tuple[Body, Thing]:
    """Give a new field the id its label suggests."""
    said = tree_of(body).own[desk.at]
    if desk.at.sort == FIELD and desk.at not in desk.published and desk.at.id.startswith("f_"):
        wish = outline.id_from(said.get("label", {}) if isinstance(said.get("label"), dict) else {})
        unnamed = (
            outline.id_from(catalogue.kind_name(desk.said["kind"])) if desk.said.get("kind") in KINDS else ""
        )
        if wish and wish not in (desk.at.id, unnamed):
            name = outline.fresh_id(wish, outline.ids_in(body))
            if not catalogue.unspeakable(name):
                return outline.renamed(body, desk.at, name), Thing(FIELD, name)
    return body, desk.at


def _read_options(desk: Desk, posted: Any, said: dict[str, Any], found: dict[str, Any], work: _Work) -> None:
    """Read the options of the kind that was shown; another kind begins with options of its own."""
    old, kind = str(said.get("kind")), str(found.get("kind"))
    if kind != old:
        found["options"] = first_options(kind)
        if not found["options"]:
            del found["options"]
        return
    if kind not in KINDS or "options_drawn" not in posted:
        return
    existing = said.get("options")
    around = desk.around()
    reading = Reading(Shape.of(KINDS[kind].options_model), posted, desk.options_around(around))
    options = reading.mapping(existing if isinstance(existing, dict) else {}, name="p.options")
    found.pop("options", None)
    if options:
        found["options"] = options
    work.pending |= reading.pending


def _added(body: Body, at: Thing, sort: str, kind: str) -> tuple[Body, Thing, str]:
    """Put a new thing behind the selected one, or at the end of what holds its sort."""
    if sort not in SORTS_ADDED or (sort == FIELD and kind not in KINDS):
        raise NotATree(_("There is nothing of this kind to add."))
    tree = tree_of(body)
    within, after = catalogue.place_for(tree, at, sort)
    if within is None:
        # A field needs a group, a group a page: they come along.
        body, at = catalogue.with_room(body, sort)
        tree = tree_of(body)
        within, after = catalogue.place_for(tree, at, sort)
        assert within is not None
    said = catalogue.first_words(sort, kind, tree)
    thing = Thing(sort, said["id"])
    what = _("%(thing)s added") % {"thing": catalogue.name_of(sort, kind)}
    return outline.added(body, said, thing, within, after), thing, what


def _rename(bench: Bench, request: HttpRequest, working: WorkingCopy, work: _Work) -> None:
    name = request.POST.get("id", "").strip()
    if not work.at.id or name == work.at.id:
        return
    if work.at in service.published_things(working.key, bench.craft):
        raise service.IdFixed(work.at.id)
    bench.check_id(work.at.sort, name)
    work.body = outline.renamed(work.body, work.at, name)
    work.what = _("%(old)s is now called %(new)s") % {"old": work.at.id, "new": name}
    work.at = Thing(work.at.sort, name)


FORM_BENCH = Bench(
    desk=Desk,
    templates="studio/",
    list="studio_forms",
    add=_added,
    refine=_refined,
    check_id=lambda _sort, name: catalogue.check_id(name),
)


# --- while typing ---------------------------------------------------------------------------------------------


@require_POST
def check_expression(request: HttpRequest, key: str) -> HttpResponse:
    """Say what is wrong with an expression of a form that is being typed."""
    return check_expression_at(FORM_BENCH, request, key)


def check_expression_at(bench: Bench, request: HttpRequest, key: str) -> HttpResponse:
    """Say what is wrong with an expression that is being typed."""
    desk = bench.desk(bench.shown(request, key), request.user, Thing.read(request.POST.get("at", "")))
    text = request.POST.get("text", "")[:4000]
    name = request.POST.get("property", "")
    around = desk.around()
    faults = faults_of(text, around.names, around.results.get(name, Kind.YES_NO))
    return JsonResponse(
        {
            "faults": [
                {"message": one.message, "before": one.before, "place": one.place, "after": one.after}
                for one in faults
            ]
        }
    )


@require_http_methods(["GET", "POST"])
def history(request: HttpRequest, key: str) -> HttpResponse:
    """The savings of a form's working copy, as ``history_at``."""
    return history_at(FORM_BENCH, request, key)


def history_at(bench: Bench, request: HttpRequest, key: str) -> HttpResponse:
    """The savings of the working copy, newest first; each can be taken back."""
    working = bench.shown(request, key)
    if request.method == "POST":
        bench.opened(request, key)
        try:
            saved = service.take_back(
                key=key, version=_number(request.POST.get("version", "")), by=request.user, of=bench.craft
            )
            messages.success(request, _("Taken back."))
            if saved.refused:
                messages.warning(
                    request, _("Part of it has been changed again since: choose which is to stay.")
                )
        except (NotFound, service.TooOld):
            messages.error(request, _("This cannot be taken back any more."))
        return redirect(bench.desk(working, request.user).urls["history"])
    saves = working.saves.select_related("by").defer("body")[:100] if working.pk else ()
    return render(
        request, "studio/history.html", {**_context(bench.desk(working, request.user)), "saves": saves}
    )


@require_http_methods(["GET", "POST"])
def discard(request: HttpRequest, key: str) -> HttpResponse:
    """Discard the changes of a form, as ``discard_at``."""
    return discard_at(FORM_BENCH, request, key)


def discard_at(bench: Bench, request: HttpRequest, key: str) -> HttpResponse:
    """Ask, then go back to the edition; of what was never published, throw it away."""
    desk = bench.desk(bench.shown(request, key), request.user)
    if request.method == "POST":
        bench.opened(request, key)
        reason = request.POST.get("reason", "").strip()[:500]
        left = service.discard(key=key, by=request.user, reason=reason, of=bench.craft)
        messages.success(request, _("The changes have been discarded."))
        return redirect(desk.urls["edit"]) if left is not None else redirect(bench.list)
    return render(request, "studio/discard.html", _context(desk))
