"""Filters, words, order and sums of a register agree with a plain reading of the submissions, whichever way the
database is asked.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.models import RegisterNumber, RegisterStand, Submission
from forms.registers import selection
from forms.registers.columns import RegisterShape, Type, unanswered
from forms.registers.filters import (
    Filter,
    FilterFault,
    Op,
    bounds_of,
    condition_of,
    ops_of,
    read_filter,
    sentence_of,
)
from forms.registers.labels import shape_of
from forms.registers.lines import as_number, folded, from_number
from forms.registers.periods import PERIODS, days_of
from forms.registers.selection import Selection, Sort
from foundation.organisation.models import User
from tests.factories.organisation import make_user_with_roles
from tests.factories.registers import MATTERS, make_register

pytestmark = pytest.mark.django_db

ROLES = frozenset({"manager"})
SIZE = 150


# --- the plain reading ---------------------------------------------------------------------------------------------


def holds(wanted: Filter, submission: Submission, shape: RegisterShape, day: datetime.date) -> bool:
    """Whether a submission fulfils a filter, by its answers alone."""
    if wanted.column == "_state":
        return submission.state in wanted.values
    if wanted.column == "_number":
        words = wanted.values[0].strip().lower()
        return (
            words == submission.number.lower() if wanted.op is Op.IS else words in submission.number.lower()
        )
    if wanted.column == "_at":
        first, last = bounds_of(wanted, Type.DATE, day)
        at = timezone.localdate(submission.submitted_at).toordinal()
        return (first is None or first <= at) and (last is None or at <= last)
    column = shape.by_key[wanted.column]
    value = submission.answers.get(column.field)
    if wanted.op is Op.EMPTY:
        return value is None
    if value is None:
        return False
    if wanted.op is Op.ANSWERED:
        return True
    match column.type:
        case Type.TEXT:
            words = folded(wanted.values[0])
            return words == folded(value) if wanted.op is Op.IS else words in folded(value)
        case Type.CHOICE:
            return value in wanted.values
        case Type.YES_NO:
            return value is (wanted.values[0] == "yes")
        case Type.DATE:
            first, last = (
                days_of(wanted.values[0], day)
                if wanted.op is Op.PERIOD
                else tuple(datetime.date.fromisoformat(text) if text else None for text in wanted.values)
            )
            there = datetime.date.fromisoformat(value)
        case _:
            first, last = (Decimal(text) if text else None for text in wanted.values)
            there = Decimal(value)
    return (first is None or first <= there) and (last is None or there <= last)


def found_plainly(
    rows: list[Submission], filters: list[Filter], words: str, sort: Sort, shape: RegisterShape
) -> list[int]:
    """Return the keys of the submissions, filtered and sorted in Python."""
    day = timezone.localdate()
    searched = [column.field for column in shape.columns if column.type.in_words and column.open_to(ROLES)]

    def said(row: Submission) -> list[str]:
        labels = {
            "low": "选项 low choice low",
            "middle": "选项 middle choice middle",
            "high": "选项 high choice high",
        }
        texts = [str(row.answers.get(name, "")) for name in searched]
        return [row.number.lower(), *(folded(labels.get(text, text)) for text in texts)]

    kept = [
        row
        for row in sorted(rows, key=lambda row: (row.submitted_at, row.pk))
        if all(holds(wanted, row, shape, day) for wanted in filters)
        and all(any(word in text for text in said(row)) for word in folded(words).split())
    ]
    if sort.column == "_number":
        kept.sort(key=lambda row: row.number)
    elif sort.column in shape.by_key:
        column = shape.by_key[sort.column]
        order = {"low": "0000", "middle": "0001", "high": "0002"}

        def value(row: Submission) -> Any:
            there = row.answers[column.field]
            if column.type is Type.CHOICE:
                return order[there]
            if column.type is Type.TEXT:
                return folded(there)[:120]
            return Decimal(there) if column.type.counted else there

        answered = [row for row in kept if column.field in row.answers]
        rest = [row for row in kept if column.field not in row.answers]
        answered.sort(key=value)
        if sort.descending:
            answered.sort(key=lambda row: (row.submitted_at, row.pk), reverse=True)
            answered.sort(key=value, reverse=True)
        return [row.pk for row in (*answered, *reversed(rest))]
    return [row.pk for row in (reversed(kept) if sort.descending else kept)]


# --- what is asked ---------------------------------------------------------------------------------------------------

amounts = st.integers(0, 1_000_000).map(lambda cents: f"{cents / 100:.2f}")
wholes = st.integers(-1, 31).map(str)
days = st.integers(-15, 2).map(
    lambda days: (timezone.localdate() + datetime.timedelta(days=days)).isoformat()
)


def ranges(ends: st.SearchStrategy[str], read: Any) -> st.SearchStrategy[tuple[str, ...]]:
    both = st.tuples(ends, ends).map(lambda pair: tuple(sorted(pair, key=read)))
    return st.one_of(both, ends.map(lambda one: (one, "")), ends.map(lambda one: ("", one)))


def between(column: str, ends: st.SearchStrategy[str], read: Any) -> st.SearchStrategy[Filter]:
    return ranges(ends, read).map(lambda pair: Filter(column, Op.BETWEEN, pair))


def one_of(column: str, op: Op, values: st.SearchStrategy[str]) -> st.SearchStrategy[Filter]:
    return values.map(lambda value: Filter(column, op, (value,)))


filters = st.one_of(
    one_of("matter@text", Op.CONTAINS, st.sampled_from([*MATTERS, "划", "WARRANTY", "claim 王", "%", "_"])),
    one_of("story@text", Op.IS, st.sampled_from([f"{matter}。" * 2 for matter in MATTERS])),
    st.lists(st.sampled_from(["low", "middle", "high", "none"]), min_size=1, max_size=3).map(
        lambda keys: Filter("level@choice", Op.ANY, tuple(keys))
    ),
    between("amount@money", amounts, Decimal),
    between("visits@whole", wholes, int),
    between("day@date", days, str),
    one_of("day@date", Op.PERIOD, st.sampled_from(sorted(PERIODS))),
    one_of("urgent@yes_no", Op.IS, st.sampled_from(["yes", "no"])),
    st.sampled_from(["matter@text", "level@choice", "amount@money", "day@date", "urgent@yes_no"]).flatmap(
        lambda column: st.sampled_from([Filter(column, Op.EMPTY), Filter(column, Op.ANSWERED)])
    ),
    one_of("_at", Op.PERIOD, st.sampled_from(sorted(PERIODS))),
    between("_at", days, str),
    one_of("_number", Op.CONTAINS, st.sampled_from(["-0000", "claims-000001", "7"])),
    st.just(Filter("_state", Op.ANY, ("submitted",))),
)
sorts = st.tuples(
    st.sampled_from(
        ["_at", "_number", "matter@text", "level@choice", "amount@money", "visits@whole", "day@date"]
    ),
    st.booleans(),
).map(lambda pair: Sort(*pair))
words = st.sampled_from(["", "", "划痕", "claim", "13", "王", "high 费用", "000012"])


@pytest.fixture
def manager() -> User:
    return make_user_with_roles("manager")


@pytest.mark.parametrize("bound", [5, 40, 10_000])
@pytest.mark.parametrize("marked", [True, False], ids=["marked", "from before there were marks"])
def test_the_list_agrees_with_a_plain_reading(
    manager: User, monkeypatch: pytest.MonkeyPatch, bound: int, marked: bool
) -> None:
    """``bound``: how few a filter must find for the list to be read from its index."""
    make_register(SIZE, manager)
    if not marked:
        RegisterStand.objects.all().delete()
        RegisterNumber.objects.filter(column=unanswered("claims", "amount@money")).delete()
    monkeypatch.setattr(selection, "BOUND", bound)
    shape, rows = shape_of("claims"), list(Submission.objects.all())

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(st.lists(filters, max_size=3), words, sorts)
    def agrees(wanted: list[Filter], said: str, sort: Sort) -> None:
        conditions = [condition_of(one, shape, by=manager, roles=ROLES) for one in wanted]
        found = Selection(shape, conditions, words=said, roles=ROLES, sort=sort)
        plain = found_plainly(rows, wanted, said, sort, shape)
        assert found.ids() == plain
        assert found.count == min(len(plain), bound + 1)
        for first in (0, 7, max(len(plain) - 3, 0), len(plain) + 5):
            assert [row.pk for row in found.page(first, 10)] == plain[first : first + 10]
        amounts = [
            Decimal(row.answers["amount"]) for row in rows if row.pk in plain and "amount" in row.answers
        ]
        totals = found.totals([shape.by_key["amount@money"], shape.by_key["visits@whole"]])
        if amounts:
            total = totals["amount@money"]
            assert (from_number(Type.MONEY, total.number), total.count) == (sum(amounts), len(amounts))
        else:
            assert "amount@money" not in totals

    agrees()


@given(st.lists(filters, max_size=1))
def test_a_filter_is_read_back_as_it_was_written(wanted: list[Filter]) -> None:
    for one in wanted:
        assert read_filter(str(one)) == one


@given(st.lists(st.text(max_size=20).filter(lambda text: "\0" not in text), min_size=1, max_size=4))
def test_any_words_survive_in_an_address(values: list[str]) -> None:
    one = Filter("matter@text", Op.ANY, tuple(values))
    assert read_filter(str(one)) == (one if values != [""] else Filter("matter@text", Op.ANY, ()))


def test_a_masked_column_is_refused_like_one_that_is_not_there(manager: User) -> None:
    make_register(1, manager)
    shape = shape_of("claims")
    refusals = set()
    for column in ("phone@text", "salary@money", "nothing@text"):
        with pytest.raises(FilterFault) as refusal:
            condition_of(Filter(column, Op.ANSWERED), shape, by=manager, roles=ROLES)
        refusals.add(str(refusal.value))
    assert len(refusals) == 1
    assert condition_of(Filter("salary@money", Op.ANSWERED), shape, by=manager, roles={"hr"})
    with pytest.raises(FilterFault):
        condition_of(Filter("phone@text", Op.ANSWERED), shape, by=manager, roles={"hr"})


def test_words_in_masked_columns_are_not_found(manager: User) -> None:
    make_register(20, manager)
    row = next(row for row in Submission.objects.all() if "phone" in row.answers)
    assert Selection(shape_of("claims"), words=row.answers["phone"], roles=ROLES).count == 0


@pytest.mark.parametrize(
    ("column", "op", "values"),
    [
        ("amount@money", Op.BETWEEN, ("twelve", "")),
        ("amount@money", Op.BETWEEN, ("", "")),
        ("amount@money", Op.BETWEEN, ("NaN", "")),
        ("amount@money", Op.BETWEEN, ("1e99999", "")),
        ("amount@money", Op.BETWEEN, ("9", "8")),
        ("amount@money", Op.CONTAINS, ("1",)),
        ("visits@whole", Op.BETWEEN, ("1.5", "")),
        ("day@date", Op.BETWEEN, ("2026-02-30", "")),
        ("day@date", Op.PERIOD, ("some day",)),
        ("day@date", Op.PERIOD, ()),
        ("level@choice", Op.ANY, ()),
        ("urgent@yes_no", Op.IS, ("perhaps",)),
        ("matter@text", Op.CONTAINS, ("  ",)),
        ("matter@text", Op.ME, ()),
        ("_state", Op.ANY, ("no state",)),
        ("_by", Op.ANY, ()),
        ("_number", Op.EMPTY, ()),
    ],
)
def test_a_filter_that_cannot_be_used_says_so(
    manager: User, column: str, op: Op, values: tuple[str, ...]
) -> None:
    make_register(1, manager)
    with pytest.raises(FilterFault):
        condition_of(Filter(column, op, values), shape_of("claims"), by=manager, roles=ROLES)


def test_every_operator_of_every_column_has_a_sentence(manager: User) -> None:
    make_register(1, manager)
    shape = shape_of("claims")
    values = {Op.PERIOD: ("this_month",), Op.BETWEEN: ("1", "2"), Op.ANY: ("high",), Op.IS: ("yes",)}
    with override("en"):
        said = {
            sentence_of(Filter(column.key, op, values.get(op, ("x",))), column, "en")
            for column in shape.columns
            for op in ops_of(column)
        }
    assert "Question amount from 1 to 2" in said
    assert "Question level: Choice high" in said
    assert all(said)


def test_numbers_beyond_every_index_are_sorted_at_its_ends() -> None:
    assert as_number(Type.DECIMAL, Decimal("1e30")) == 2**63 - 1
    assert as_number(Type.MONEY, Decimal("-12.30")) == -1230
    with pytest.raises(TypeError):
        as_number(Type.MONEY, "12.30")
