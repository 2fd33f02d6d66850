"""The sample against itself: a slow and obvious reading of its files must find what was planted, and nothing else."""

from __future__ import annotations

import ast
import csv
import io
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

import holidays
import pytest
from ruamel.yaml import YAML

import journeys
from journeys.sample import MADE_BY, describe, make
from journeys.sample.comparison import EPISODES
from journeys.sample.early import CRISIS

ROOT = Path(journeys.__file__).parent
SAMPLE = ROOT.parent / "data" / "sample"
SEEDS = (2013, 1, 77, 4242, 900_001)
BANK_HOLIDAYS = holidays.country_holidays("GB", subdiv="ENG", years=range(2022, 2027))
START, END = date(2022, 4, 1), date(2025, 3, 31)


def rules() -> dict[tuple[str, str], dict]:
    """(agency or nothing, a word in small letters) -> the activity that the rules make of it."""
    words = {}
    activities = YAML(typ="safe").load((ROOT / "rules" / "activities.yml").read_text("utf-8"))["activities"]
    for name, activity in activities.items():
        for agency in activity.get("agencies", [""]):
            for word in (name, *activity.get("also", [])):
                words[agency, word.casefold()] = {"name": name, **activity}
    return words


RULES = rules()


def day_of(text: str, formats: list[str]) -> tuple[date, str, bool] | None:
    """Day, time and whether only the month is known."""
    for pattern in ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"] if formats == ["iso"] else formats:
        try:
            moment = datetime.strptime(text, pattern)
        except ValueError:
            continue
        return moment.date(), f"{moment:%H:%M}" if "%H" in pattern else "", "%d" not in pattern
    return None


class Reading:
    """Every file of a sample folder, read slowly and without the kit."""

    def __init__(self, folder: Path) -> None:
        self.sources = YAML(typ="safe").load((folder / "sources.yml").read_text("utf-8"))
        plain = YAML(typ="safe").load((ROOT / "rules" / "formats" / "contact_log.yml").read_text("utf-8"))
        self.members = defaultdict(list)
        for row in csv.DictReader(io.StringIO((folder / "members.csv").read_text("utf-8"))):
            first, last = (date.fromisoformat(row[k]) if row[k] else None for k in ("from", "to"))
            self.members[row["person_id"]].append((row["family_id"], first, last))
        self.account, self.unmapped, self.steps = {}, Counter(), defaultdict(list)
        for file, about in self.sources["files"].items():
            how = plain if isinstance(about["format"], str) else about["format"]
            text = (folder / file).read_bytes().decode(how.get("encoding", "utf-8-sig"))
            table = csv.reader(io.StringIO(text, newline=""), delimiter=how.get("delimiter", ","))
            header = next(table)
            rows = []
            for cells in table:
                assert len(cells) == len(header)
                line = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
                rows.append({name: line[column] for name, column in how["columns"].items()})
            self._read(file, about, how["dates"], rows)

    def _read(self, file: str, about: dict, dates: list[str], rows: list[dict]) -> None:
        by_id, fate, no_family, stem = defaultdict(list), Counter(), 0, file.removesuffix(".csv")
        for number, row in enumerate(rows):
            if not day_of(row["date"], dates) or not (row.get("person_id") or row.get("family_id")):
                fate["set_aside"] += 1
            else:
                by_id[row.get("contact_id") or f"no id {number}"].append(row)
        for contact_id, group in by_id.items():
            versions = [row for number, row in enumerate(group) if row not in group[:number]]
            fate["collapsed"] += len(group) - len(versions)
            recorded = [day_of(v["recorded_on"], dates)[0] for v in versions] if len(versions) > 1 else [None]
            if len(set(recorded)) < len(versions):
                fate["set_aside"] += len(versions)
                continue
            fate["accepted"] += len(versions)
            last = versions[recorded.index(max(recorded))] if len(versions) > 1 else versions[0]
            step = self._step(f"{stem}:{contact_id}", stem, about, dates, last)
            families = self._families(stem, about, last, step["day"])
            no_family += 0 if families else len(versions)
            for family in families:
                self.steps[family].append({**step, "family": family})
        assert len({row.get("contact_id") for row in rows}) == 1 or all(row["contact_id"] for row in rows)
        terms = {term: fate[term] for term in ("accepted", "set_aside", "collapsed")}
        self.account[file] = {"read": len(rows), **terms, "in_no_family": no_family}

    def _families(self, stem: str, about: dict, row: dict, day: date) -> list[str]:
        if row.get("family_id"):
            return [row["family_id"]]
        who = row["person_id"] if about.get("person_ids") == "shared" else f"{stem}:{row['person_id']}"
        return [f for f, first, last in self.members[who] if (not first or first <= day) and (not last or day < last)]

    def _step(self, contact_id: str, stem: str, about: dict, dates: list[str], row: dict) -> dict:
        agency = row.get("agency") or about["agency"]
        word = row["activity"].casefold()
        rule = RULES.get((agency, word)) or RULES.get(("", word))
        if not rule:
            self.unmapped[word] += 1
            rule = {"name": word, "nature": "unknown"}
        day, time, is_month = day_of(row["date"], dates)
        first, last = (date.fromisoformat(str(d)) for d in about["covers"])
        assert first <= day <= last
        recorded = day_of(row["recorded_on"], dates)[0] if row.get("recorded_on") else day
        assert day <= recorded <= END or is_month
        kept = {k: row.get(k, "") for k in ("need_id", "referred_to", "professional_id")}
        step = {"id": contact_id, "stem": stem, "agency": agency, "day": day, "recorded": recorded, "time": time}
        return {**step, **kept, "activity": rule["name"], "nature": rule["nature"], "rule": rule, "month": is_month}


def plus_months(day: date, number: int) -> date:
    """The same day of the month, or the month's last."""
    index = day.year * 12 + day.month - 1 + number
    for last in (day.day, 30, 29, 28):
        try:
            return date(index // 12, index % 12 + 1, last)
        except ValueError:
            continue
    raise AssertionError


def repeats(steps: list[dict], activity: str, times: int, until) -> list[list[dict]]:
    """Firings of `times` in a window whose last day is `until(its first day)`, counted afresh after each."""
    found, free = [], sorted((s for s in steps if s["activity"] == activity), key=lambda s: s["day"])
    for day in sorted({s["day"] for s in free}):
        window = [s for s in free if s["day"] <= day <= until(s["day"])]
        if len(window) >= times:
            found.append(window)
            free = [s for s in free if s["day"] > day]
    return found


def follows(steps: list[dict]) -> list[list[dict]]:
    """A referral within 12 months of an earlier one: the latest earlier one still free."""
    found, free = [], []
    for step in sorted((s for s in steps if s["activity"] == "csc_referral"), key=lambda s: s["day"]):
        earlier = [s for s in free if s["day"] < step["day"] <= plus_months(s["day"], 12)]
        if earlier:
            found.append([earlier[-1], step])
            free.remove(earlier[-1])
        free.append(step)
    return found


def silences(steps: list[dict]) -> tuple[list[tuple[date, dict]], list[tuple[date, dict]]]:
    """Incidents after which social care recorded nothing in ten working days: run out, and not yet."""
    ended, not_yet = [], []
    for step in (s for s in steps if s["activity"] == "domestic_abuse_incident"):
        due, left = step["day"], 10
        while left:
            due += timedelta(days=1)
            left -= due.weekday() < 5 and due not in BANK_HOLIDAYS
        if not any(s["agency"] == "social_care" and step["day"] <= s["day"] <= due for s in steps):
            (ended if due <= END else not_yet).append((due, step))
    return ended, not_yet


def firings(reading: Reading) -> list[tuple]:
    """All four triggers, recounted."""
    rows = []
    for family, steps in reading.steps.items():
        month = repeats(steps, "absence_unexplained", 3, lambda day: day + timedelta(days=28))
        year = repeats(steps, "domestic_abuse_incident", 3, lambda day: plus_months(day, 12))
        found = [("unexplained_absence", e[-1]["day"], e) for e in month]
        found += [("domestic_abuse_three", e[-1]["day"], e) for e in year]
        found += [("re_referral", e[-1]["day"], e) for e in follows(steps)]
        found += [("police_no_social_care", due, [incident]) for due, incident in silences(steps)[0]]
        helped = sorted(s["day"] for s in steps if s["rule"].get("help"))
        for trigger, on, evidence in found:
            known = max(on, *(e["recorded"] for e in evidence))
            last = known + timedelta(days=30)
            first = next((day for day in helped if day >= on), None)
            state = "answered" if first and first <= last else "open" if last > END else "not answered"
            rows.append((trigger, family, on, known, tuple(sorted(e["id"] for e in evidence)), state, first))
    return sorted(rows, key=str)


def handovers(steps: list[dict]) -> list[tuple]:
    """Referrals with the first row that answers each, and responsibility for a need that moved."""
    rows, waiting, holders = [], [], {}
    for step in sorted(steps, key=lambda s: (s["day"], s["id"])):
        need = step["need_id"]
        answered = None
        if step["nature"] in ("touch", "referral", "decision"):
            answered = next(
                (w for w in waiting if w["to"] == step["agency"] and (not need or not w["need"] or need == w["need"])),
                None,
            )
        if answered:
            answered["by"], answered["on"] = step["id"], step["day"]
            waiting.remove(answered)
        if step["rule"].get("takes_responsibility") and need:
            if holders.get(need, step["agency"]) != step["agency"] and not answered:
                rows.append({"from": holders[need], "to": step["agency"], "row": step, "need": need, "on": step["day"]})
            holders[need] = step["agency"]
        if step["nature"] == "referral" and step["referred_to"] != step["agency"]:
            referral = {"from": step["agency"], "to": step["referred_to"], "row": step, "need": need}
            rows.append(referral)
            waiting.append(referral)
    return [(r["from"], r["to"], r["row"]["id"], r.get("by"), r.get("on")) for r in rows]


@pytest.fixture(scope="module", params=SEEDS)
def planted_and_read(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    return make(folder, seed=request.param), Reading(folder)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        make(tmp_path / name, families=3, comparison=2, seed=seed)
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert content(tmp_path / "a")["police.csv"] != content(tmp_path / "c")["police.csv"]


def test_the_committed_sample_is_what_the_module_makes(tmp_path):
    make(tmp_path)
    assert content(SAMPLE) == content(tmp_path)
    assert sum(map(len, content(SAMPLE).values())) < 1_000_000


def test_the_account_adds_up_file_by_file(planted_and_read):
    planted, reading = planted_and_read
    assert planted.account == reading.account
    for terms in planted.account.values():
        assert terms["read"] == terms["accepted"] + terms["set_aside"] + terms["collapsed"]
    assert sum(terms["read"] for terms in planted.account.values()) < 30_000
    assert sum(terms["in_no_family"] for terms in planted.account.values()) == 4


def test_a_slow_recount_finds_every_firing_and_no_other(planted_and_read):
    planted, reading = planted_and_read
    columns = ("trigger", "family_id", "fired_on", "known_on", "evidence", "state", "first_help_on")
    told = [tuple(tuple(sorted(f[c])) if c == "evidence" else f[c] for c in columns) for f in planted.firings]
    assert firings(reading) == sorted(told, key=str)
    waiting = [(f, due, s["id"]) for f, steps in reading.steps.items() for due, s in silences(steps)[1]]
    assert waiting == [(s["family_id"], s["due_on"], s["evidence"][0]) for s in planted.open_silences]
    assert {f["state"] for f in planted.firings} == {"answered", "not answered", "open"}
    assert len({f["trigger"] for f in planted.firings}) == 4


def test_a_slow_recount_finds_every_handover_and_no_other(planted_and_read):
    planted, reading = planted_and_read
    found = [(family, *row) for family, steps in reading.steps.items() for row in handovers(steps)]
    columns = ("family_id", "from_agency", "to_agency", "shown_by", "answered_by", "answered_on")
    assert sorted(found, key=str) == sorted((tuple(h[c] for c in columns) for h in planted.handovers), key=str)
    assert {h["kind"] for h in planted.handovers} == {"referral", "responsibility"}
    assert [h["family_id"] for h in planted.bounces] == ["F0004"]


def test_decoys_are_in_no_answer_and_their_contacts_are_in_the_files(planted_and_read):
    planted, reading = planted_and_read
    real = {step["id"] for steps in reading.steps.values() for step in steps}
    assert len({decoy["name"] for decoy in planted.decoys}) >= 12
    for decoy in planted.decoys:
        assert set(decoy["contacts"]) <= real
        if decoy["must_not"] == "handover":
            assert not any(h["shown_by"] in decoy["contacts"] for h in planted.handovers)
            continue
        fired = [
            f for f in planted.firings if (f["trigger"], f["family_id"]) == (decoy["must_not"], decoy["family_id"])
        ]
        assert not any(set(decoy["contacts"]) & set(f["evidence"]) for f in fired)


def test_the_counts_of_every_family_are_those_of_a_slow_recount(planted_and_read):
    planted, reading = planted_and_read
    for family in planted.reviewed + planted.comparison:
        steps = reading.steps[family]
        marks = [s for s in steps if s["stem"] in ("attendance", "academy_register")]
        met = [s for s in steps if s["nature"] in ("touch", "referral")]
        assert planted.contacts[family] == len(steps) - len(marks)
        assert planted.marks[family] == len(marks)
        assert planted.agencies[family] == len({s["agency"] for s in met})
        assert planted.professionals[family] == len({s["professional_id"] for s in met} - {""})
        assert planted.unnamed[family] == sum(not s["professional_id"] for s in met)
        assert planted.told[family] == len({(s["agency"], s["day"]) for s in steps if s["rule"].get("tells_story")})
    both = [{s["id"] for s in reading.steps[family]} for family in ("F0005", "F0006")]
    assert [s["contacts"] + s["marks"] for s in planted.shared] == [len(both[0] & both[1])]


def test_rates_are_plausible_and_the_stories_go_as_they_are_told(planted_and_read):
    planted, reading = planted_and_read
    *seven, thin = planted.reviewed
    assert all(60 <= planted.contacts[family] <= 140 for family in seven)
    assert all(7 <= planted.agencies[family] <= 11 for family in seven)
    assert planted.contacts[thin] == 4 and planted.switches == {thin: 1}
    assert all(3 <= planted.contacts[family] <= 25 for family in planted.comparison[:EPISODES])
    assert all(20 <= planted.contacts[family] <= 50 for family in planted.comparison[EPISODES:])
    (improving,), (flat,) = planted.improving, planted.flat
    first, last = (sum(planted.quarters[improving][n : n + 4]) for n in (0, 8))
    assert last < first / 3
    first, last = (sum(planted.quarters[flat][n : n + 4]) for n in (0, 8))
    assert 0.6 < last / first < 1.4
    shares = [absent / possible for absent, possible in planted.absence[improving]]
    assert shares[-1] < shares[1] / 2
    assert reading.unmapped == {"befriending walk": 3}
    assert sum(s["month"] for steps in reading.steps.values() for s in steps) >= 5


def test_a_slow_recount_finds_every_crisis_its_sign_and_its_twins(planted_and_read):
    planted, reading = planted_and_read
    crises = {f: [s["day"] for s in steps if s["rule"].get("crisis")] for f, steps in reading.steps.items()}
    assert planted.crises == {f: min(days) for f, days in crises.items() if days}
    signs = defaultdict(list)
    for trigger, family, _, known, *_ in firings(reading):
        signs[family] += [known] if trigger == "unexplained_absence" else []
    assert planted.signs == {f: min(days) for f, days in signs.items() if days}
    early = planted.comparison[EPISODES:]
    missing = [f for f in early if any(s["activity"] == CRISIS for s in reading.steps[f])]
    assert missing == [f for f in early if f in planted.crises] == early[::2]
    assert [f for f in early if f in planted.signs and f not in missing] == planted.twins
    leads = [planted.lead(f) for f in missing if f in planted.signs]
    assert len(leads) == 35 and all(145 <= lead < 390 for lead in leads)


def test_a_folder_that_was_not_made_here_is_refused_and_left_alone(tmp_path):
    (tmp_path / "police.csv").write_text("somebody's own\n")
    with pytest.raises(FileExistsError, match="did not make"):
        make(tmp_path)
    (tmp_path / "sources.yml").write_text(f"{MADE_BY}\ninvented: false\n")
    with pytest.raises(FileExistsError, match="none of them was touched"):
        make(tmp_path)
    assert (tmp_path / "police.csv").read_text() == "somebody's own\n"
    (tmp_path / "sources.yml").write_text(f"{MADE_BY}\ninvented: true\n")
    make(tmp_path, families=1, comparison=0)


@pytest.mark.parametrize(("families", "comparison"), [(1, 0), (5, 0), (10, 3), (17, 12), (1, 47)])
def test_other_sizes_keep_their_answers(tmp_path, families, comparison):
    planted, reading = make(tmp_path, families, comparison, seed=3), Reading(tmp_path)
    assert planted.account == reading.account
    assert [f[:3] for f in firings(reading)] == sorted(
        ((f["trigger"], f["family_id"], f["fired_on"]) for f in planted.firings), key=str
    )
    assert describe(planted).startswith(f"{families} invented famil")


def test_too_few_families_are_refused(tmp_path):
    with pytest.raises(ValueError, match="families must be 1 or more"):
        make(tmp_path, families=0)


def test_the_sample_uses_nothing_of_the_kit_but_its_columns_and_how_the_book_is_written():
    for path in (ROOT / "sample").glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        kit = {name for name in imported if name.split(".")[0] in ("journeys", "lib")}
        names = {"journeys.columns"}
        if path.name == "book.py":
            names |= {"journeys.bookfile", "journeys.judgements", "journeys.predictions"}
        assert {name for name in kit if not name.startswith("journeys.sample.")} <= names
