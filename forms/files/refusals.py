"""Why a file is not taken, in sentences that say what to do. ``opening`` answers with codes, which are told here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from forms.exceptions import FormError


class FileRefused(FormError):
    """A file that is not taken; nothing of it is kept. ``code`` is for programs, ``str()`` for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def refusal(name: str, told: Mapping[str, Any]) -> FileRefused:
    """Return the refusal of the file called ``name``; ``told`` is the answer of ``opening``."""
    code = str(told["refused"])
    return FileRefused(code, _sentence(code, name, told))


def kind_name(kind: str) -> str:
    """Return what people call a kind of file."""
    names = {
        "image": _("picture"),
        "pdf": "PDF",
        "docx": _("Word document (.docx)"),
        "xlsx": _("Excel workbook (.xlsx)"),
        "txt": _("plain text (.txt)"),
        "csv": _("table of plain text (.csv)"),
        "zip": _("ZIP archive"),
    }
    return names.get(kind, f".{kind}")


def kind_names(kinds: Sequence[str]) -> str:
    """Return kinds as people list them."""
    return pgettext("between items of a list", ", ").join(kind_name(kind) for kind in kinds)


def size_text(size: int) -> str:
    """Return a size in bytes as people read it."""
    if size < 1024:
        return f"{size} B"
    if size < 1024 * 1024:
        return f"{size / 1024:.0f} KB"
    return f"{size / 1024 / 1024:.1f}".removesuffix(".0") + " MB"


def _sentence(code: str, name: str, told: Mapping[str, Any]) -> str:
    named = {"name": name}
    match code:
        case "empty":
            return _("“%(name)s” is empty. Choose the file again once it has been saved.") % named
        case "too_large":
            most = size_text(int(told["most"]))
            return _("“%(name)s” is larger than %(most)s. Make it smaller and choose it again.") % {
                **named,
                "most": most,
            }
        case "not_allowed":
            return _("“%(name)s” is a %(found)s. Taken here: %(allowed)s.") % {
                **named,
                "found": kind_name(str(told["found"])),
                "allowed": kind_names(told["allowed"]),
            }
        case "unknown":
            return _("“%(name)s” is of a kind that is not taken. Save it as PDF and choose that.") % named
        case "program":
            return _("“%(name)s” is a program. Programs are not taken.") % named
        case "markup":
            return (
                _("“%(name)s” holds the markup of a web page. Save it as PDF or plain text and choose that.")
                % named
            )
        case "old_office":
            return _("“%(name)s” is an old Office file. Save it as .docx or .xlsx and choose that.") % named
        case "locked":
            return (
                _("“%(name)s” is locked with a password. Remove the password and choose the file again.")
                % named
            )
        case "macros":
            return (
                _("“%(name)s” contains macros. Save it without macros (.docx, .xlsx) and choose that.")
                % named
            )
        case "active_office" | "objects" | "fetches" | "nested":
            return (
                _(
                    "“%(name)s” carries other files or fetches something when opened. Save it as PDF and choose that."
                )
                % named
            )
        case "active_pdf":
            return (
                _("“%(name)s” runs scripts or carries other files. Print it to a new PDF and choose that.")
                % named
            )
        case "formulas":
            return (
                _("“%(name)s” holds formulas. Save the table with its values only and choose that.") % named
            )
        case "too_many_pixels":
            return _(
                "“%(name)s” is %(width)s × %(height)s pixels; in this format %(most)s million are taken. Save it as an"
                " ordinary JPEG, or make the picture smaller."
            ) % {
                **named,
                "width": told["width"],
                "height": told["height"],
                "most": int(told["most"]) // 1_000_000,
            }
        case "pixels":
            return _(
                "“%(name)s” is %(width)s × %(height)s pixels, more than is taken. Make the picture smaller."
            ) % {**named, "width": told["width"], "height": told["height"]}
        case "blank":
            return _("Nothing was drawn. Sign in the field, or type the name.")
        case "infected":
            return _(
                "“%(name)s” contains a virus (%(threat)s) and was not kept. Tell your administrator."
            ) % {
                **named,
                "threat": told["threat"],
            }
        case "too_many":
            return _("There are too many files already (%(most)s). Remove one first.") % {
                "most": told["most"]
            }
        case "quota":
            return _(
                "You have uploaded very many files to forms you have not submitted. "
                "Submit the forms or throw the drafts away first."
            )
        case "scanner":
            return (
                _("“%(name)s” could not be checked for viruses and was not kept. Try again in a few minutes.")
                % named
            )
        case "storage":
            return (
                _("“%(name)s” could not be kept just now. Nothing else is lost; try again in a few minutes.")
                % named
            )
        case "bomb" | "paths" | "declarations" | "two_in_one":
            return _("“%(name)s” is damaged or was made to do harm. Save it as PDF and choose that.") % named
        case _:
            return (
                _("“%(name)s” is damaged and cannot be opened. Open it, save it again and choose that.")
                % named
            )
