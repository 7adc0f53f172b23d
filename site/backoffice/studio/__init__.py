"""Where forms are built: the editor of definitions in the Wagtail admin, for people who write no code."""
