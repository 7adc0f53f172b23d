"""What the importer refuses. The screen and the command catch ``ImportRefused`` and show its sentence."""


class ImportRefused(Exception):
    """A file that cannot be read; ``str()`` is a translated sentence for the person who chose it."""
