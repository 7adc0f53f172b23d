"""What meets a person: screens, Wagtail, HTTP, and the wiring of the whole product.

One folder per subject. The screen folders (``positions``, ``intake``, ``casework``, ``auditing``) do not
import one another; ``access`` (who may open what) and ``exports`` (PDF) stand below them.
"""
