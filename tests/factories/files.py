"""Files for tests: contents made on the spot, and files kept through the services."""

from __future__ import annotations

import io
import uuid
import zipfile
from typing import Any

import docx
import openpyxl
import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from forms.files import services
from forms.files.models import StoredFile
from forms.models import Draft, PublicDraft
from foundation.organisation.models import User


def picture(form: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    """Return a picture."""
    data = io.BytesIO()
    Image.new(mode, size, "steelblue" if mode != "1" else 1).save(data, form, **options)
    return data.getvalue()


def drawn(size: tuple[int, int] = (600, 200), *, strokes: bool = True) -> bytes:
    """Return what a canvas gives of a signature: strokes on nothing, as PNG."""
    sheet = Image.new("RGBA", size, (0, 0, 0, 0))
    if strokes:
        ImageDraw.Draw(sheet).line(
            [(40, 150), (140, 40), (240, 150), (420, 60)], fill=(20, 30, 60, 255), width=6
        )
    data = io.BytesIO()
    sheet.save(data, "PNG")
    return data.getvalue()


def pdf(pages: int = 1) -> bytes:
    """Return a PDF of empty pages."""
    document = pikepdf.new()
    for _number in range(pages):
        document.add_blank_page()
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def word(text: str = "正文") -> bytes:
    """Return a Word document."""
    document = docx.Document()
    document.add_paragraph(text)
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def excel() -> bytes:
    """Return an Excel workbook."""
    book = openpyxl.Workbook()
    book.active["A1"] = "数量"
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def zipped(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of these entries."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return data.getvalue()


def upload(content: bytes | None = None, name: str = "照片.jpg") -> SimpleUploadedFile:
    """Return a file as it arrives."""
    return SimpleUploadedFile(name, picture() if content is None else content)


def make_file(
    draft: Draft | uuid.UUID,
    by: User | PublicDraft,
    field: str = "photos",
    content: bytes | None = None,
    name: str = "照片.jpg",
) -> StoredFile:
    """Keep a file for a field of a draft."""
    key = draft if isinstance(draft, uuid.UUID) else draft.uuid
    return services.store(draft=key, field=field, upload=upload(content, name), by=by)
