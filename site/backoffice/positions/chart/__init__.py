"""The organisation chart, drawn from positions and holdings as of any day.

``structure`` reads the posts of a day and says who stands below whom; ``layout`` (pure) finds a place for each
card; ``drawing`` writes the SVG that the screen, the downloads and the booklet show; ``sheets`` cuts it into
pages, ``document`` prints them; ``outline`` is the same tree as nested lists; ``views`` are the screens.

What a chart shows of a day stands in ``structure``.
"""
