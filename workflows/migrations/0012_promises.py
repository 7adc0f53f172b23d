"""Promises: what somebody of the house has promised somebody about a case, and what became of it."""

import uuid

import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import foundation.audit.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("editions", "0003_report_kind"),
        ("workflows", "0011_lists_and_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Promise",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "stream",
                    models.CharField(editable=False, max_length=120, unique=True, verbose_name="stream"),
                ),
                ("version", models.PositiveIntegerField(editable=False, verbose_name="version")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("clock", models.CharField(blank=True, max_length=40, verbose_name="clock")),
                ("what", models.CharField(blank=True, max_length=300, verbose_name="what is promised")),
                ("to_whom", models.CharField(blank=True, max_length=120, verbose_name="to whom")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="made at")),
                (
                    "made_step",
                    models.CharField(blank=True, max_length=40, verbose_name="step it was made with"),
                ),
                ("due_at", models.DateTimeField(verbose_name="promised for")),
                ("remind_at", models.DateTimeField(blank=True, null=True, verbose_name="reminder at")),
                ("reminded_at", models.DateTimeField(blank=True, null=True, verbose_name="reminded at")),
                (
                    "look_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="next due to do something"),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("kept", "kept"),
                            ("broken", "broken"),
                            ("late", "kept late"),
                            ("withdrawn", "withdrawn"),
                            ("replaced", "replaced by a new one"),
                            ("lapsed", "not needed any more"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("broken_at", models.DateTimeField(blank=True, null=True, verbose_name="found broken at")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled at")),
                (
                    "settled_step",
                    models.CharField(blank=True, max_length=40, verbose_name="step that settled it"),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("times", models.PositiveSmallIntegerField(default=1, verbose_name="times promised")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promises",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="promised by",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promises",
                        to="workflows.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="editions.edition",
                        verbose_name="edition",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="workflows.promise",
                        verbose_name="replaces",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="settled by",
                    ),
                ),
            ],
            options={
                "verbose_name": "promise",
                "verbose_name_plural": "promises",
                "ordering": ["due_at", "id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="HistoricalPromise",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                (
                    "stream",
                    models.CharField(db_index=True, editable=False, max_length=120, verbose_name="stream"),
                ),
                ("version", models.PositiveIntegerField(editable=False, verbose_name="version")),
                ("uuid", models.UUIDField(db_index=True, default=uuid.uuid4, editable=False)),
                ("clock", models.CharField(blank=True, max_length=40, verbose_name="clock")),
                ("what", models.CharField(blank=True, max_length=300, verbose_name="what is promised")),
                ("to_whom", models.CharField(blank=True, max_length=120, verbose_name="to whom")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="made at")),
                (
                    "made_step",
                    models.CharField(blank=True, max_length=40, verbose_name="step it was made with"),
                ),
                ("due_at", models.DateTimeField(verbose_name="promised for")),
                ("remind_at", models.DateTimeField(blank=True, null=True, verbose_name="reminder at")),
                ("reminded_at", models.DateTimeField(blank=True, null=True, verbose_name="reminded at")),
                (
                    "look_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="next due to do something"),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("kept", "kept"),
                            ("broken", "broken"),
                            ("late", "kept late"),
                            ("withdrawn", "withdrawn"),
                            ("replaced", "replaced by a new one"),
                            ("lapsed", "not needed any more"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("broken_at", models.DateTimeField(blank=True, null=True, verbose_name="found broken at")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled at")),
                (
                    "settled_step",
                    models.CharField(blank=True, max_length=40, verbose_name="step that settled it"),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("times", models.PositiveSmallIntegerField(default=1, verbose_name="times promised")),
                ("history_user_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "history_id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="promised by",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="workflows.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="editions.edition",
                        verbose_name="edition",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="settled by",
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="workflows.promise",
                        verbose_name="replaces",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical promise",
                "verbose_name_plural": "historical promises",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddIndex(
            model_name="promise",
            index=models.Index(
                condition=models.Q(("look_at__isnull", False)), fields=["look_at"], name="promise_to_look_at"
            ),
        ),
        migrations.AddIndex(
            model_name="promise",
            index=models.Index(
                condition=models.Q(("settled_at", None)),
                fields=["by", "due_at"],
                name="promise_open_by_person",
            ),
        ),
        migrations.AddIndex(
            model_name="promise",
            index=models.Index(
                condition=models.Q(("settled_at", None)), fields=["due_at"], name="promise_open_by_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="promise",
            constraint=foundation.audit.constraints.EventRequired(name="workflows_promise_event_required"),
        ),
        migrations.AddConstraint(
            model_name="promise",
            constraint=models.UniqueConstraint(
                condition=models.Q(("settled_at", None), models.Q(("clock", ""), _negated=True)),
                fields=("case", "clock"),
                name="promise_open_once_a_clock",
            ),
        ),
        migrations.AddConstraint(
            model_name="promise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settled_at", None), ("status__in", ["open", "broken"])),
                    models.Q(("settled_at__isnull", False), models.Q(("status", "open"), _negated=True)),
                    _connector="OR",
                ),
                name="promise_settled_as_it_says",
            ),
        ),
        migrations.AddIndex(
            model_name="historicalpromise",
            index=models.Index(fields=["history_date", "id"], name="workflows_h_history_c10f8f_idx"),
        ),
    ]
