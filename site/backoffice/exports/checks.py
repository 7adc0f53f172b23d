"""Start-up checks: tell the operator what documents need."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, register
from django.core.checks import Warning as Notice

from backoffice.exports import libraries


@register()
def pdf_libraries(**kwargs: Any) -> list[CheckMessage]:
    """Warn when WeasyPrint's system libraries are missing."""
    if packages := libraries.missing():
        return [
            Notice(
                f"PDF documents cannot be made: {', '.join(packages)} missing.",
                hint=f"As root: {libraries.INSTALL}",
                id="exports.W001",
            )
        ]
    if packages := libraries.missing_for_speed():
        return [
            Notice(
                f"PDF documents are made slowly: {', '.join(packages)} missing.",
                hint=f"As root: {libraries.INSTALL}",
                id="exports.W002",
            )
        ]
    return []
