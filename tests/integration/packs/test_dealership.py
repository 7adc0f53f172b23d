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
    "other",
}
BROKEN = re.compile(r"[\u3000-\u9fff\uff00-\uffef] [\u3000-\u9fff\uff00-\uffef]")
TEXTS = sorted((FOLDER / "positions").glob("*.yaml"))


def codes():
    return [item["code"] for item in PackFile(FOLDER / "organisation.yaml").data["positions"]]


def test_each_of_the_twelve_positions_has_its_text():
    assert len(codes()) == 12
    assert [path.stem for path in TEXTS] == sorted(codes())


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_a_position_text_is_complete(path):
    body = PackFile(path).data
    assert list(body) == [
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
        ("duties", {"id", "cadence", "text"}, {"deliverable", "deadline"}),
        ("authorities", {"id", "text"}, set()),
        ("qualifications", {"id", "kind", "text", "mandatory"}, set()),
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


def test_no_duty_is_written_twice():
    texts = [duty["text"] for path in TEXTS for duty in PackFile(path).data["duties"]]
    assert len(set(texts)) == len(texts)
