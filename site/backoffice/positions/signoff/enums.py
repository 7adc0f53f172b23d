"""The closed vocabularies of signing off. Stored words are short and stable; labels are translated."""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy


class SignOffState(models.TextChoices):
    """How a request stands.

    ``open``: the holder's turn. The rest is final: ``signed`` and ``refused`` by the holder, ``lapsed`` when the
    edition was replaced or withdrawn, ``cancelled`` when the holding ended or the account was closed.
    """

    OPEN = "open", pgettext_lazy("sign-off", "to be signed")
    SIGNED = "signed", pgettext_lazy("sign-off", "signed")
    REFUSED = "refused", pgettext_lazy("sign-off", "refused")
    LAPSED = "lapsed", pgettext_lazy("sign-off", "lapsed")
    CANCELLED = "cancelled", pgettext_lazy("sign-off", "cancelled")


ANSWERED = frozenset({SignOffState.SIGNED.value, SignOffState.REFUSED.value})
TONES = {
    SignOffState.OPEN.value: "open",
    SignOffState.SIGNED.value: "done",
    SignOffState.REFUSED.value: "refused",
    SignOffState.LAPSED.value: "ended",
    SignOffState.CANCELLED.value: "ended",
}


class WhyAsked(models.TextChoices):
    """Why a holder is asked."""

    NEW_EDITION = "new_edition", pgettext_lazy("asked because of", "a new edition")
    NEW_HOLDER = "new_holder", pgettext_lazy("asked because of", "a new holding")
    EXPIRED = "expired", pgettext_lazy("asked because of", "an expired signature")
    ASKED_AGAIN = "asked_again", pgettext_lazy("asked because of", "a request of HR")


class WhyEnded(models.TextChoices):
    """Why a request ended without an answer."""

    NEWER_EDITION = "newer_edition", pgettext_lazy("ended because", "A newer edition replaced this one.")
    WITHDRAWN = "withdrawn", pgettext_lazy("ended because", "The description was withdrawn.")
    HOLDING_ENDED = "holding_ended", pgettext_lazy("ended because", "The holding ended.")
    ACCOUNT_CLOSED = "account_closed", pgettext_lazy("ended because", "The account was switched off.")
