"""Why something about people and posts is not written. Views catch ``OrganisationError`` and show it."""

from __future__ import annotations

from django.utils.translation import gettext as _


class OrganisationError(Exception):
    """Base of the refusals of this room; ``str()`` is a sentence for the person who asked."""


class PersonInactive(OrganisationError):
    """The account is switched off: it can neither hold a position nor deputise."""

    def __init__(self, name: str) -> None:
        super().__init__(_("The account of %(name)s is switched off.") % {"name": name})


class AlreadyHeld(OrganisationError):
    """The person holds this position already on some of these days."""

    def __init__(self, name: str, position: str) -> None:
        super().__init__(
            _("%(name)s already holds the position %(position)s on some of these days.")
            % {"name": name, "position": position}
        )


class DatesReversed(OrganisationError):
    """The last day lies before the first."""

    def __init__(self) -> None:
        super().__init__(_("The last day lies before the first."))


class AlreadyEnded(OrganisationError):
    """The holding, or the deputising, has ended before."""

    def __init__(self) -> None:
        super().__init__(_("This has already ended."))


class AlreadyBegun(OrganisationError):
    """The deputising has begun: it can be ended, no longer called off."""

    def __init__(self) -> None:
        super().__init__(_("This has already begun. End it instead."))


class ReasonMissing(OrganisationError):
    """What was on record is put right only with a reason."""

    def __init__(self) -> None:
        super().__init__(_("Say why: the reason goes on record."))


class DeputyIsPrincipal(OrganisationError):
    """Nobody is their own deputy."""

    def __init__(self) -> None:
        super().__init__(_("Nobody can be their own deputy."))


class DeputyCycle(OrganisationError):
    """The deputy is, on some of these days, deputised for by the very person they would stand in for."""

    def __init__(self, names: str) -> None:
        super().__init__(_("This would go round in a circle: %(names)s.") % {"names": names})


class BindingUnclear(OrganisationError):
    """A role is bound to exactly one of position, group and relation."""

    def __init__(self) -> None:
        super().__init__(_("Choose one of position, group and relation."))


class DepartmentLoop(OrganisationError):
    """A department would be part of itself."""

    def __init__(self) -> None:
        super().__init__(_("A department cannot be part of itself."))


class CodeReserved(OrganisationError):
    """A position would be called by a word that means something else in addresses."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _("“%(code)s” is an address of the system. Give the position another code.") % {"code": code}
        )


class SuperiorLoop(OrganisationError):
    """A position would report to itself."""

    def __init__(self) -> None:
        super().__init__(_("A position cannot report to itself, not even by way of others."))
