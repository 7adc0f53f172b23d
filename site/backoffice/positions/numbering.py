"""The scheme of document numbers: what a description is called where nobody typed a number of its own."""

from __future__ import annotations

from django.conf import settings


def made_number(code: str, department: str = "") -> str:
    """Return the number made by the scheme ``POSITION_DOCUMENT_NUMBER``; nothing for a draft without a post.

    The scheme is a text with ``{code}`` and ``{department}``; it has to hold ``{code}``, which makes it
    different for every post.
    """
    if not code:
        return ""
    return str(settings.POSITION_DOCUMENT_NUMBER).format(code=code.upper(), department=department.upper())
