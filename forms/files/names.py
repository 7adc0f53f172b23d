"""What a file is called: the name it came with, without what could deceive a reader or leave its folder."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])$", re.IGNORECASE)
_SIGNS = re.compile(r'[<>:"|?*;]')
_SPACES = re.compile(r"\s+")
_ENDINGS = re.compile(
    "jpe?g?|jfif|png|gif|webp|hei[cf]|avif|bmp|tiff?|svg|pdf|do[ct][xm]?|xls[xmb]?|csv|txt|zip|rar|7z|exe|scr|com|bat|cmd"
    "|js|vbs|ps1|msi|jar|html?|mht|php|aspx?|jsp|sh|py|lnk|hta|apk|dll|pif"
)
"""Endings that say what a file is; others are part of a name (``Angebot.Nr5``)."""
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")


def clean_name(given: str, suffix: str) -> str:
    """Return ``given`` composed (NFC), without path, control and direction characters, ending in ``suffix``.

    The ending always says what the content is; a name of which nothing is left becomes ``file``.
    """
    name = unicodedata.normalize("NFC", given.encode("utf-8", "ignore").decode("utf-8"))
    name = re.split(r"[/\\]", name)[-1]
    # Cc, Cf, Co, Cs, Cn: controls, bidi marks, joiners, private and unassigned; Zl, Zp: line separators.
    name = "".join(each for each in name if unicodedata.category(each)[0] != "C" or each in "\t\n\r")
    name = _SPACES.sub(" ", _SIGNS.sub("_", name)).strip(" .")
    while (found := _ENDING.search(name)) and (stem := name[: found.start()].rstrip(" .")):
        ending = found[0][1:].lower()
        if ending == suffix or _ENDINGS.fullmatch(ending):
            name = stem
        if ending == suffix or not _ENDINGS.fullmatch(ending):
            break
    name = name or "file"
    if _RESERVED.match(name.partition(".")[0].strip()):
        name = f"_{name}"
    return f"{name[: LONGEST - len(suffix) - 1].rstrip(' .')}.{suffix}"
