"""The library: wording that several descriptions share, kept once, in versions.

An item is one thing of a repeatable part (a duty, a qualification …; ``parts.Part.library``). Publishing it
writes an edition (``Edition.Kind.LIBRARY``), whose number is the version. A row of a description that was taken
from an item says so in its column ``library`` as ``<key>@<version>``; it keeps its own id and its own words, and
nothing changes in it by itself.

=============  ===============================================================================================
``models``     items, and the index of where they are used
``links``      the reference in a row, and what has become of it
``wording``    what an item says, and whether two say the same
``items``      the one door for items: make, change, publish, retire, restore
``drafts``     the one door for rows of drafts: insert, take over a version, link
``uses``       writes the index of uses; ``queries`` reads it
``work``       taking over in many descriptions, in the worker
``similar``    proposes items: wording that occurs (nearly) alike in several descriptions
``hooks``      what listens (``connect()``); ``admin`` what Wagtail's admin shows of it (``register()``)
``views``      HR's screens; ``editor`` the endpoints of the editor's script
=============  ===============================================================================================
"""
