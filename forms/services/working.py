"""The one door for definitions being worked on: begin, save, take back, discard, publish.

Everybody who may build works on the same working copy. Whoever saves says which version they had opened; what others
have changed since is merged with it (``forms.merging``). What is worked on is a ``Craft``: forms here; workflows are
one too (``workflows.services.working``).
"""

from __future__ import annotations

import copy
import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from forms import outline
from forms.exceptions import FormError, NotFound
from forms.merging import Merged, Refusal, merge
from forms.models import PublicationRequest, RefusedChange, WorkingCopy, WorkingSave
from forms.outline import Body, NotATree, Thing, same, tidy, tree_of
from forms.rules import check_may_build
from forms.schema import KEY
from forms.services.definitions import publish_form, refuse_faults
from foundation.audit.services import Actor, FieldChange, append, next_version
from foundation.editions.models import Edition
from foundation.editions.queries import body_of, newest
from foundation.organisation.models import User

SAVES_KEPT = 400
"""Of each working copy; whoever had opened an older one is asked to open the form again."""


@dataclass(frozen=True)
class Craft:
    """A kind of definition that is worked on, and its rules. ``second_person``: whether another person has to publish
    what somebody wants published; ``refuse_faults`` raises for a body that cannot be published.
    """

    kind: str
    key_pattern: str
    empty: str
    check_may: Callable[[User], None]
    publish: Callable[..., Edition]
    refuse_faults: Callable[[Body], Any]
    second_person: Callable[[], bool]

    def stream(self, key: str) -> str:
        """Return the stream in which is recorded what becomes of working copies."""
        return f"working-{self.kind}:{key}"


class WorkingError(FormError):
    """Base of the refusals about working copies."""


class KeyTaken(WorkingError):
    """There is a definition of this key."""

    def __init__(self, key: str, kind: str) -> None:
        said = {
            Edition.Kind.WORKFLOW: _("There is a workflow with the key “%(key)s” already."),
            Edition.Kind.REPORT: _("There is a report with the key “%(key)s” already."),
        }.get(Edition.Kind(kind), _("There is a form with the key “%(key)s” already."))
        super().__init__(said % {"key": key})


class KeyUnfit(WorkingError):
    """The key cannot stand in an address."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            _("A key begins with a small letter and holds small letters, digits and underscores.")
            if kind in (Edition.Kind.WORKFLOW, Edition.Kind.REPORT)
            else _(
                "A key begins with a small letter and holds small letters, digits, hyphens and underscores."
            )
        )


class TooOld(WorkingError):
    """What the person had opened is so old that it is no longer known what they changed."""

    def __init__(self) -> None:
        super().__init__(_("You opened this too long ago. Open it again and repeat your last change."))


class Overtaken(WorkingError):
    """Somebody has changed the working copy since the person looked at it."""

    def __init__(self, who: Any) -> None:
        super().__init__(
            _("%(who)s has changed this meanwhile. Look at the differences again and publish then.")
            % {"who": who}
        )


class IdFixed(WorkingError):
    """An id that was published never changes."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("“%(id)s” has been published, so it keeps its id: answers are stored under it.") % {"id": name}
        )


class SecondPersonNeeded(WorkingError):
    """Whoever wants something published cannot publish it themselves (four eyes)."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else has to publish this: ask for it, and a second person looks at it and publishes.")
        )


class NotRequested(WorkingError):
    """There is no request to publish what stands now."""

    def __init__(self) -> None:
        super().__init__(
            _("There is no request to publish what stands here now: it was declined, or changed since.")
        )


FORMS = Craft(
    kind=Edition.Kind.FORM,
    key_pattern=KEY,
    empty="pages",
    check_may=check_may_build,
    publish=publish_form,
    refuse_faults=refuse_faults,
    second_person=lambda: False,
)


@dataclass(frozen=True)
class Opened:
    """What somebody had before them: a saving, and the edition shown in it that was not stored in it (0: none).

    Of a form that has no working copy yet ``version`` is 0: the edition alone.
    """

    version: int
    edition: int = 0

    @classmethod
    def read(cls, text: str) -> Opened:
        """Return what a page says it was made from (``WorkingCopy.opened``); raises TooOld for any other text."""
        if (found := _OPENED.fullmatch(text)) is None:
            raise TooOld
        return cls(int(found[1]), int(found[2] or 0))

    def __str__(self) -> str:
        return f"{self.version}-{self.edition}" if self.edition else str(self.version)


_OPENED = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?", re.ASCII)


@dataclass(frozen=True)
class Saved:
    """What became of a saving. ``refused`` are the changes that could not stand; ``others`` whether somebody
    else's changes came in between.
    """

    working: WorkingCopy
    refused: tuple[RefusedChange, ...] = ()
    others: bool = False


def begin(*, key: str, body: Body, by: User, what: str = "", of: Craft = FORMS) -> WorkingCopy:
    """Begin a form that does not exist yet and return its working copy.

    Who may: who may build forms. Raises KeyUnfit, KeyTaken, NotPermitted, NotATree. Nothing is recorded: it is
    a working copy.
    """
    of.check_may(by)
    if not re.fullmatch(of.key_pattern, key):
        raise KeyUnfit(of.kind)
    with transaction.atomic():
        copies = WorkingCopy.objects.filter(kind=of.kind, key=key)
        if newest(of.kind, key) is not None or copies.exists():
            raise KeyTaken(key, of.kind)
        working = WorkingCopy(kind=of.kind, key=key, updated_by=by)
        _store(working, {**body, "key": key}, by=by, what=what or _("Begun"))
    return working


def look_at(*, key: str, by: User, of: Craft = FORMS) -> WorkingCopy:
    """Return the working copy of a form as ``open_form`` would make it, and store nothing.

    Raises NotFound, NotPermitted.
    """
    of.check_may(by)
    copies = WorkingCopy.objects.select_related("base", "updated_by")
    working = copies.filter(kind=of.kind, key=key).first()
    edition = newest(of.kind, key)
    if working is None:
        if edition is None:
            raise NotFound
        working = WorkingCopy(
            kind=of.kind,
            key=key,
            body=tidy(body_of(edition)),
            base=edition,
            updated_by=edition.published_by or by,
            updated_at=edition.published_at,
        )
        working.shown_edition = edition.number
    elif edition is not None and edition.pk != working.base_id:
        working.body = tidy(_with_edition(working, edition, of).body)
        working.base, working.shown_edition = edition, edition.number
    return working


def open_form(*, key: str, by: User, of: Craft = FORMS) -> WorkingCopy:
    """Return the working copy of a form, made from its newest edition before the first change.

    An edition published past it (by a pack) is merged in. Raises NotFound, NotPermitted.
    """
    of.check_may(by)
    with transaction.atomic():
        working = _locked(key, of)
        edition = newest(of.kind, key)
        if working is None:
            if edition is None:
                raise NotFound
            working = WorkingCopy(kind=of.kind, key=key, base=edition, updated_by=by)
            what = _("Edition %(number)s") % {"number": edition.number}
            try:
                with transaction.atomic():
                    _store(working, body_of(edition), by=by, what=what)
            except IntegrityError:  # two who open it for the first time at the same moment
                return open_form(key=key, by=by, of=of)
        elif edition is not None and edition.pk != working.base_id:
            _take_over(working, edition, by=by, of=of)
    return working


def save(*, key: str, opened: int | Opened, body: Body, by: User, what: str = "", of: Craft = FORMS) -> Saved:
    """Save what somebody made of the version they had opened. The first saving makes the working copy.

    Who may: who may build forms. Changes of others since are kept; where both changed the same, theirs stays
    and the refused value is kept for its author (``RefusedChange``). Ids that were published stay. Raises
    NotFound, NotPermitted, TooOld, IdFixed, NotATree. Nothing is recorded: it is a working copy.
    """
    of.check_may(by)
    with transaction.atomic():
        working = open_form(key=key, by=by, of=of)
        mine = tidy({**body, "key": key})
        if opened == working.version:
            base, merged = working.body, Merged(mine)
        else:
            base = body_at(working, opened)
            merged = merge(base, mine, working.body)
        _refuse_lost_ids(working, merged.body)
        others = not same(base, working.body)
        other = working.updated_by
        if same(merged.body, working.body):
            refused = _keep_refused(working, merged.refusals, by=by, other=other)
            return Saved(working, refused, others)
        _store(working, merged.body, by=by, what=what)
        refused = _keep_refused(working, merged.refusals, by=by, other=other)
    return Saved(working, refused, others)


def take_back(*, key: str, version: int, by: User, of: Craft = FORMS) -> Saved:
    """Undo one saving, and leave the later ones as they are; another saving, which can be undone too.

    Raises NotFound (no such saving, or the first), NotPermitted, TooOld.
    """
    of.check_may(by)
    with transaction.atomic():
        working = _known(key, of)
        if not 1 < version <= working.version:
            raise NotFound
        merged = merge(_body_at(working, version), _body_at(working, version - 1), working.body)
        done = working.saves.get(version=version)
        _refuse_lost_ids(working, merged.body)
        if not same(merged.body, working.body):
            _store(working, merged.body, by=by, what=(_("Taken back: %(what)s") % {"what": done.what})[:200])
        refused = _keep_refused(working, merged.refusals, by=by, other=working.updated_by)
    return Saved(working, refused)


def settle(*, key: str, refused: int, take: bool, by: User, of: Craft = FORMS) -> WorkingCopy:
    """Choose between the two values of a refused change: ``take`` puts the refused one in place.

    Only its author may. Raises NotFound, NotPermitted.
    """
    of.check_may(by)
    with transaction.atomic():
        working = _known(key, of)
        change = RefusedChange.objects.filter(working=working, pk=refused, by=by).first()
        if change is None:
            raise NotFound
        if take:
            body = _with(working.body, change)
            if body is not None and not same(body, working.body):
                _refuse_lost_ids(working, body)
                _store(working, body, by=by, what=_("Chosen: my own wording"))
        change.delete()
    return working


def discard(*, key: str, by: User, reason: str = "", of: Craft = FORMS) -> WorkingCopy | None:
    """Go back to the newest edition and return the working copy; of a form never published, throw it away and
    return None.

    Records ``working_copy_discarded`` under ``working-<kind>:<key>``. Of a published form the discarded work
    stays among the savings, from where it can be taken back. Raises NotFound, NotPermitted.
    """
    of.check_may(by)
    with transaction.atomic():
        working = _known(key, of)
        edition = newest(of.kind, key)
        _record(of, working, "working_copy_discarded", by=by, reason=reason)
        if edition is None:
            working.delete()
            return None
        working.base = edition
        _store(working, body_of(edition), by=by, what=_("Changes discarded"))
        RefusedChange.objects.filter(working=working).delete()
        PublicationRequest.objects.filter(working=working).delete()
    return working


def request_publication(
    *, key: str, seen: int | Opened, by: User, note: str, effective_from: datetime.date, of: Craft
) -> PublicationRequest:
    """Ask a second person to publish what somebody has before them; a request before it is replaced.

    Who may: who may build. Records ``publication_requested``. Raises Overtaken, NotFound, NotPermitted, and what
    ``of.refuse_faults`` raises.
    """
    of.check_may(by)
    with transaction.atomic():
        stands = look_at(key=key, by=by, of=of)
        if stands.opened != str(seen):
            raise Overtaken(stands.updated_by)
        working = open_form(key=key, by=by, of=of)
        of.refuse_faults(working.body)
        PublicationRequest.objects.filter(working=working).delete()
        request = PublicationRequest.objects.create(
            working=working, opened=working.opened, note=note, effective_from=effective_from, by=by
        )
        _record(of, working, "publication_requested", by=by, reason=note)
    return request


def decline_publication(*, key: str, by: User, reason: str, of: Craft) -> None:
    """Decline a request to publish, or withdraw one's own; nothing of the working copy changes.

    Records ``publication_declined``. Raises NotRequested, NotFound, NotPermitted.
    """
    of.check_may(by)
    with transaction.atomic():
        working = _known(key, of)
        request = PublicationRequest.objects.filter(working=working).first()
        if request is None:
            raise NotRequested
        request.delete()
        _record(of, working, "publication_declined", by=by, reason=reason, asked=request.by)


def request_for(working: WorkingCopy) -> PublicationRequest | None:
    """Return the request to publish exactly what stands in the working copy; None: there is none, or it was changed
    since.
    """
    found = PublicationRequest.objects.select_related("by").filter(working_id=working.pk).first()
    return found if found is not None and found.opened == working.opened else None


def publish_working(
    *,
    key: str,
    seen: int | Opened,
    by: User,
    note: str,
    effective_from: datetime.date | None = None,
    of: Craft = FORMS,
) -> Edition:
    """Publish the working copy as the next edition.

    ``seen``: what they had before them whose differences the person looked at. Who may: who may build; where a second
    person is needed, another one than who has requested it, with the note and the day of the request: records
    ``publication_agreed`` besides. Raises Overtaken, SecondPersonNeeded, NotFound, NotPermitted, what ``of.publish``
    raises (DefinitionRefused, NothingChanged …).
    """
    of.check_may(by)
    with transaction.atomic():
        _known(key, of)
        stands = look_at(key=key, by=by, of=of)
        if stands.opened != str(seen):
            raise Overtaken(stands.updated_by)
        request = request_for(stands)
        working = open_form(key=key, by=by, of=of)
        if of.second_person():
            if request is None or request.by_id == by.pk:
                raise SecondPersonNeeded
            note, effective_from = request.note, max(request.effective_from, timezone.localdate())
            _record(of, working, "publication_agreed", by=by, asked=request.by)
        edition = of.publish(working.body, by=by, note=note, effective_from=effective_from)
        PublicationRequest.objects.filter(working=working).delete()
        working.base = edition
        working.save(update_fields=["base"])
    return edition


def is_changed(working: WorkingCopy) -> bool:
    """Whether the working copy says anything its edition does not."""
    return working.base is None or not same(working.body, tidy(body_of(working.base)))


def published_things(key: str, of: Craft = FORMS) -> frozenset[Thing]:
    """Return the things of every edition: their ids never change again."""
    found: set[Thing] = set()
    for edition in Edition.objects.filter(kind=of.kind, key=key):
        found |= {thing for thing in tree_of(body_of(edition)).own if thing.id}
    return frozenset(found)


def rename(*, key: str, opened: int, thing: Thing, name: str, by: User, of: Craft = FORMS) -> Saved:
    """Give a thing that was never published another id; expressions follow.

    Raises IdFixed, and what ``save`` raises.
    """
    if thing in published_things(key, of):
        raise IdFixed(thing.id)
    of.check_may(by)
    with transaction.atomic():
        base = body_at(_known(key, of), opened)
        return save(
            key=key,
            opened=opened,
            body=outline.renamed(base, thing, name),
            by=by,
            what=_("%(old)s is now called %(new)s") % {"old": thing.id, "new": name},
            of=of,
        )


def body_at(working: WorkingCopy, opened: int | Opened) -> Body:
    """Return what somebody had before them; raises TooOld."""
    if isinstance(opened, int):
        opened = Opened(opened)
    if not opened.edition:
        if working.version != opened.version or working.shown_edition:
            return _body_at(working, opened.version)
        stored: Body = working.body
        return stored
    if not opened.version:
        edition = Edition.objects.filter(kind=working.kind, key=working.key, number=opened.edition).first()
        if edition is None:
            raise TooOld
        return tidy(body_of(edition))
    if (working.version, working.shown_edition) == (opened.version, opened.edition):
        shown: Body = working.body
        return shown
    # The next saving after what was shown has taken the edition over, before anything else was done.
    if working.base is None or working.base.number != opened.edition:
        raise TooOld
    return _body_at(working, opened.version + 1)


# --- inside ---------------------------------------------------------------------------------------------------


def _locked(key: str, of: Craft) -> WorkingCopy | None:
    return (
        WorkingCopy.objects.select_for_update(of=("self",))
        .select_related("base", "updated_by")
        .filter(kind=of.kind, key=key)
        .first()
    )


def _known(key: str, of: Craft) -> WorkingCopy:
    working = _locked(key, of)
    if working is None:
        raise NotFound
    return working


def _body_at(working: WorkingCopy, version: int) -> Body:
    found = WorkingSave.objects.filter(working=working, version=version).first()
    if found is None:
        raise TooOld
    body: Body = found.body
    return body


def _store(working: WorkingCopy, body: Body, *, by: User, what: str) -> None:
    working.body = tidy(body)
    working.version += 1
    working.updated_by, working.updated_at = by, timezone.now()
    working.save()
    WorkingSave.objects.create(
        working=working, version=working.version, body=working.body, what=what[:200], by=by
    )
    working.saves.filter(version__lte=working.version - SAVES_KEPT).delete()


def _take_over(working: WorkingCopy, edition: Edition, *, by: User, of: Craft) -> None:
    """Merge an edition that was published past the working copy into it."""
    merged = _with_edition(working, edition, of)
    working.base = edition
    what = _("Edition %(number)s taken over") % {"number": edition.number}
    _store(working, merged.body, by=by, what=what)
    _keep_refused(working, merged.refusals, by=by, other=edition.published_by)


def _with_edition(working: WorkingCopy, edition: Edition, of: Craft) -> Merged:
    """Return the working copy with an edition that was published past it."""
    base = tidy(body_of(working.base)) if working.base else {"key": working.key, of.empty: []}
    return merge(base, working.body, tidy(body_of(edition)))


def _record(
    of: Craft, working: WorkingCopy, event: str, *, by: User, reason: str = "", asked: User | None = None
) -> None:
    stream = of.stream(working.key)
    references = {str(of.kind): working.key, "version": str(working.version)}
    append(
        stream=stream,
        version=next_version(stream),
        kind=event,
        actor=Actor.of(by),
        changes=[FieldChange("reason", None, reason, stream)] if reason else [],
        references=references if asked is None else {**references, "requested_by": asked.get_username()},
    )


def _refuse_lost_ids(working: WorkingCopy, body: Body) -> None:
    if body.get("key") != working.key:
        raise IdFixed(working.key)


def _keep_refused(
    working: WorkingCopy, refusals: Sequence[Refusal], *, by: User, other: User
) -> tuple[RefusedChange, ...]:
    return tuple(
        RefusedChange.objects.create(
            working=working,
            thing=str(refusal.thing),
            path=list(refusal.path),
            why=refusal.why,
            wanted=refusal.mine,
            stood=refusal.stored,
            by=by,
            other=other,
        )
        for refusal in refusals
    )


def _with(body: Body, change: RefusedChange) -> Body | None:
    """Return the body with a refused change made after all; None where its place is gone."""
    thing = Thing.read(change.thing)
    tree = tree_of(body)
    if thing not in tree.own:
        return None
    if change.why == "removed":
        return outline.removed(body, thing)
    if change.why == "moved":
        try:
            return outline.moved(body, thing, Thing.read(str(change.wanted)), 10_000)
        except NotATree:
            return None
    said = copy.deepcopy(tree.own[thing])
    if change.path == ["kind"] and isinstance(change.wanted, list):
        said["kind"], options = change.wanted
        said["options"] = options or {}
        return outline.changed(body, thing, said)
    _put(said, change.path, change.wanted)
    return outline.changed(body, thing, said)


def _put(said: Any, path: Sequence[str], value: Any) -> None:
    here = said
    for part in path[:-1]:
        if isinstance(here, list):
            here = next((one for one in here if part in (one.get("id"), one.get("key"))), None)
        elif isinstance(here, dict):
            here = here.setdefault(part, {})
    last = path[-1]
    if isinstance(here, dict):
        if value is None:
            here.pop(last, None)
        else:
            here[last] = value
    elif isinstance(here, list):
        at = next((at for at, one in enumerate(here) if last in (one.get("id"), one.get("key"))), len(here))
        here[at : at + 1] = [] if value is None else [value]
