#!/usr/bin/env python
"""Command line of Remit. Both import roots (the repository and ``site/``) are put on the path here."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def main() -> None:
    """Run the command named on the command line."""
    for root in (ROOT / "site", ROOT):
        if str(root) not in sys.path:
            sys.path.insert(0, str(root))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings.dev")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
