"""The content of the demonstration dealership keeps its promises to those who read it."""

import re

import pytest

from foundation.packs.reading import PackFile
from foundation.packs.services import PACKS

FOLDER = PACKS / "dealership"
CADENCES = {"daily", "weekly", "monthly", "quarterly", "yearly", "event"}
QUALIFICATIONS = {
    "education",
    "experience",
    "knowledge",
    "skill",
    "certificate",
    "language",
    "character",
    "software",
    "other",
}
BROKEN = re.compile(r"[\u3000-\u9fff\uff00-\uffef] [\u3000-\u9fff\uff00-\uffef]")
TEXTS = sorted((FOLDER / "positions").glob("*.yaml"))


def codes():
    return [item["code"] for item in PackFile(FOLDER / "organisation.yaml").data["positions"]]


def test_each_position_has_its_text():
    assert len(codes()) >= 17
    assert [path.stem for path in TEXTS] == sorted(codes())


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_a_position_text_is_complete(path):
    body = PackFile(path).data
    assert [name for name in body if name not in {"conduct_rules", "scripts"}] == [
        "code",
        "summary",
        "purpose",
        "duties",
        "authorities",
        "qualifications",
        "working_conditions",
    ]
    assert body["code"] == path.stem
    assert 6 <= len(body["duties"]) <= 12
    for name, required, optional in (
        ("duties", {"id", "cadence", "text"}, {"deliverable", "deadline", "library"}),
        ("authorities", {"id", "text"}, {"library"}),
        ("qualifications", {"id", "kind", "text", "mandatory"}, {"library"}),
    ):
        ids = [row["id"] for row in body[name]]
        assert len(set(ids)) == len(ids) > 1
        assert all(required <= row.keys() <= required | optional for row in body[name])
    assert {duty["cadence"] for duty in body["duties"]} <= CADENCES
    assert len({duty["cadence"] for duty in body["duties"]}) >= 3
    assert {row["kind"] for row in body["qualifications"]} <= QUALIFICATIONS
    texts = [body["summary"], body["purpose"], *(duty["text"] for duty in body["duties"])]
    assert all(text.endswith("。") for text in texts)
    # A line break of the file inside a Chinese sentence would have become a space.
    assert not [text for text in texts if BROKEN.search(text)]


def test_no_duty_is_written_twice_but_from_the_library():
    duties = [duty for path in TEXTS for duty in PackFile(path).data["duties"]]
    own = [duty["text"] for duty in duties if "library" not in duty]
    assert len(set(own)) == len(own)
    assert not {duty["text"] for duty in duties if "library" in duty} & set(own)


def test_every_library_item_serves_several_positions_and_most_rows_say_what_it_says():
    items = {path.stem: PackFile(path).data for path in (FOLDER / "library").glob("*.yaml")}
    assert len(items) >= 12
    used = {key: [] for key in items}
    for path in TEXTS:
        body = PackFile(path).data
        for part in {item["part"] for item in items.values()}:
            for row in body.get(part, ()):
                if "library" in row:
                    wording = items[row["library"]]["wording"]
                    used[row["library"]].append(all(row[name] == text for name, text in wording.items()))
    assert {key for key, rows in used.items() if len(rows) < 2} == set()
    assert sum(row is False for rows in used.values() for row in rows) == 1  # one is reworded by hand
