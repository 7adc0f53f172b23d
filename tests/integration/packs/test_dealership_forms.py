"""The forms of the dealership as its people hand them in: from the pack, with real people, files and registers."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forms.directory import directory_for
from forms.exceptions import AnswersInvalid
from forms.files import services as files
from forms.logic import ROW
from forms.models import Draft, Submission
from forms.queries import current_form
from forms.sampling import sample_answers
from forms.schema import FormDefinition, Scope
from forms.services.submissions import save_draft, submit
from foundation.audit.models import Event
from foundation.editions.models import Edition
from foundation.organisation.models import Position, RoleBinding, User
from foundation.packs.services import apply_pack, find_pack
from tests.factories.dealership import Sheet, sheets
from tests.factories.files import pdf, picture, upload
from tests.factories.organisation import hold, make_user, make_user_with_roles

SEEDS = range(20)
WITH_FILES = range(3)
"""Seeds of forms with files and signatures, each of which is looked into; unit tests try many more."""
NUMBERS = [sheet.number for sheet in sheets(timezone.localdate())]
FIRST = ["F-16", "F-17", "F-66", "F-93", "F-127"]
"""Forms whose registers others look into."""


@dataclass
class Shop:
    """The dealership at work. ``people`` hand in what their post has to."""

    people: dict[str, User]
    serial: int = 0

    def sheet(self, number: str) -> Sheet:
        return next(sheet for sheet in sheets(timezone.localdate()) if sheet.number == number)

    def form(self, sheet: Sheet) -> tuple[Edition, FormDefinition, User]:
        edition, definition = current_form(sheet.key)
        return edition, definition, self.people[sheet.submitter]

    def filled(self, sheet: Sheet, seed: int) -> tuple[dict[str, Any], Draft]:
        """Return sound answers to a form, and the draft that holds their files."""
        edition, definition, by = self.form(sheet)
        draft = save_draft(uuid=uuid.uuid4(), edition=edition, typed={}, by=by)
        directory = directory_for(by, draft.uuid)
        answers = sample_answers(definition, seed, directory=directory, fixed=sheet.sound)
        given(definition.form, answers, "", draft, by)
        # What rules compare with the chosen thing agrees with it, as it does where it was taken over.
        for name, asked in definition.form.fields.items():
            if asked.kind == "lookup" and name in answers:
                (thing,) = directory.load(asked.of_kind.references(answers[name], asked.settings)).values()
                answers |= {
                    own: thing.values[theirs]
                    for own, theirs in asked.options.get("fills", {}).items()
                    if theirs in asked.options.get("reads", {})
                    and theirs in thing.values
                    and own not in sheet.sound
                }
        return {name: value for name, value in answers.items() if value is not None}, draft

    def hand_in(self, sheet: Sheet, answers: dict[str, Any], draft: Draft) -> Submission:
        self.serial += 1
        edition, _definition, by = self.form(sheet)
        return submit(
            edition=edition, answers=answers, by=by, draft=draft, idempotency_key=f"shop-{self.serial}"
        )


def given(scope: Scope, answers: dict[str, Any], prefix: str, draft: Draft, by: User) -> None:
    """Add files, photos and signatures to the answers."""
    for name, asked in scope.fields.items():
        path = f"{prefix}{name}"
        if asked.kind == "signature":
            row = files.sign(draft=draft.uuid, field=path, name="王小明", by=by)
        elif asked.kind == "photo":
            row = files.store(draft=draft.uuid, field=path, upload=upload(picture(), "现场.jpg"), by=by)
        elif asked.kind == "file":
            row = files.store(draft=draft.uuid, field=path, upload=upload(pdf(), "合同.pdf"), by=by)
        else:
            continue
        answers[name] = [{"key": str(row.uuid)}]
    for name, inner in scope.inner.items():
        for row in answers.get(name, ()):
            given(inner, row, f"{prefix}{name}/{row[ROW]}/", draft, by)


def part_of_the_pack(folder: Path) -> Path:
    """Return the pack without its texts of positions: people, roles and forms."""
    for name in ("organisation.yaml", "roles.yaml"):
        shutil.copy(find_pack("dealership") / name, folder)
    shutil.copytree(find_pack("dealership") / "forms", folder / "forms")
    return folder


@pytest.fixture(scope="module")
def shop(
    django_db_setup: Any, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """The dealership, loaded once from its pack; all that happens in it is rolled back at the end."""
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            apply_pack(
                part_of_the_pack(tmp_path_factory.mktemp("pack")), by=make_user_with_roles("administrator")
            )
            made = Shop({"": make_user()})
            roles = {sheet.submitter for sheet in sheets(timezone.localdate())} - {""}
            for position in Position.objects.all():
                hold(make_user(), position)
            for role in sorted(roles):
                bound = RoleBinding.objects.filter(role__key=role, position__isnull=False).first()
                assert bound is not None, role
                holding = bound.position.holdings.first()
                made.people[role] = holding.person
            # Anybody records a complaint, and finds their own again.
            for role in ("service_adviser", "clerk"):
                made.people[""] = made.people[role]
                made.hand_in(made.sheet("F-63"), *made.filled(made.sheet("F-63"), 1))
            for number in FIRST:
                sheet = made.sheet(number)
                made.hand_in(sheet, *made.filled(sheet, 1))
            yield made
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)


pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", NUMBERS)
def test_people_hand_in_their_forms(shop: Shop, number: str) -> None:
    sheet = shop.sheet(number)
    kinds = {asked.kind for asked in shop.form(sheet)[1].by_id.values()}
    for seed in WITH_FILES if kinds & {"file", "photo", "signature"} else SEEDS:
        answers, draft = shop.filled(sheet, seed)
        try:
            done = shop.hand_in(sheet, answers, draft)
        except AnswersInvalid as refusal:
            pytest.fail(f"seed {seed}: {[(error.field, error.message) for error in refusal.errors]}")
        assert done.form_key == sheet.key
        assert not Draft.objects.filter(uuid=draft.uuid).exists()
    client = Client()
    client.force_login(shop.people[sheet.submitter])
    page = client.get(reverse("intake:form", args=[sheet.key]))
    assert page.status_code == 200
    read = client.get(reverse("intake:submission", args=[done.uuid]))
    assert read.status_code in (200, 302)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_broken_rule_is_told_and_nothing_is_stored(shop: Shop, number: str) -> None:
    sheet = shop.sheet(number)
    answers, draft = shop.filled(sheet, 2)
    before = (Submission.objects.count(), Event.objects.count())
    told = 0
    for broken in sheet.broken:
        try:
            with transaction.atomic():
                shop.hand_in(sheet, {**answers, **broken.answers, "unasked": "x"}, draft)
                transaction.set_rollback(True)
        except AnswersInvalid as refusal:
            told += broken.at in {error.field for error in refusal.errors}
    assert (
        told > len(sheet.broken) / 2
    )  # the others are not asked in this sample: the unit tests ask them all
    assert (Submission.objects.count(), Event.objects.count()) == before
    assert Draft.objects.filter(uuid=draft.uuid).exists()


@pytest.mark.parametrize("number", NUMBERS)
def test_only_those_whose_work_it_is_find_the_form(shop: Shop, number: str) -> None:
    sheet = shop.sheet(number)
    stranger = Client()
    stranger.force_login(make_user())
    found = stranger.get(reverse("intake:form", args=[sheet.key])).status_code
    assert found == (404 if sheet.submitter else 200)
