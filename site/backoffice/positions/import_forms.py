"""The forms of the import: the file, and one form for each unit of the review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import validate_slug
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.positions.import_differences import Again, Known
from backoffice.positions.importing import LARGEST, LARGEST_ARCHIVE, Unit
from backoffice.positions.imports import Decision, free_code
from foundation.organisation.codes import check_code
from foundation.organisation.exceptions import CodeReserved
from foundation.organisation.models import Department, Position

LATER, NEW, AGAIN = "", "new", "again"
MOST_FILES = 50


class ManyFilesInput(forms.FileInput):
    """A file input that takes several files at once."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files; each is checked like one."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Return the files."""
        files = data if isinstance(data, (list, tuple)) else [data]
        return [super(ManyFilesField, self).clean(file, initial) for file in files or [None]]


class UploadForm(forms.Form):
    """The files to read. What they are is told by their content, when they are read."""

    file = ManyFilesField(
        label=gettext_lazy("Files"),
        help_text=gettext_lazy(
            "Word (.docx), plain text (.txt) or a zip of them; several files may be chosen at once. A document "
            "may be up to 5 MB and hold many descriptions, a zip up to 20 MB."
        ),
        widget=ManyFilesInput(attrs={"accept": ".docx,.txt,.zip"}),
        allow_empty_file=True,  # the reader names the file that is empty
    )

    def clean_file(self) -> list[Any]:
        """Refuse by number, name and size before anything is read."""
        files = self.cleaned_data["file"]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(
                _("Choose at most %(number)s files at once, or put them into a zip.") % {"number": MOST_FILES}
            )
        for file in files:
            zipped = file.name.lower().endswith(".zip")
            if not file.name.lower().endswith((".txt", ".docx", ".docm", ".doc", ".zip")):
                raise forms.ValidationError(
                    _("“%(name)s” is neither Word (.docx) nor plain text (.txt).") % {"name": file.name}
                )
            limit = LARGEST_ARCHIVE if zipped else LARGEST
            if file.size > limit:
                raise forms.ValidationError(
                    _("“%(name)s” is larger than %(limit)s MB. Split it and import the parts.")
                    % {"name": file.name, "limit": limit // 1024 // 1024}
                )
        if sum(file.size for file in files) > LARGEST_ARCHIVE:
            raise forms.ValidationError(
                _("The files are larger than %(limit)s MB together. Import them in parts.")
                % {"limit": LARGEST_ARCHIVE // 1024 // 1024}
            )
        return list(files)


class UnitForm(forms.Form):
    """HR's decision about one unit."""

    take = forms.BooleanField(required=False, label=gettext_lazy("Take over"))
    title = forms.CharField(
        required=False,
        max_length=255,
        label=gettext_lazy("Title"),
        widget=forms.TextInput(attrs={"maxlength": 255}),
    )
    position = forms.ChoiceField(required=False, label=gettext_lazy("Post"))
    code = forms.CharField(
        required=False, max_length=40, label=gettext_lazy("Code of the new post"), widget=forms.TextInput()
    )
    department = forms.ModelChoiceField(
        Department.objects.none(), required=False, label=gettext_lazy("Department of the new post")
    )
    dropped = forms.MultipleChoiceField(required=False)

    def __init__(
        self, *args: Any, unit: Unit, choices: Choices, known: Known | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.unit = unit
        self.choices = choices
        self.known = known
        again = [(AGAIN, _("Put the changes into the draft taken before"))] if known else []
        self.fields["position"].choices = [*again, *choices.posts]
        self.fields["department"].queryset = choices.departments
        self.fields["department"].choices = choices.department_rows
        self.fields["dropped"].choices = [
            (f"{letter}{part.source[0]}", "")
            for letter, parts in (
                ("d", unit.duties),
                ("q", unit.qualifications),
                ("r", unit.rows),
                ("s", unit.sections),
            )
            for part in parts
        ]

    @property
    def dropped_now(self) -> frozenset[str]:
        """Return the parts crossed out, as typed; also while the form has faults."""
        if not self.is_bound:
            return frozenset(self.initial.get("dropped", ()))
        return frozenset(self.data.getlist(self.add_prefix("dropped")))

    @property
    def taken_now(self) -> bool:
        """Return whether the unit is ticked, as typed."""
        return bool(self["take"].value())

    def clean(self) -> dict[str, Any]:
        """Ask for what a taken unit needs; an unticked one may be anything."""
        values = super().clean() or {}
        if not values.get("take"):
            self._errors.clear()
            return values
        if not (values.get("title") or "").strip():
            self.add_error("title", _("Give the description a title."))
        if values.get("position") == NEW:
            code = (values.get("code") or "").strip()
            if not code:
                self.add_error("code", _("Give the new post a code."))
            else:
                try:
                    validate_slug(code)
                except forms.ValidationError as fault:
                    self.add_error("code", fault)
                if code in self.choices.codes:
                    self.add_error("code", _("The code %(code)s is taken.") % {"code": code})
                try:
                    check_code(code)
                except CodeReserved as refused:
                    self.add_error("code", str(refused))
            if not values.get("department") and "department" not in self.errors:
                self.add_error("department", _("Choose the department of the new post."))
        return values

    def decision(self, index: int) -> Decision:
        """Return the decision; only after ``is_valid``."""
        values = self.cleaned_data
        chosen = values["position"]
        new = chosen == NEW
        return Decision(
            index=index,
            unit=self.unit,
            known=self.known if chosen == AGAIN else None,
            title=values["title"].strip(),
            position=self.choices.by_pk[chosen] if chosen not in (LATER, NEW, AGAIN) else None,
            new_code=values["code"].strip() if new else "",
            department=values["department"] if new else None,
            dropped=frozenset(values["dropped"]),
        )


class Choices:
    """Posts and departments to choose from, asked once for all units of a review."""

    def __init__(self) -> None:
        free = list(
            Position.objects.filter(page__isnull=True)
            .select_related("department")
            .order_by("department__order", "code")
        )
        self.by_pk = {str(post.pk): post for post in free}
        self.by_title = {post.title: str(post.pk) for post in free}
        self.posts = [
            (LATER, _("Decide later, in the draft")),
            (NEW, _("A new post")),
            (
                _("Posts without a description"),
                [(str(post.pk), f"{post} · {post.department}") for post in free],
            ),
        ]
        self.codes = set(Position.objects.values_list("code", flat=True))
        self.departments = Department.objects.all()
        rows = list(self.departments)
        self.department_by_name = {department.name: department.pk for department in rows}
        self.department_rows = [("", "—"), *((department.pk, str(department)) for department in rows)]


def unit_forms(
    arranged: Sequence[tuple[str, Unit]],
    again: Again,
    data: QueryDict | None = None,
    *,
    typed: QueryDict | None = None,
) -> list[UnitForm]:
    """Return one form for each unit.

    With ``data`` bound to it. With ``typed`` filled with what was typed so far, and with what the text
    proposes where nothing was: after units were joined or cut, nothing is judged yet.
    """
    choices = Choices()
    proposed = set(choices.codes)
    forms_ = []
    for number, (key, unit) in enumerate(arranged):
        known = again.known.get(number)
        initial: dict[str, Any] = {
            "take": unit.kind == "position" and bool(unit.title) and bool(unit.duties),
            "title": unit.title,
            "position": choices.by_title.get(unit.title, LATER),
            "code": free_code(proposed),
            "department": choices.department_by_name.get(unit.department),
        }
        if known:
            initial |= {"take": not known.same, "position": AGAIN, "title": title_again(known, unit)}
        if typed is not None:
            initial |= _typed(key, unit, typed)
        form = UnitForm(data, prefix=key, initial=initial, unit=unit, choices=choices, known=known)
        forms_.append(form)
    return forms_


def title_again(known: Known, unit: Unit) -> str:
    """Return the title of the draft, or the file's new one where nobody gave the draft another."""
    kept = known.page.draft_title != known.before.title
    return known.page.draft_title if kept or not unit.title else unit.title


def _typed(key: str, unit: Unit, typed: QueryDict) -> dict[str, Any]:
    """Return what was typed for the unit ``key``. Crossed-out parts stay so wherever they have moved."""
    crossed = {part for name in typed if name.endswith("-dropped") for part in typed.getlist(name)}
    values: dict[str, Any] = {"dropped": sorted(crossed)}
    if f"{key}-title" in typed:
        values["take"] = f"{key}-take" in typed
        for name in ("title", "position", "code", "department"):
            values[name] = typed.get(f"{key}-{name}", "")
        values["title"] = values["title"] or unit.title
    elif "s" in key:  # just split off: HR wants it
        values["take"] = True
    return values


def check_together(forms_: list[UnitForm]) -> bool:
    """Refuse the same post or the same new code in two units; return whether all is well."""
    seen: dict[str, int] = {}
    fine = True
    for number, form in enumerate(forms_):
        values = form.cleaned_data
        if not values.get("take"):
            continue
        chosen = values["position"]
        key = f"code {values['code'].strip()}" if chosen == NEW else chosen
        if key in (LATER, AGAIN):
            continue
        if key in seen:
            form.add_error(
                "code" if chosen == NEW else "position",
                _("Unit %(number)s takes the same post.") % {"number": seen[key] + 1},
            )
            fine = False
        seen.setdefault(key, number)
    return fine
