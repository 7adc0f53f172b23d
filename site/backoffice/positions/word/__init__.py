"""Position descriptions as Word documents that come back: an edition is written so that whatever is edited in
Word can be told from what was not.

``writing`` turns an edition into a file, ``reading`` a file into what it says now, ``changes`` says what that is
otherwise than the edition, and puts it into the draft. Why it is done so: ``docs/decisions``, "Word
documents that come back".
"""
