"""One file or several, of the kinds that are allowed. What a file is, is said by its content."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from forms.fields.files import CHOOSE, MEGABYTE, FilesKind, FilesOptions
from forms.files.references import Taken


class FileOptions(FilesOptions):
    """Which files are taken, how many, how large."""

    kinds: list[Literal["image", "pdf", "docx", "xlsx", "txt", "csv", "zip"]] = Field(
        default_factory=lambda: ["image", "pdf", "docx", "xlsx"],  # type: ignore[arg-type]
        min_length=1,
        description="What may be given; decided by the content of a file, never by its name.",
    )
    most: int = Field(default=5, ge=1, le=50, description="How many files at most.")
    largest: int = Field(default=20, ge=1, le=50, description="Megabytes of one file at most.")

    def taken(self) -> Taken:
        """Return what is taken."""
        return Taken(tuple(self.kinds), self.largest * MEGABYTE, self.most)


class FileField(FilesKind[FileOptions]):
    """Files."""

    key = "file"
    name = _("Files")
    missing = CHOOSE
    template = "file"
    options_model = FileOptions


KIND = FileField()
