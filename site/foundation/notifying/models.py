"""What was said to whom, what went out of the house for it, and what people and the house want.

``services.tell`` writes an ``Announcement`` and a ``Notification`` for each person in the transaction that causes them;
``passing_on`` makes a ``Delivery`` of each after the commit. Rows go after a while (``keeping``): they are no record.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from foundation.notifying.enums import Channel, Pace, Quiet


class Announcement(models.Model):
    """One thing said about one matter, to one or many. Its id follows from its key: said again, it is the same row."""

    id = models.UUIDField(primary_key=True, editable=False)
    key = models.CharField(_("key"), max_length=160)
    kind = models.CharField(_("kind"), max_length=60)
    matter_kind = models.CharField(_("kind of matter"), max_length=30)
    matter_id = models.CharField(_("matter"), max_length=64)
    path = models.CharField(_("address"), max_length=300)
    number = models.CharField(_("number"), max_length=60, blank=True)
    title = models.JSONField(_("title"), default=str, blank=True)
    fields = models.JSONField(_("fields"), default=dict)
    subject = models.JSONField(_("subject"), default=dict, blank=True)
    text = models.JSONField(_("text"), default=dict, blank=True)
    workflow = models.CharField(pgettext_lazy("of cases", "workflow"), max_length=40, blank=True)
    roles = models.JSONField(_("roles"), default=list, blank=True)
    urgent = models.BooleanField(_("urgent"), default=False)
    robots = models.BooleanField(_("robots may tell it"), default=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")

    def __str__(self) -> str:
        return self.key


class Notification(models.Model):
    """One person was told one thing. ``passed_on_at``: when it was decided what goes out of the house for it."""

    id = models.UUIDField(primary_key=True, editable=False)
    announcement = models.ForeignKey(
        Announcement, models.CASCADE, related_name="notifications", verbose_name=_("announcement")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="notifications", verbose_name=_("person")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    passed_on_at = models.DateTimeField(_("passed on at"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        indexes = [
            models.Index(fields=["person", "-created_at", "-id"], name="notification_by_person"),
            models.Index(fields=["person"], condition=Q(read_at__isnull=True), name="notification_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id} {self.person_id}"


class Reception(models.Model):
    """How a person wants to be mailed, or, without a person, how the house does it. Written by ``preferences``.

    ``paces``: topic → pace; a topic that is missing goes as the house does it. ``quiet`` empty: as the house does it.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="reception",
        verbose_name=_("person"),
    )
    house = models.BooleanField(_("of the house"), default=False)
    paces = models.JSONField(_("pace by topic"), default=dict, blank=True)
    quiet = models.CharField(_("quiet time"), max_length=10, choices=Quiet.choices, blank=True)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    calendar = models.CharField(_("calendar"), max_length=40, blank=True)
    daily_at = models.TimeField(_("daily mail at"), null=True, blank=True)

    class Meta:
        verbose_name = _("reception")
        verbose_name_plural = _("receptions")
        constraints = [
            models.UniqueConstraint(fields=["house"], condition=Q(house=True), name="reception_one_house"),
            models.CheckConstraint(
                condition=Q(house=True, person__isnull=True) | Q(house=False, person__isnull=False),
                name="reception_of_person_or_house",
            ),
        ]

    def __str__(self) -> str:
        return str(self.person or _("the house"))


class Wording(models.Model):
    """The house's own words for one kind in one language; without a row, ours. Written by ``house_words``."""

    kind = models.CharField(_("kind"), max_length=60)
    language = models.CharField(_("language"), max_length=12)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"))
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    class Meta:
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        constraints = [models.UniqueConstraint(fields=["kind", "language"], name="wording_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.language}"


class Robot(models.Model):
    """A robot of a group chat. Its address is a secret (whoever has it can write there), so it is stored sealed.

    It tells what fits all three lists; an empty list: everything. ``sent_at``: its last messages, for its limit.
    ``shows_text``: also what the announcement is about and its text, for groups whose members may all read that.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    service = models.CharField(_("service"), max_length=20)
    address = models.BinaryField(_("address"))
    shown_address = models.CharField(_("address"), max_length=120)
    secret = models.BinaryField(_("secret"), default=bytes, blank=True)
    language = models.CharField(_("language"), max_length=12)
    topics = models.JSONField(_("topics"), default=list, blank=True)
    workflows = models.JSONField(pgettext_lazy("of cases", "workflows"), default=list, blank=True)
    roles = models.JSONField(_("roles"), default=list, blank=True)
    shows_text = models.BooleanField(_("tells the text too"), default=False)
    active = models.BooleanField(_("in use"), default=True)
    sent_at = models.JSONField(_("last messages"), default=list, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("robot")
        verbose_name_plural = _("robots")

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One announcement on its way to one person by mail, or to one robot.

    ``message`` is the effect that brings it about; several deliveries of one digest share one. Without a message it
    waits until ``due_at``, or was left out for the ``reason`` given.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    announcement = models.ForeignKey(
        Announcement, models.CASCADE, related_name="deliveries", verbose_name=_("announcement")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
    )
    robot = models.ForeignKey(
        Robot, models.CASCADE, null=True, blank=True, related_name="deliveries", verbose_name=_("robot")
    )
    pace = models.CharField(_("pace"), max_length=10, choices=Pace.choices, default=Pace.AT_ONCE)
    due_at = models.DateTimeField(_("not before"))
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    message = models.ForeignKey(
        "outbox.Message", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("effect")
    )
    reason = models.CharField(_("left out because"), max_length=200, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["announcement", "person"],
                condition=Q(person__isnull=False),
                name="delivery_mail_once",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="delivery_by_time"),
            models.Index(
                fields=["due_at"], condition=Q(message__isnull=True, reason=""), name="delivery_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id} {self.channel}"
