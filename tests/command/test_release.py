"""The only way out: a public run, checked again from its data, read by two people, sealed; and a stranger who verifies it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from journeys import release
from journeys.releasing import let_out
from journeys.reports import Request, build
from lib import ledger as ledgers
from lib import manifests
from lib.errors import RequestError
from lib.pagetext import Page
from tests.command.test_command import ROOT, run
from tests.stories.test_release import MET, area

AUTHOR, SECOND = "A. Author", "B. Second"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A data folder of sixty families, of whom eight are under review, and a public run of it."""
    root = tmp_path_factory.mktemp("public")
    folder = area(root / "area", safeguarding_contact="01632 960123", purpose="A review of 8 families")
    return folder, build(
        Request("4_system_review", str(folder), "public"), root / "reports", progress=lambda line: None
    )


@pytest.fixture
def again(made: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """The same run, to be spoilt, with no ledger yet."""
    folder, run_made = made
    shutil.rmtree(folder / release.HOME, ignore_errors=True)
    copy = tmp_path / "reports" / run_made.name
    shutil.copytree(run_made, copy)
    return folder, copy


def out(run_made: Path, tmp_path: Path, checked_by: str = SECOND, first: bool = True) -> Path:
    return let_out(run_made, checked_by, AUTHOR, tmp_path / "release", first=first)[0]


def rewrite(run_made: Path, change: Any = None, **files: bytes) -> None:
    """Change a run and let its record say that it was made so: what one who means it could do."""
    record = json.loads((run_made / "run.json").read_text("utf-8"))
    for name, content in files.items():
        path = run_made / name.replace("__", ".")
        path.write_bytes(content)
        record["files"][path.name] = manifests.hash_of(path)
    if change:
        change(record)
    (run_made / "run.json").write_text(json.dumps(record), "utf-8")


def page_with(run_made: Path, old: str, new: str) -> dict[str, bytes]:
    text = (run_made / "report.html").read_text("utf-8")
    assert old in text
    return {"report__html": text.replace(old, new, 1).encode()}


def test_a_public_page_holds_no_number_of_those_reviewed_and_says_so(made):
    _, run_made = made
    page = Page(re.sub(r"<style>.*?</style>", "", (run_made / "report.html").read_text("utf-8"), flags=re.DOTALL))
    assert "Nothing on this page is counted of them" in page.words
    held = " ".join([page.words, *page.texts]).replace("utf-8", "")
    assert not re.search(r"\b(8|eight)\b", held, re.IGNORECASE) and "F00" not in held
    record = (run_made / "run.json").read_text("utf-8")
    assert "A review of 8" not in record and "account" not in json.loads(record) and "F00" not in record


def test_a_release_is_sealed_recorded_and_verified_by_a_stranger(again, tmp_path):
    folder, run_made = again
    done = out(run_made, tmp_path)
    files = ["manifest.json", "report.html", "sha256sums.txt", "tables", "tables.xlsx"]
    assert sorted(p.name for p in done.iterdir()) == files
    manifest = json.loads((done / "manifest.json").read_text("utf-8"))
    assert (manifest["author"], manifest["checked_by"]) == (AUTHOR, SECOND)
    assert all(figure["threshold"] == 10 and figure["audit"] for figure in manifest["figures"])
    subprocess.run(["sha256sum", "--check", "--strict", "sha256sums.txt"], cwd=done, check=True, capture_output=True)
    assert len(ledgers.read(folder / release.HOME, 1).releases) == 1
    seal = manifests.hash_of(done / "sha256sums.txt")
    told = run("verify", str(done / "report.html"), "--seal", seal)
    assert told.returncode == 0 and seal in told.stdout
    assert run("verify", str(done / "report.html"), "--seal", "0" * 64).returncode == 2
    with open(done / "report.html", "ab") as file:
        file.write(b" ")
    told = run("verify", str(done / "report.html"))
    assert told.returncode == 2 and "CHANGED" in told.stderr


def test_the_same_run_again_is_the_same_release_and_another_data_set_keeps_what_stands(again, tmp_path):
    folder, run_made = again
    first = out(run_made, tmp_path)
    before = (folder / release.HOME / ledgers.LEDGER).read_bytes()
    assert out(run_made, tmp_path, first=False) == first
    assert (folder / release.HOME / ledgers.LEDGER).read_bytes() == before
    log = (folder / "log.csv").read_bytes()
    try:
        area(
            folder,
            MET | {"police": range(27)},
            safeguarding_contact="01632 960123",
            purpose="A review of 8 families",
        )
        with pytest.raises(RequestError, match="have changed since this report was built"):
            out(shutil.copytree(run_made, tmp_path / "x" / run_made.name), tmp_path / "elsewhere", first=False)
        later = build(Request("4_system_review", str(folder), "public"), tmp_path / "later", progress=lambda line: None)
        out(later, tmp_path, first=False)
        tables = [Page((run_ / "report.html").read_text("utf-8")).tables[0] for run_ in (run_made, later)]
        assert tables[0] == tables[1] and any("Police" in row for row in tables[0][1])
    finally:
        (folder / "log.csv").write_bytes(log)


def test_without_a_ledger_the_first_release_is_said_to_be_the_first(again, tmp_path):
    folder, run_made = again
    with pytest.raises(RequestError, match="say --first"):
        out(run_made, tmp_path, first=False)
    assert not (tmp_path / "release").exists() and not (folder / release.HOME / ledgers.LEDGER).exists()
    out(run_made, tmp_path)
    shutil.rmtree(folder / release.HOME)
    other = tmp_path / "other" / "20260101T000000Z-again"
    shutil.copytree(run_made, other)
    rewrite(other, lambda record: record.update(run_id=other.name))
    with pytest.raises(ledgers.LedgerRefused, match="is missing, and 1 were released"):
        out(other, tmp_path)


@pytest.mark.parametrize("name", ["", " ", "7", AUTHOR, "a author", "Author A.", " A.  AUTHOR "])
def test_a_second_person_is_named_and_is_not_the_author(again, tmp_path, name):
    with pytest.raises(RequestError, match="--checked-by"):
        out(again[1], tmp_path, checked_by=name)


def test_a_run_that_was_changed_is_refused(again, tmp_path):
    _, run_made = again
    (run_made / "report.html").write_bytes((run_made / "report.html").read_bytes() + b" ")
    with pytest.raises(RequestError, match=r"report.html in .* is not as the run made it"):
        out(run_made, tmp_path)
    (run_made / "more.csv").write_text("a")
    with pytest.raises(RequestError, match=r"more\.csv"):
        out(run_made, tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: r.update(level="board"), "made for level board"),
        (lambda r: r.update(outcome="failed"), "did not end well|not a run that ended well"),
        (lambda r: r.update(run_id="../up"), "not a run that ended well"),
        (lambda r: r.update(run_id="another"), "under its own name"),
        (lambda r: r.pop("public"), "only a report at level public"),
        (lambda r: r.pop("files"), "not a run that was built"),
        (lambda r: r["public"][1]["rows"][0].__setitem__(1, 35), "table 'agencies' is not what the data"),
        (lambda r: r["public"][1]["record"].update(threshold=8), "table 'agencies' is not what the data"),
        (lambda r: r["public"][1]["record"].update(table="others"), "table 'others' is not what the data"),
        (lambda r: r["public"][0]["paragraphs"].append("More."), "words on this page are not what the review book"),
    ],
)
def test_a_record_that_says_otherwise_is_refused(again, tmp_path, change, said):
    rewrite(again[1], change)
    with pytest.raises(RequestError, match=said):
        out(again[1], tmp_path)
    assert not (tmp_path / "release").exists() or not any((tmp_path / "release").iterdir())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('<td class="n">25</td>', '<td class="n">24</td>', "shows a table that was not checked: 'Families that each"),
        ("Nothing on this page is counted", "Of 37 nothing is counted", "holds 1 numbers that were not checked"),
        ("Nothing on this page", "F003 and nothing on this page", "an id of the data"),
        ("Nothing on this page", "Ring 01632 960999. Nothing", "a telephone number"),
        ("<main", "<!-- 943 476 5919 --><main", "an NHS number"),
        ("<main", "<main data-x='fjcanary'", "a canary"),
        ("Nothing on this page", "At AB1 2CD nothing", "a postcode"),
        ("Nothing on this page", "Write to a@b.org. Nothing", "an e-mail address"),
        ("Nothing on this page", "A123456789012 nothing", "a unique pupil number"),
    ],
)
def test_a_page_that_says_more_than_was_checked_is_refused(again, tmp_path, old, new, said):
    rewrite(again[1], **page_with(again[1], old, new))
    with pytest.raises(RequestError, match=said):
        out(again[1], tmp_path)
    assert not (again[0] / release.HOME / ledgers.LEDGER).exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("data.parquet", b"x", "is of a kind that does not leave"),
        ("page.svg", b"<svg/>", "is of a kind that does not leave"),
        ("log.csv", b"a\n" * 5_002, "more than 5,000 rows"),
        ("big.png", b"x" * 16_000_001, "over 16 MB"),
        ("F003.png", b"x", "F003.png holds an id of the data"),
        ("picture.png", b"\x89PNG tEXt family F003 here", "picture.png holds an id of the data"),
        ("table.csv", b"agency,families\nF003,10\n", "table.csv holds an id of the data"),
        ("table.csv", b"agency,families\nPolice,23\n", "table.csv holds a line of numbers that was not checked"),
        ("more.pdf", b"%PDF", "is of a kind that does not leave"),
    ],
)
def test_files_of_another_kind_too_large_or_that_name_somebody_stay(again, tmp_path, name, content, said):
    _, run_made = again
    (run_made / name).write_bytes(content)
    rewrite(run_made, lambda record: record["files"].update({name: manifests.hash_of(run_made / name)}))
    with pytest.raises(RequestError, match=said):
        out(run_made, tmp_path)


def test_a_workbook_with_a_number_that_was_not_checked_stays(again, tmp_path):
    from openpyxl import load_workbook

    _, run_made = again
    book = load_workbook(run_made / "tables.xlsx")
    page = book["Table 1"]
    next(cell for row in page.iter_rows() for cell in row if cell.value == 25).value = 23
    book.save(run_made / "tables.xlsx")
    rewrite(
        run_made, lambda record: record["files"].update({"tables.xlsx": manifests.hash_of(run_made / "tables.xlsx")})
    )
    with pytest.raises(RequestError, match=r"tables.xlsx holds a line of numbers that was not checked"):
        out(run_made, tmp_path)


def test_a_pdf_is_made_again_from_the_page_that_was_checked(again, tmp_path):
    pytest.importorskip("weasyprint")
    _, run_made = again
    (run_made / "report.pdf").write_bytes(b"%PDF-1.7 something else, of eight")
    rewrite(run_made, lambda record: record["files"].update({"report.pdf": manifests.hash_of(run_made / "report.pdf")}))
    done = out(run_made, tmp_path)
    made = (done / "report.pdf").read_bytes() if (done / "report.pdf").exists() else b""
    assert b"something else" not in made and json.loads((done / "manifest.json").read_text("utf-8"))["pdf"]


def test_a_symlink_never_leaves(again, tmp_path):
    _, run_made = again
    (run_made / "more.csv").symlink_to("/etc/hostname")
    with pytest.raises(Exception, match="symlink"):
        out(run_made, tmp_path)


def test_an_overlap_with_what_was_released_is_refused_and_both_are_named(again, tmp_path, monkeypatch):
    folder, run_made = again
    out(run_made, tmp_path)
    ledger = ledgers.read(folder / release.HOME)
    for old in ledger.populations:
        old["who"], old["definition"], old["says"] = old["who"][3:], "another", "all but three"
    ledger.write()
    other = build(Request("4_system_review", str(folder), "public"), tmp_path / "more", progress=lambda line: None)
    with pytest.raises(ledgers.LedgerRefused, match="fewer than 10 stand between it and all but three"):
        out(other, tmp_path, first=False)


def test_a_small_folder_has_a_public_page_without_a_number(tmp_path):
    folder = area(tmp_path / "area", {"gp": range(12), "school": range(12)})
    run_made = build(
        Request("4_system_review", str(folder), "public"), tmp_path / "reports", progress=lambda line: None
    )
    page = Page((run_made / "report.html").read_text("utf-8"))
    assert [caption for caption, _ in page.tables] == ["What made this page"]
    assert "too few families are at hand" in page.words
    done = out(run_made, tmp_path)
    assert manifests.verify(done)[1]["figures"] == []


@pytest.mark.parametrize("notebook", ["2_one_family", "family_page", "3_triggers", "1_check_contacts"])
def test_families_notebooks_have_no_public_page(notebook, tmp_path):
    with pytest.raises(RequestError, match=f"there is no public page of {notebook}"):
        build(Request(notebook, "sample", "public"), tmp_path)


def test_the_public_notebook_is_for_the_public(tmp_path):
    with pytest.raises(RequestError, match="Add --level public"):
        build(Request("public_review", "sample", "team"), tmp_path)


def test_what_is_verified_is_all_that_was_sealed(tmp_path):
    folder = tmp_path / "sealed"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    seal = manifests.seal(folder, {"released_on": "2026-01-01"})
    assert manifests.verify(folder)[0] == manifests.verify(folder / "a.txt")[0] == seal
    assert manifests.verify(folder / manifests.SUMS)[0] == manifests.verify(folder / manifests.MANIFEST)[0] == seal
    (folder / "b.txt").write_text("b")
    for path, said in ((folder, "b.txt was not released"), (folder / "b.txt", "not one of the files")):
        with pytest.raises(RequestError, match=said):
            manifests.verify(path)
    (folder / "b.txt").unlink()
    (folder / "a.txt").unlink()
    with pytest.raises(RequestError, match="missing here"):
        manifests.verify(folder)
    with pytest.raises(RequestError, match="is not there"):
        manifests.verify(folder / "a.txt")


@pytest.mark.parametrize(
    "sums", ["nonsense", "0" * 64 + "  /etc/passwd\n", "0" * 64 + "  ../a\n", "0" * 64 + "  a.txt\n", ""]
)
def test_a_list_of_hashes_that_is_none_is_refused(tmp_path, sums):
    (tmp_path / "a.txt").write_text("a")
    manifests.seal(tmp_path, {})
    (tmp_path / manifests.SUMS).write_text(sums)
    with pytest.raises(RequestError):
        manifests.verify(tmp_path)


def test_a_manifest_that_tells_of_other_files_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    manifests.seal(tmp_path, {})
    for content in (b'{"files": {}}', b"[]", b"nonsense"):
        (tmp_path / manifests.MANIFEST).write_bytes(content)
        digest = manifests.hash_of(tmp_path / "a.txt")
        lines = f"{digest}  a.txt\n{manifests.hash_of(tmp_path / manifests.MANIFEST)}  {manifests.MANIFEST}\n"
        (tmp_path / manifests.SUMS).write_text(lines)
        with pytest.raises(RequestError, match=r"different files|cannot be read"):
            manifests.verify(tmp_path)


def test_a_broken_release_beside_it_stops_the_next(again, tmp_path):
    place = tmp_path / "release" / "broken"
    place.mkdir(parents=True)
    (place / manifests.MANIFEST).write_text("nonsense")
    with pytest.raises(RequestError, match="Put back the release as it was sealed"):
        out(again[1], tmp_path)


def test_the_command_says_what_a_lead_types_next(again, tmp_path):
    told = run("release", str(again[1]), "--checked-by", SECOND, "--author", AUTHOR, "--to", str(tmp_path / "r"))
    assert told.returncode == 2 and "--first" in told.stderr
    told = run(
        "release", str(again[1]), "--checked-by", SECOND, "--author", AUTHOR, "--to", str(tmp_path / "r"), "--first"
    )
    assert told.returncode == 0 and told.stdout.startswith("Sealed ")
    assert run("release", str(again[1])).returncode == 2
    assert not (ROOT / "release").exists() or not list((ROOT / "release").glob(f"*{again[1].name}*"))
