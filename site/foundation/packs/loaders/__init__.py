"""The loaders of this room (``organisation``, ``roles``), and ``EditionLoader`` for whatever is published."""

from foundation.packs.loaders.editions import EditionLoader

__all__ = ["EditionLoader"]
