"""Photos: taken with the camera of a phone, or chosen. Always drawn anew, never larger than is needed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from forms.fields.files import MEGABYTE, FilesKind, FilesOptions
from forms.files.references import Taken

LARGEST = 40 * MEGABYTE
"""What a phone may send; what is kept is a fraction of it."""


class PhotoOptions(FilesOptions):
    """How many photos, how large."""

    most: int = Field(default=6, ge=1, le=50, description="How many photos at most.")
    edge: int = Field(default=2400, ge=800, le=6000, description="Longest edge in pixels of what is kept.")
    camera_only: bool = Field(
        default=False, description="On a phone, only photos taken now; elsewhere it cannot be enforced."
    )

    def taken(self) -> Taken:
        """Return what is taken."""
        return Taken(("image",), LARGEST, self.most, "photo", self.edge)


class PhotoField(FilesKind[PhotoOptions]):
    """Photos."""

    key = "photo"
    name = _("Photos")
    missing = _("Take or choose a photo.")
    template = "photo"
    options_model = PhotoOptions


KIND = PhotoField()
