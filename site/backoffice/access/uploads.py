"""How much one request may bring: what is more is not written to the disk, and the view is told."""

from __future__ import annotations

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class Ceiling(FileUploadHandler):
    """Stands before the handlers that keep files; beyond ``UPLOAD_CEILING`` bytes it lets nothing through.

    The request then has ``too_large`` set, and the file that was too much is not among its files.
    """

    received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass a chunk on, or leave the file it belongs to out."""
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_CEILING:
            self.request.too_large = True  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Keep nothing here: the next handler does."""
