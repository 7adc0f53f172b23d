"""Several files at once, zips of them and Word: each file by itself, a broken one named, the rest goes on."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from backoffice.positions.models import ImportedText, PositionPage
from foundation.outbox.models import Job
from foundation.outbox.services import sweep
from tests.factories.positions import make_editor
from tests.factories.word import make_word, make_zip

pytestmark = pytest.mark.django_db

WASHER = make_word("洗车员岗位职责", "1、清洗车辆外观。", "2、每日清点工具。")
DRIVER = "拖车司机岗位职责\n1、保养拖车。\n2、接到救援电话后出发。\n".encode("gb18030")


@pytest.fixture
def hr(client):
    user = make_editor()
    client.force_login(user)
    return user


def upload(client, **files: bytes):
    given = [SimpleUploadedFile(name.replace("_", "."), data) for name, data in files.items()]
    return client.post(reverse("positions_import"), {"file": given})


def test_a_word_file_leads_to_its_review(client, hr):
    response = upload(client, washer_docx=WASHER)
    imported = ImportedText.objects.get()
    assert response["Location"] == reverse("positions_import_review", args=[imported.uuid])
    assert bytes(imported.data) == WASHER
    page = client.get(response["Location"]).content.decode()
    assert "清洗车辆外观。" in page


def test_several_files_make_one_collection_each_and_a_summary(client, hr):
    response = upload(client, washer_docx=WASHER, driver_txt=DRIVER, broken_docx=WASHER[:900])
    told = [(one.name, bool(one.imported), bool(one.refusal)) for one in response.context["received"]]
    assert (response.status_code, told) == (
        200,
        [("washer.docx", True, False), ("driver.txt", True, False), ("broken.docx", False, True)],
    )
    assert sorted(ImportedText.objects.values_list("filename", flat=True)) == ["driver.txt", "washer.docx"]
    assert "broken.docx" in response.content.decode()


def test_a_zip_is_read_member_by_member(client, hr):
    members = {
        "集团/洗车员.docx": WASHER,
        "集团/司机.txt": DRIVER,
        "inner.zip": make_zip({"a.txt": DRIVER}),
        "photo.png": b"x",
        "../../escape.txt": DRIVER,
        "__MACOSX/._洗车员.docx": b"x",
        "~$lock.docx": b"x",
    }
    response = upload(client, all_zip=make_zip(members))
    assert response["Location"].startswith("/jobs/")  # so many files are for the worker
    assert sweep() == 1
    job = Job.objects.get()
    assert (job.state, sorted(ImportedText.objects.values_list("filename", flat=True))) == (
        Job.State.DONE,
        ["../../escape.txt", "集团/司机.txt", "集团/洗车员.docx"],
    )
    assert [name for name in ("inner.zip", "photo.png") if name in " ".join(job.result["notes"])] == [
        "inner.zip",
        "photo.png",
    ]


def test_names_from_a_chinese_windows_are_readable(client, hr):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("xxxxxx.txt"), DRIVER)
        archive.writestr(zipfile.ZipInfo("yyyyyy.txt"), DRIVER)
    data = buffer.getvalue().replace(b"xxxxxx", "洗车员".encode("gbk"))
    response = upload(client, all_zip=data)
    assert [one.name for one in response.context["received"]] == ["yyyyyy.txt", "洗车员.txt"]


@pytest.mark.parametrize(
    "data",
    [
        make_zip({"a.txt": b" " * 30_000_000}),
        make_zip({f"{number}.txt": b"x" for number in range(2_001)}),
        make_zip({}),
        make_zip({"a.txt": DRIVER})[:60],
        b"no zip",
    ],
    ids=["bomb", "many", "empty", "cut", "text"],
)
def test_a_hostile_zip_is_refused_whole(client, hr, data):
    response = upload(client, all_zip=data)
    assert (response.status_code, ImportedText.objects.count()) == (422, 0)
    assert "error-message" in response.content.decode()


def test_a_link_in_a_zip_is_not_followed(client, hr):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("passwd.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("driver.txt", DRIVER)
    response = upload(client, all_zip=buffer.getvalue())
    assert [(one.name, bool(one.imported)) for one in response.context["received"]] == [
        ("driver.txt", True),
        ("passwd.txt", False),
    ]


def test_the_command_reads_zips_and_word_and_tells_places(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "all.zip").write_bytes(make_zip({"driver.txt": DRIVER, "broken.docx": WASHER[:900]}))
    (tmp_path / "sub" / "washer.docx").write_bytes(WASHER)
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match="1 of 3"):
        call_command(
            "positions", "import", str(tmp_path), "--dry-run", "--format", "json", stdout=out, stderr=err
        )
    files = {one["file"].removeprefix(f"{tmp_path}/"): one for one in json.loads(out.getvalue())["files"]}
    assert {name: "error" in one for name, one in files.items()} == {
        "all.zip/broken.docx": True,
        "all.zip/driver.txt": False,
        "sub/washer.docx": False,
    }
    [unit] = files["sub/washer.docx"]["units"]
    assert [duty["paragraphs"] for duty in unit["duties"]] == [[2, 2], [3, 3]]
    assert not PositionPage.objects.exists()
