"""A signature drawn on the screen with finger, pen or mouse; or the typed name, confirmed, for whoever cannot draw.

Either way it is stored as a picture of its own (``forms.files``). Posts the key of the picture; without script, or
with the keyboard alone, the parts ``name`` and ``confirm``, of which ``forms.files.services.sign`` makes one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from forms.fields.base import FieldFault, Found, Stored, clean_text, parts_of
from forms.fields.files import MEGABYTE, FilesKind, FilesOptions, words_in
from forms.files.references import Taken
from foundation.editions.texts import LocalizedText
from foundation.expressions import Kind

LONGEST_NAME = 40


class SignatureOptions(FilesOptions):
    """What is signed."""

    statement: LocalizedText | None = Field(
        default=None, description="What one declares by signing, shown above the signature."
    )

    def taken(self) -> Taken:
        """Return what is taken."""
        return Taken(("image",), 2 * MEGABYTE, 1, "signature", 1600)


class SignatureField(FilesKind[SignatureOptions]):
    """A signature."""

    key = "signature"
    name = _("Signature")
    missing = _("Sign in the field, or type the name and confirm it.")
    template = "signature"
    expression = Kind.YES_NO
    options_model = SignatureOptions

    def parse(self, typed: Sequence[str], options: SignatureOptions) -> Stored | None:
        found = super().parse(typed, options)
        if isinstance(found, list):
            return found[-1:]  # drawn again: the last one counts
        if typed_name(typed):
            raise FieldFault(_("Tick the box to confirm that the typed name is the signature."))
        return None

    def kept(self, found: Found, options: SignatureOptions) -> dict[str, Any]:
        """Return the signature as it is stored, with how it was made."""
        return {
            **super().kept(found, options),
            "way": found.values["origin"],
            "signer": found.values["signer"],
        }

    def in_expression(self, value: Any) -> Any:
        return bool(value)

    def display(self, value: Any, options: SignatureOptions, language: str) -> str:
        (item,) = value
        if item.get("way") == "typed":
            return words_in(language, _("Signed with the typed name %(name)s")) % {
                "name": item.get("signer", "")
            }
        return words_in(language, _("Signed on the screen"))


def typed_name(typed: Sequence[str]) -> str:
    """Return the name that was typed as a signature; empty for none."""
    return clean_text(next(iter(parts_of(typed).get("name", ())), ""), lines=False)[:LONGEST_NAME]


def confirmed_name(typed: Sequence[str]) -> str:
    """Return the name that was typed and confirmed as a signature."""
    return typed_name(typed) if "yes" in parts_of(typed).get("confirm", ()) else ""


KIND = SignatureField()
