"""Documents that leave the house: PDF now, DOCX beside it later. The only user of WeasyPrint.

Other rooms use ``documents`` (a document of an edition) and ``libraries`` (can this machine make PDFs?).
``pdf`` turns HTML into PDF bytes in a child process; WeasyPrint is never imported by a web process.
"""
