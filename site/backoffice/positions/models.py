"""Position descriptions as Wagtail pages, the page they hang under, and the texts they were imported from.

A page is the working copy; what counts is the *edition* that publishing writes (``publication``). The way a
page comes into force, is withdrawn and archived is the same on every route:

    draft ──publish a revision──► live (an edition) ──archive──► archived (read only) ──restore──► draft

A page never goes live by being created or copied, only by publishing a revision of it; a page that ever had
an edition is never deleted (``guards``).
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.forms.pages import CopyForm, WagtailAdminPageForm
from wagtail.admin.panels import (
    CommentPanel,
    FieldPanel,
    FieldRowPanel,
    HelpPanel,
    MultiFieldPanel,
    ObjectList,
    TabbedInterface,
)
from wagtail.fields import RichTextField
from wagtail.locks import BaseLock
from wagtail.log_actions import LogContext, get_active_log_context
from wagtail.models import Page, PagePermissionTester
from wagtail.search import index

from backoffice.access.long_select import LongSelect, LongSelectMultiple
from backoffice.positions.approval import models as approval_models
from backoffice.positions.blocks import SECTION_FEATURES, parts_field
from backoffice.positions.body import edition_body, sheet
from backoffice.positions.enums import ControlledStatus, DocumentKind, DutyGrouping, UnitKind
from backoffice.positions.history import PublishedHistory
from backoffice.positions.library import models as library_models
from backoffice.positions.numbering import made_number
from backoffice.positions.parts import BY_NAME, PARTS
from backoffice.positions.reviewing import models as reviewing_models
from backoffice.positions.signoff import models as signoff_models
from foundation.editions.models import Edition
from foundation.editions.queries import editions_of
from foundation.organisation.models import Position, User

ApprovalStep, FourEyesTask = approval_models.ApprovalStep, approval_models.FourEyesTask
ImportReview, ImportedPart = reviewing_models.ImportReview, reviewing_models.ImportedPart
WaitingUpload = reviewing_models.WaitingUpload
LibraryItem, LibraryUse = library_models.LibraryItem, library_models.LibraryUse
DraftMarks, EditionMarks = signoff_models.DraftMarks, signoff_models.EditionMarks
SignOff, SignOffPolicy = signoff_models.SignOff, signoff_models.SignOffPolicy


class ImportedText(models.Model):
    """A file of collected descriptions as it was uploaded, byte for byte.

    Written by ``imports.receive``; pages made from it point at it with a range of characters. Discarded only
    while nothing points at it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    filename = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    data = models.BinaryField(_("content"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)

    class Meta:
        ordering = ["-uploaded_at"]
        verbose_name = _("imported text")
        verbose_name_plural = _("imported texts")

    def __str__(self) -> str:
        return self.filename


class ArchivedLock(BaseLock):
    """Keeps everybody from editing an archived description; its reason and the way back stand in the
    message.
    """

    def for_user(self, user: Any) -> bool:
        """Lock out everybody."""
        return True

    def get_message(self, user: Any) -> str:
        """Return the sentence above the form, with the way to restore."""
        sentence = _("This description is archived and can only be read. Restore it to edit it again.")
        if not self.object.permissions_for_user(user).can_archive():
            return str(sentence)
        return format_html(
            '{} <span class="buttons"><a class="button button-small button-secondary" href="{}">{}</a></span>',
            sentence,
            reverse("positions_restore", args=[self.object.pk]),
            _("Restore"),
        )

    def get_icon(self, user: Any) -> str:
        """Return the icon of the lock."""
        return "folder-inverse"

    def get_locked_by(self, user: Any) -> str:
        """Return what locked it, for the status panel."""
        return _("Archived")

    def get_description(self, user: Any) -> str:
        """Return the explanation in the status panel."""
        return _("Restore the description to make changes.")


class PositionPermissions(PagePermissionTester):
    """Wagtail's permissions, without what is never done to a description that was published.

    Asked once per row of a listing, so it looks at the page's own column instead of asking for editions.
    """

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        """Refuse for published ones: they are archived."""
        return self.page.first_published_at is None and bool(super().can_delete(ignore_bulk))

    def can_move(self) -> bool:
        """Allow what Wagtail allows: it takes moving for deleting, but nothing is lost by it."""
        return bool(super().can_delete(ignore_bulk=True))

    def can_publish(self) -> bool:
        """Refuse for everybody where an approval governs: there the last decision publishes."""
        return self.can_archive() and self.page.get_workflow() is None

    def can_archive(self) -> bool:
        """Allow to those whom Wagtail lets publish: what takes a text out of force needs no second person."""
        return bool(super().can_publish())

    def can_unschedule(self) -> bool:
        """Allow as archiving: it keeps a text from coming into force."""
        return self.can_archive()

    def can_unpublish(self) -> bool:
        """Refuse for everybody: archiving takes a text out of force, says why, and can be undone."""
        return False


class PositionIndexPage(Page):
    """The one page under which all position descriptions hang. It has no text of its own."""

    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page"]
    subpage_types: ClassVar[list[str]] = ["positions.PositionPage"]
    max_count = 1
    page_description = _("Holds the position descriptions of the organisation.")
    content_panels = [FieldPanel("title")]
    promote_panels: ClassVar[list[Any]] = []
    settings_panels: ClassVar[list[Any]] = []

    class Meta:
        verbose_name = _("collection of position descriptions")
        verbose_name_plural = _("collections of position descriptions")

    def get_url_parts(self, request: HttpRequest | None = None) -> tuple[int | None, str, str] | None:
        """Return the address of the staff list; Wagtail itself serves no page."""
        return staff_address("positions:list")

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send the reader to the staff list."""
        return HttpResponseRedirect(reverse("positions:list"))


# The fields of the form that name people, and those that name posts besides the post described.
PEOPLE = ("prepared_by", "reviewed_by", "approved_by", "signatory")
POSTS = ("answerable", "scope_posts")


class PositionPageForm(WagtailAdminPageForm):
    """The editor's form: a position can have one description only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk and self.for_user is not None and not self.instance.prepared_by_id:
            self.initial.setdefault("prepared_by", None)
            self.initial["prepared_by"] = self.initial["prepared_by"] or self.for_user.pk
        named = {getattr(self.instance, f"{name}_id") for name in PEOPLE if name in self.fields} - {None}
        people = User.objects.filter(Q(is_active=True) | Q(pk__in=named)).order_by("full_name", "username")
        posts = Position.objects.select_related("department").order_by("code")
        free = posts.filter(Q(page__isnull=True) | Q(pk=self.instance.position_id))
        # One query for all the lists of people, one for all the lists of posts.
        _offer({name: self.fields[name] for name in PEOPLE if name in self.fields}, people, str)
        _offer({name: self.fields[name] for name in POSTS if name in self.fields}, posts, _post_in_list)
        self._leave_to_approval()
        if "position" in self.fields:
            _offer({"position": self.fields["position"]}, free, _post_in_list)
            if self.instance.pk and self.instance.has_editions:
                field = self.fields["position"]
                field.disabled = True
                field.help_text = _(
                    "Fixed: editions of this description have been published for this position."
                )

    def _leave_to_approval(self) -> None:
        """Close the names that an approval fills in, where one governs."""
        page = self.instance if self.instance.pk else self.parent_page
        if page is None or page.get_workflow() is None:
            return
        for name in ("reviewed_by", "approved_by"):
            if name in self.fields:
                self.fields[name].disabled = True
                self.fields[name].help_text = _("Comes from the approval: whoever decides is printed here.")
        if "prepared_by" in self.fields:
            self.fields["prepared_by"].help_text = _("Left empty, it is who wrote the text last.")


def _offer(fields: Mapping[str, Any], found: models.QuerySet[Any], label: Callable[[Any], str]) -> None:
    """Let ``fields`` choose among ``found``, which is asked once."""
    if not fields:
        return
    listed = [(each.pk, label(each)) for each in found]
    for field in fields.values():
        field.queryset = found
        many = isinstance(field, forms.ModelMultipleChoiceField)
        field.widget = LongSelectMultiple() if many else LongSelect()
        field.choices = listed if many else [("", field.empty_label or ""), *listed]


def _post_in_list(post: Position) -> str:
    return f"{post} · {post.department} ({post.code})"


class PositionCopyForm(CopyForm):
    """Copying makes a draft: neither a second live text nor an alias of a position description makes
    sense.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("publish_copies", "alias"):
            self.fields.pop(name, None)


def _lines_of(rows: int) -> forms.Textarea:
    """Return a field of several lines."""
    return forms.Textarea(attrs={"rows": rows})


def _folded(*names: str) -> list[FieldPanel]:
    """Return the panels of parts that most descriptions leave empty: closed until somebody opens them."""
    return [FieldPanel(name, icon=BY_NAME[name].icon, classname="collapsed") for name in names]


def _person_field(label: Any) -> Any:
    """Return the column for somebody named in the document; editions keep the name by value."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=label
    )


class PositionPage(Page):
    """The description of one position. One row is the working copy; editions are what was published."""

    position = models.OneToOneField(
        Position,
        models.PROTECT,
        null=True,  # a draft may not know yet; required for publishing
        related_name="page",
        verbose_name=_("position"),
        help_text=_("The post that this document describes. Only posts without a description are listed."),
    )
    document_kind = models.CharField(
        _("kind of document"), max_length=12, choices=DocumentKind.choices, default=DocumentKind.DESCRIPTION
    )
    document_number = models.CharField(
        _("document number"),
        max_length=40,
        blank=True,
        help_text=_("Printed on every page. Left empty, it is made from the code of the position."),
    )
    effective_from = models.DateField(
        _("effective from"),
        null=True,
        blank=True,
        help_text=_(
            "For an edition that takes effect later. Empty or past: the day of publication. "
            "Editions that wait keep their own dates."
        ),
    )
    summary = models.TextField(
        _("summary"), blank=True, help_text=_("Two or three sentences: what this post is there for.")
    )
    purpose = models.TextField(
        _("purpose of the document"),
        blank=True,
        help_text=_("Why this document exists and whom it binds. May stay empty."),
    )
    unit_kind = models.CharField(
        _("describes"), max_length=12, choices=UnitKind.choices, default=UnitKind.POST
    )
    controlled = models.CharField(
        _("controlled status"),
        max_length=12,
        choices=ControlledStatus.choices,
        default=ControlledStatus.CONTROLLED,
        help_text=_("Controlled documents are kept up to date for their readers."),
    )
    edition_label = models.CharField(
        _("issue number or year"),
        max_length=40,
        blank=True,
        help_text=_("As the paper document was called, such as 2014. Editions number themselves."),
    )
    no_superior = models.BooleanField(
        _("reports to nobody"),
        default=False,
        help_text=_("Says so in the text. Not ticked and no superior entered: not filled in."),
    )
    no_subordinates = models.BooleanField(
        _("has no subordinates"),
        default=False,
        help_text=_("Says so in the text. Subordinates are the posts that report to this one."),
    )
    motto = models.CharField(
        _("motto"), max_length=200, blank=True, help_text=_("The promise of service, in one line.")
    )
    preamble = RichTextField(_("preamble"), blank=True, features=SECTION_FEATURES)
    scope = models.TextField(_("scope"), blank=True, help_text=_("To whom or what the document applies."))
    scope_posts = ParentalManyToManyField(
        Position,
        blank=True,
        related_name="+",
        verbose_name=_("applies to the posts"),
        help_text=_("Other posts that this text also binds."),
    )
    answerable = models.ForeignKey(
        Position,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answerable for carrying it out"),
    )
    catch_all = models.BooleanField(
        _("further work as given by the superior"),
        default=False,
        help_text=_("Printed after the duties; not counted as a duty."),
    )
    duties_by = models.CharField(
        _("duties are grouped by"),
        max_length=12,
        choices=DutyGrouping.choices,
        default=DutyGrouping.CADENCE,
    )
    working_conditions = models.TextField(
        _("working conditions"), blank=True, help_text=_("Place, hours, shifts, equipment, travel.")
    )
    qualities = RichTextField(_("qualities and frame of mind"), blank=True, features=SECTION_FEATURES)
    confidential = models.BooleanField(_("bound to confidentiality"), default=False)
    confidentiality = models.TextField(
        _("confidentiality clause"), blank=True, help_text=_("What must not be passed on, and to whom.")
    )
    legal_clause = RichTextField(_("compliance with the law"), blank=True, features=SECTION_FEATURES)
    training_outline = RichTextField(_("training outline"), blank=True, features=SECTION_FEATURES)
    issuing_company = models.CharField(_("issuing company"), max_length=120, blank=True)
    signatory = _person_field(_("signatory"))
    issue_date = models.DateField(_("date of issue"), null=True, blank=True)
    prepared_by = _person_field(_("prepared by"))
    reviewed_by = _person_field(_("reviewed by"))
    approved_by = _person_field(_("approved by"))

    relations = parts_field("relations")
    staffing = parts_field("staffing")
    duties = parts_field("duties")
    specific_requirements = parts_field("specific_requirements")
    process_steps = parts_field("process_steps")
    work_standards = parts_field("work_standards")
    scripts = parts_field("scripts")
    rights = parts_field("rights")
    authorities = parts_field("authorities")
    accountabilities = parts_field("accountabilities")
    qualifications = parts_field("qualifications")
    conduct_rules = parts_field("conduct_rules")
    scorecard = parts_field("scorecard")
    pay_components = parts_field("pay_components")
    rewards = parts_field("rewards")
    movements = parts_field("movements")
    cautions = parts_field("cautions")
    related_documents = parts_field("related_documents")
    systems = parts_field("systems")
    attachments = parts_field("attachments")
    sections = parts_field("sections")

    archived_at = models.DateTimeField(_("archived at"), null=True, editable=False)
    archived_by_name = models.CharField(_("archived by"), max_length=200, blank=True, editable=False)
    archive_reason = models.TextField(_("reason for archiving"), blank=True, editable=False)
    source = models.ForeignKey(
        ImportedText,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="pages",
        verbose_name=_("imported from"),
    )
    source_start = models.PositiveIntegerField(_("first character"), null=True, editable=False)
    source_end = models.PositiveIntegerField(_("after the last character"), null=True, editable=False)

    history = PublishedHistory(
        excluded_fields=[
            "archive_reason",
            "archived_at",
            "archived_by_name",
            "depth",
            "draft_title",
            "expire_at",
            "expired",
            "go_live_at",
            "has_unpublished_changes",
            "latest_revision",
            "latest_revision_created_at",
            "locked",
            "locked_at",
            "locked_by",
            "numchild",
            "search_description",
            "seo_title",
            "show_in_menus",
            # Rows hold the whole page as ``content``; what is long or a list is not kept a second time.
            *(part.name for part in PARTS),
            "preamble",
            "qualities",
            "legal_clause",
            "training_outline",
        ]
    )

    parent_page_types: ClassVar[list[str]] = ["positions.PositionIndexPage"]
    subpage_types: ClassVar[list[str]] = []
    page_description = _(
        "What a post is there for: duties, authorities, qualifications. Publishing numbers it."
    )
    show_in_menus_default = False
    base_form_class = PositionPageForm
    copy_form_class = PositionCopyForm
    exclude_fields_in_copy: ClassVar[list[str]] = [
        "position",
        "document_number",
        "effective_from",
        "archived_at",
        "archived_by_name",
        "archive_reason",
        "source",
        "source_start",
        "source_end",
    ]

    search_fields = [
        *Page.search_fields,
        *(index.SearchField(name) for name in ("summary", "purpose", "working_conditions", "scope", "motto")),
        *(
            index.SearchField(name)
            for name in ("preamble", "qualities", "confidentiality", "document_number")
        ),
        *(index.SearchField(part.name) for part in PARTS),
        index.RelatedFields(
            "position",
            [index.SearchField("code"), index.SearchField("title"), index.SearchField("title_en")],
        ),
        index.FilterField("archived_at"),
    ]

    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel(
                        "title",
                        classname="title",
                        heading=pgettext_lazy("of a position", "Title"),
                        help_text=_("The name of the post as it stands at the head of the document."),
                    ),
                    FieldPanel("position", icon="user"),
                    FieldPanel("summary", widget=_lines_of(4), icon="openquote"),
                    FieldPanel("purpose", widget=_lines_of(3), icon="info-circle"),
                    MultiFieldPanel(
                        [
                            FieldRowPanel([FieldPanel("unit_kind"), FieldPanel("motto")]),
                            FieldRowPanel([FieldPanel("no_superior"), FieldPanel("no_subordinates")]),
                            FieldPanel("answerable"),
                            FieldPanel("scope", widget=_lines_of(2)),
                            FieldPanel("scope_posts"),
                            FieldPanel("preamble"),
                        ],
                        heading=_("Place in the organisation, scope, preamble"),
                        icon="site",
                        classname="collapsed",
                    ),
                    *_folded("relations", "staffing"),
                ],
                heading=_("Post"),
            ),
            ObjectList(
                [
                    FieldRowPanel([FieldPanel("duties_by"), FieldPanel("catch_all")]),
                    FieldPanel("duties", icon="tasks"),
                    *_folded("specific_requirements", "process_steps", "work_standards", "scripts"),
                ],
                heading=_("Duties"),
            ),
            ObjectList(
                [
                    FieldPanel("authorities", icon="key"),
                    FieldPanel("qualifications", icon="clipboard-list"),
                    FieldPanel("working_conditions", widget=_lines_of(3), icon="desktop"),
                    *_folded("rights", "accountabilities"),
                    FieldPanel("qualities", classname="collapsed"),
                    FieldPanel("sections", icon="title"),
                ],
                heading=_("Requirements and more"),
            ),
            ObjectList(
                [
                    *_folded("conduct_rules", "scorecard", "pay_components", "rewards", "movements"),
                    *_folded("cautions", "related_documents", "systems", "attachments"),
                    MultiFieldPanel(
                        [
                            FieldPanel("confidential"),
                            FieldPanel("confidentiality", widget=_lines_of(3)),
                            FieldPanel("legal_clause"),
                            FieldPanel("training_outline"),
                        ],
                        heading=_("Clauses and training"),
                        icon="lock",
                        classname="collapsed",
                    ),
                ],
                heading=_("Rules"),
            ),
            ObjectList(
                [
                    MultiFieldPanel(
                        [
                            FieldRowPanel([FieldPanel("document_kind"), FieldPanel("document_number")]),
                            FieldRowPanel([FieldPanel("effective_from"), FieldPanel("controlled")]),
                            FieldRowPanel([FieldPanel("prepared_by"), FieldPanel("reviewed_by")]),
                            FieldRowPanel([FieldPanel("approved_by"), FieldPanel("signatory")]),
                            FieldRowPanel([FieldPanel("issuing_company"), FieldPanel("issue_date")]),
                            FieldPanel("edition_label"),
                        ],
                        heading=_("Document control"),
                        icon="doc-full",
                    ),
                    HelpPanel(
                        template="positions/admin/approval_panel.html",
                        heading=_("Approval"),
                        icon="check",
                    ),
                    HelpPanel(
                        template="positions/admin/editions_panel.html",
                        heading=_("Editions"),
                        icon="history",
                    ),
                    HelpPanel(
                        template="positions/admin/source_panel.html",
                        heading=_("Where it came from"),
                        icon="upload",
                    ),
                    CommentPanel(),
                ],
                heading=_("Document"),
            ),
        ]
    )

    class Meta:
        verbose_name = _("position description")
        verbose_name_plural = _("position descriptions")

    # --- identity
    # --------------------------------------------------------------------------------------------

    @property
    def code(self) -> str:
        """Return the code of the position, or nothing while the draft has none."""
        return self.position.code if self.position else ""

    @property
    def document_number_shown(self) -> str:
        """Return the document number, made from the code where none was typed."""
        department = self.position.department.code if self.position else ""
        return self.document_number.strip() or made_number(self.code, department)

    @property
    def editions(self) -> models.QuerySet[Edition]:
        """Return the editions of this description, newest first."""
        return editions_of(Edition.Kind.POSITION, self.code) if self.code else Edition.objects.none()

    @property
    def edition_states(self) -> list[Any]:
        """Return the editions with what has become of each, newest first. One query."""
        # ``queries`` reads this module.
        from backoffice.positions.queries import editions_with_state

        if not self.code:
            return []
        return editions_with_state(self.code, timezone.localdate(), withdrawn=not self.live)[0]

    @property
    def import_passages(self) -> list[Any]:
        """Return the passages of imported files that parts of this description were read from."""
        from backoffice.positions.reviewing.origins import passages_of  # reads this module

        return passages_of(self) if self.pk else []

    @cached_property
    def has_editions(self) -> bool:
        """Whether this description was ever published. Asked of the database, not of the object's draft."""
        stored = PositionPage.objects.filter(pk=self.pk).values_list("position__code", flat=True).first()
        return bool(stored) and editions_of(Edition.Kind.POSITION, stored).exists()

    @property
    def is_archived(self) -> bool:
        """Whether the page is archived."""
        return self.archived_at is not None

    @cached_property
    def approval(self) -> Any:
        """Where the description stands with its approval, for the editor."""
        from backoffice.positions.approval.presentation import standing_of

        return standing_of(self, get_active_log_context().user)

    def effective_on(self, today: datetime.date) -> datetime.date | None:
        """Return the day asked for, if it lies ahead; None means the day of publication."""
        return self.effective_from if self.effective_from and self.effective_from > today else None

    # --- Wagtail
    # ---------------------------------------------------------------------------------------------

    def _set_core_field_defaults(self) -> None:
        """Give the page a slug made of the position's code; a draft without one gets a short random one."""
        wanted = self.code
        if wanted and self.slug != wanted:
            self.slug = wanted
        elif not wanted and not self.slug.startswith("draft-"):
            self.slug = f"draft-{uuid.uuid4().hex[:8]}"
        super()._set_core_field_defaults()

    def clean(self) -> None:
        """Refuse another position for a description that has editions, and a number that is taken."""
        super().clean()
        number = self.document_number.strip()
        taken = PositionPage.objects.filter(document_number=number).exclude(pk=self.pk)
        if number and (other := taken.first()):
            raise ValidationError(
                {"document_number": _("This number is taken by “%(title)s”.") % {"title": other.title}}
            )
        if self.pk and self.has_editions:
            stored = PositionPage.objects.values_list("position_id", flat=True).get(pk=self.pk)
            if stored != self.position_id:
                raise ValidationError(
                    {"position": _("Editions were published for another position; make a new description.")}
                )

    @transaction.atomic
    def save(self, clean: bool = True, user: Any = None, log_action: Any = False, **kwargs: Any) -> Any:
        """Save the row. What is in force is recorded from here (``history``), in the same transaction.

        A new page is never live: only publishing a revision brings a text into force.

        Raises:
            ValidationError: an archived page would go live.
        """
        if self._state.adding and self.live:
            self.live = False
            self.has_unpublished_changes = True
        if self.live and self.is_archived:
            raise ValidationError(_("An archived description cannot be published. Restore it first."))
        return super().save(clean=clean, user=user, log_action=log_action, **kwargs)

    def with_content_json(self, content: dict[str, Any]) -> PositionPage:
        """Return the page with the content of a revision; what is no content stays as it is now."""
        page: PositionPage = super().with_content_json(content)
        for name in ("archived_at", "archived_by_name", "archive_reason"):
            setattr(page, name, getattr(self, name))
        return page

    def publish(self, revision: Any, user: Any = None, **kwargs: Any) -> Any:
        """Publish a revision; page, edition, event, history and log entry are one transaction.

        Without somebody signed in to Wagtail, ``user`` is who published it. Where an approval governs, what was
        approved may be published by whoever decided last, and nothing else by anybody (``approval.door``).
        """
        from backoffice.positions.approval.door import check_into_force

        with transaction.atomic(), acting_as(user or revision.user):
            if check_into_force(revision.as_object()) is not None:
                kwargs["skip_permission_checks"] = True
            return super().publish(revision, user=user, **kwargs)

    def unpublish(
        self, set_expired: bool = False, commit: bool = True, user: Any = None, log_action: Any = True
    ) -> None:
        """Take the page out of force, in one transaction. For ``archiving``; who may was asked there."""
        # Wagtail's actions and models import one another; at app start only the models are ready.
        from wagtail.actions.unpublish_page import UnpublishPageAction

        action = UnpublishPageAction(
            self, set_expired=set_expired, commit=commit, user=user, log_action=log_action
        )
        with transaction.atomic(), acting_as(user):
            action.execute(skip_permission_checks=True)

    def move(self, target: Page, pos: str | None = None, user: Any = None) -> Any:
        """Move the page, in one transaction."""
        with transaction.atomic(), acting_as(user):
            return super().move(target, pos=pos, user=user)

    def permissions_for_user(self, user: Any) -> PositionPermissions:
        """Return what ``user`` may do with the page."""
        return PositionPermissions(user, self)

    def get_lock(self) -> Any:
        """Return the lock of an archived page, otherwise what Wagtail says."""
        return ArchivedLock(self) if self.is_archived else super().get_lock()

    def get_admin_display_title(self) -> str:
        """Return the title as the explorer shows it."""
        title = super().get_admin_display_title()
        return str(_("%(title)s (archived)") % {"title": title}) if self.is_archived else title

    def get_url_parts(self, request: HttpRequest | None = None) -> tuple[int | None, str, str] | None:
        """Return the address of the staff reading page; Wagtail itself serves no page."""
        return staff_address("positions:detail", self.code) if self.code else None

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send the reader to the reading page: the edition in force, never the row of the working copy."""
        return HttpResponseRedirect(reverse("positions:detail", args=[self.code]))

    def serve_preview(self, request: HttpRequest, mode_name: str) -> TemplateResponse:
        """Show the draft on the reading page's template."""
        context = {"sheet": sheet(edition_body(self)), "is_preview": True}
        return TemplateResponse(request, "positions/preview.html", context)


def staff_address(name: str, *args: str) -> tuple[int | None, str, str] | None:
    """Return a staff address as Wagtail wants it, or None where it is not routed."""
    try:
        return (None, settings.BASE_URL, reverse(name, args=args))
    except NoReverseMatch:
        return None


@contextmanager
def acting_as(user: Any) -> Iterator[None]:
    """Name ``user`` to Wagtail's log where nobody is named yet (a program, a command, a test)."""
    if user is None or get_active_log_context().user is not None:
        yield
        return
    with LogContext(user=user):
        yield
