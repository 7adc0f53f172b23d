"""Walks of workflows whose steps are signed, photographed and look rows of registers up (see ``walking``).

In the answers of a table ``SIGNED`` is a signature or photo given on the person's own page of the step,
``row("vehicle-reception")`` a row of that register, ``person("team_leader")`` somebody of the shop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from forms.files.models import StoredFile
from foundation.audit.queries import events_of
from foundation.organisation.models import User
from tests.factories.chains import fresh
from tests.factories.walking import Shop, Step, Walks, hand_in, kept_shop
from workflows.exceptions import CaseNotFound, NotPermitted
from workflows.models import Case
from workflows.services import drafts

SIGNED = "@signed"
_ROW, _PERSON = "@row:", "@person:"


def row(form: str) -> str:
    """Return what stands for a row of the register of a form."""
    return f"{_ROW}{form}"


def person(role: str) -> str:
    """Return what stands for somebody of the shop."""
    return f"{_PERSON}{role}"


class ServiceShop(Shop):
    """A shop with a case in every state of one workflow, which each test finds as it was."""

    cases: dict[str, Case]
    rows: dict[str, str]


@contextmanager
def walked_shop(
    blocker: Any, walks: type[StepWalks], *others: str, forms: Sequence[str] = ()
) -> Iterator[ServiceShop]:
    """A shop in which ``walks`` has walked to every state; ``others``: workflows that it opens."""
    with kept_shop(blocker, *others, walks.workflow, forms=forms) as opened:
        shop = ServiceShop(opened.people)
        shop.rows = {key: str(hand_in(shop, key, shop["administrator"], {}).uuid) for key in forms}
        shop.cases = {}
        one = walks()
        one.shop = shop
        for state in walks.ways:
            shop.cases[state] = one.walk(one.open(**walks.ways_with.get(state, {})), *walks.ways[state])
            assert shop.cases[state].state == state, (shop.cases[state].state, state)
        yield shop


class StepWalks(Walks):
    """Tests of one workflow; see ``Walks``."""

    shop: ServiceShop

    @pytest.fixture(autouse=True)
    def _cases_stay(self, shop: ServiceShop) -> Iterator[None]:
        """Find the cases of the shop again, where a test has put others in their places."""
        kept = shop.cases
        yield
        shop.cases = kept

    def step(self, name: str) -> Step:
        return next(one for one in type(self).steps if one.name == name)

    def reach(self, state: str) -> Case:
        return fresh(self.shop.cases[state])

    def typed_of(self, step: Step) -> dict[str, list[str]]:
        return {name: self.meant(texts) for name, texts in super().typed_of(step).items()}

    def meant(self, texts: Sequence[str]) -> list[str]:
        """Return texts with the keys of what they stand for."""
        found = []
        for text in texts:
            if text.startswith(_ROW):
                found.append(self.shop.rows[text.removeprefix(_ROW)])
            elif text.startswith(_PERSON):
                found.append(str(self.shop[text.removeprefix(_PERSON)].uuid))
            else:
                found.append(text)
        return found

    def take(self, case: Case, name: str, by: User | None = None, **changed: Any) -> Case:
        case, step = fresh(case), self.step(name)
        if by is None:
            by = self.shop[sorted(self.holders(case, step.roles) - self.barred(case, step))[0]]
        answers = given(case, name, by, changed.pop("answers", self.typed_of(step)))
        return super().take(case, name, by, **{**changed, "answers": answers, "files": False})

    def files_of(self, case: Case) -> dict[str, str]:
        """Return the hashes of the files that the events of a case name, by key."""
        return {
            name.removeprefix("file:"): digest
            for event in events_of(case.stream)
            for name, digest in event.references.items()
            if name.startswith("file:")
        }


def given(case: Case, place: str, by: User, answers: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the answers with a file uploaded by the person for each ``SIGNED``, as far as the page is theirs."""
    found = {name: list(texts) for name, texts in answers.items()}
    for name, texts in found.items():
        if texts != [SIGNED]:
            continue
        try:
            draft = drafts.save(case=case, place=place, by=by, typed={})
        except (CaseNotFound, NotPermitted):
            found[name] = []
            continue
        found[name] = [
            str(
                StoredFile.objects.create(
                    draft=draft.uuid,
                    field=name,
                    name="签字.png",
                    kind="image",
                    type="image/png",
                    size=1,
                    sha256="0" * 64,
                    origin=StoredFile.Origin.TYPED,
                    signer="王小明",
                    scan=StoredFile.Scan.CLEAN,
                    uploaded_by=by,
                ).uuid
            )
        ]
    return found
