"""Messages: where, what, the nearest guess, what to do; and never what a file says of a person."""

import json

import pytest

import journeys as fj
from lib.errors import DataError, KitError, PermissionRefused, RequestError, RuleError
from tests.conftest import folder_of, table
from tests.stories.conftest import drawn, rule, supplied

LOG = """\
Ref,Person,When,What,Outcome,Recorded
101,Zebedee-Q77,01/05/2024 14:10,visit,threatened his brother,01/05/2024
102,Zebedee-Q77,31/02/2024,visit,threatened his brother,01/05/2024
"""
PERSONAL = ("Zebedee", "Q77", "threatened", "brother", "31/02")


def says(kind, act, *parts):
    """The message of what goes wrong, which holds every part, and nothing of a person."""
    with pytest.raises(kind) as caught:
        act()
    message = str(caught.value)
    missing = [p for p in parts if p not in message]
    assert not missing, f"{missing} not in: {message}"
    assert not [p for p in PERSONAL if p in message], message
    assert isinstance(caught.value, KitError)
    return message


def line_of(folder, text):
    lines = (folder / "sources.yml").read_text().splitlines()
    return next(n for n, line in enumerate(lines, start=1) if text in line)


def test_a_missing_file(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": LOG})
    (folder / "police.csv").unlink()
    says(
        DataError,
        lambda: fj.read_contacts(folder),
        "police.csv is not there",
        "Put the file in the folder, or remove its line",
    )


def test_a_missing_column_says_what_was_expected_what_is_there_and_the_nearest(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": LOG.replace("Recorded", "Recordd", 1)})
    says(
        DataError,
        lambda: fj.read_contacts(folder),
        "police.csv has no column 'Recorded'",
        f"line {line_of(folder, 'recorded_on')}",
        "Did you mean 'Recordd'?",
        "Columns found: 'Ref', 'Person'",
        "If the supplier renamed it, change that line",
    )


def test_a_missing_column_of_a_kits_format_names_the_format_and_its_line(tmp_path):
    text = "contact_id,person_id,dat,agency,contact_type\n1,Zebedee-Q77,01/05/2024,school,visit\n"
    folder = supplied(tmp_path / "data", {"log.csv": text}, {"log.csv": {"format": "contact_log"}})
    says(
        DataError,
        lambda: fj.read_contacts(folder),
        "log.csv has no column 'date'",
        "contact_log.yml (line",
        "Did you mean 'dat'?",
    )


def test_an_unknown_key_of_sources_with_its_line_and_the_nearest(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": LOG}, {"police.csv": {"agncy": "police"}})
    says(
        RuleError,
        lambda: fj.read_contacts(folder),
        f"line {line_of(folder, 'agncy')}",
        "'agncy'",
        "Did you mean 'agency'?",
    )


def test_an_unknown_target_of_a_format_with_its_line_and_the_nearest(tmp_path):
    form = {"columns": {"contact_id": "Ref", "persn_id": "Person", "date": "When", "activity": "What"}}
    folder = supplied(tmp_path / "data", {"police.csv": LOG}, {"police.csv": {"format": form}})
    says(
        RuleError, lambda: fj.read_contacts(folder), f"line {line_of(folder, 'persn_id')}", "Did you mean 'person_id'?"
    )


def test_a_value_of_the_wrong_kind_with_its_line(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": LOG}, {"police.csv": {"midnight": "noon"}})
    says(
        RuleError, lambda: fj.read_contacts(folder), f"line {line_of(folder, 'noon')}", "'midnight'", "'time' or 'none'"
    )


def test_a_format_that_does_not_exist(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": LOG}, {"police.csv": {"format": "contact_logs"}})
    says(
        RuleError,
        lambda: fj.read_contacts(folder),
        f"line {line_of(folder, 'contact_logs')}",
        "Did you mean 'contact_log'?",
    )


def test_a_date_format_with_a_year_of_two_figures(tmp_path):
    form = {"columns": {"person_id": "Person", "date": "When", "activity": "What"}, "dates": ["%d/%m/%y"]}
    folder = supplied(tmp_path / "data", {"police.csv": LOG}, {"police.csv": {"format": form}})
    says(RuleError, lambda: fj.read_contacts(folder), "line", "two figures (%y)")


def test_a_time_zone_that_does_not_exist(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": LOG}, {"police.csv": {"zone": "Europe/Londn"}})
    says(RuleError, lambda: fj.read_contacts(folder), f"line {line_of(folder, 'Londn')}", "Write it as Europe/London")


def test_an_unknown_activity_in_a_rule_with_file_line_and_the_nearest(tmp_path):
    rules = {"three": rule("repeat", "absense_unexplained", times=3, within_days=28)}
    review = drawn(tmp_path / "data", "family  date  activity\nF1  2024-05-01  visit", triggers=rules)
    says(
        RuleError,
        lambda: fj.find_triggers(review),
        "triggers.yml",
        "line 1",
        "'absense_unexplained', which is not in activities.yml",
        "Did you mean 'absence_unexplained'?",
    )


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"within_dys": 28}, ["'within_dys'", "Did you mean 'within_days'?"]),
        ({"within_months": 2}, ["needs one window, and has 2"]),
        ({"within_days": None}, ["needs one window, and has 0"]),
        ({"times": None}, ["'times' is not there"]),
        ({"then": "visit"}, ["has no 'then'"]),
        ({"pattern": "repeet"}, ["'pattern'", "'repeat'"]),
        ({"within_days": -1}, ["too small"]),
    ],
)
def test_a_rule_that_cannot_be_used_says_which_and_why(tmp_path, change, parts):
    rules = {"three": rule("repeat", "absence_unexplained", times=3, within_days=28) | change}
    review = drawn(tmp_path / "data", "family  date  activity\nF1  2024-05-01  visit", triggers=rules)
    says(RuleError, lambda: fj.find_triggers(review), "triggers.yml", "line 1", *parts)


FACTS = """\
version: ours-1
facts:
  owing:
    says: Money is owed
    short: [Money, owed]
    known_by: [rent_arrears]
    needed_by: [housing]
    source: ours
    mark: local
"""


def facts_of(root, text):
    """A folder with facts of its own, ready to be asked who knew what."""
    folder = drawn(root / "data", "family  date  activity\nF1  2024-05-01  visit").session.folder.path
    (folder / "rules").mkdir()
    (folder / "rules" / "facts.yml").write_text(text)
    return lambda: fj.who_knew_what(fj.build_journeys(fj.read_contacts(folder)))


@pytest.mark.parametrize(
    ("old", "new", "line", "parts"),
    [
        ("    known_by", "    knwn_by", 6, ["unknown key 'knwn_by'", "Did you mean 'known_by'?"]),
        ("facts:", "fcts:", 2, ["unknown key 'fcts'", "Did you mean 'facts'?"]),
        ("[rent_arrears]", "[rent_arears]", 6, ["'rent_arears', which is not in", "Did you mean 'rent_arrears'?"]),
        ("[rent_arrears]", "[{activity: rent_arrears, resaon: x}]", 6, ["key 'resaon'", "Did you mean 'reason'?"]),
        ("[rent_arrears]", "[{reason: x}]", 6, ["'activity': it is not there"]),
        ("[rent_arrears]", "[]", 3, ["nothing makes it known"]),
        ("[rent_arrears]", "rent_arrears", 6, ["'known_by'", "list"]),
        ("[housing]", "[hosing]", 7, ["names agency 'hosing'", "Did you mean 'housing'?"]),
        ("[housing]", "[housing]\n    passes_by: [referal]", 8, ["'referal'", "Did you mean 'referral'?"]),
        ("[Money, owed]", "[Money, owed to so many]", 5, ["'short'", "12 letters"]),
        ("[Money, owed]", "[]", 5, ["'short'"]),
        ("mark: local", "mark: loacl", 9, ["'mark'", "'local'"]),
        ("    says: Money is owed\n", "", 3, ["'says': it is not there"]),
        ("mark: local", "mark: local\n    times: 3", 3, ["times and within_days go together"]),
        ("mark: local", "mark: local\n    times: 0", 3, ["too small"]),
        ("version: ours-1", "enough: 0", 1, ["enough is a whole number"]),
        ("version: ours-1", "enough: many", 1, ["enough is a whole number"]),
    ],
)
def test_a_fact_that_cannot_be_used_says_where_which_and_why(tmp_path, old, new, line, parts):
    act = facts_of(tmp_path, FACTS.replace(old, new))
    says(RuleError, act, f"facts.yml, line {line}:", *parts)


def test_facts_of_a_folders_own_are_merged_by_name_and_said(tmp_path):
    text = FACTS.replace("  owing:", "  rent_owed: {needed_by: [gp]}\n  owing:").replace(
        "facts:", "enough: 2\nfacts:", 1
    )
    known = facts_of(tmp_path, text)()
    rules = known.owner.rules
    assert (rules.version, rules.enough) == ("2026.1 + ours-1", 2)
    assert (rules.facts["rent_owed"].needed_by, rules.facts["rent_owed"].short) == (["gp"], ["Behind", "with rent"])
    own = fj.measures.own_rules(known.owner.review)
    told = {(r.rules, r.name): (r.change, r.now, r.before) for r in own.itertuples()}
    assert told["facts", "rent_owed"] == ("changed", "needed_by: gp", "needed_by: housing, benefits")
    assert told["facts", "enough"] == ("changed", "enough: 2", "enough: 3")
    assert told["facts", "owing"][0] == "added"


def test_a_kind_of_row_is_written_out_in_the_difference(tmp_path):
    text = "facts:\n  low_mood: {known_by: [{activity: consult, reason: [low, sad]}]}\n"
    (row,) = fj.measures.own_rules(facts_of(tmp_path, text)().owner.review).itertuples()
    assert row.now == "known_by: (activity: consult; reason: low, sad)"


REPEAT = rule("repeat", "absence_unexplained", times=3, within_days=28)
SPREAD = rule("spread", "visit", times=3, distinct="agency", within_days=28)
SILENCE = rule("silence", "incident", awaited_agency="police", within_days=10)
RATE = rule("rate", "absence_unexplained", possible="present", percent=10, counted_from="year", per="person")
ESCALATE = rule("escalate", None, grades=["call", "visit"], times=2, within_days=28)
COMBINE = rule("combine", None, of=["one", "other"], times=2, within_days=28)
MISUSED = [
    (SPREAD | {"distinct": None}, ["'it'", "is a spread, and 'distinct' is not there", "Add it"]),
    (SPREAD | {"distinct": "agencies"}, ["'distinct'", "'agency', 'person', 'reason' or 'day' is expected"]),
    (SPREAD | {"times": "all"}, ["is a spread: `times` is a number"]),
    (SPREAD | {"times": 0}, ["a number is too small to mean anything"]),
    (rule("sequence", "visit", then="call", within_days=9), ["is a sequence, and 'without' is not there", "Add it"]),
    (REPEAT | {"without": "call"}, ["is a repeat, which has no 'without'", "Remove it"]),
    (SILENCE | {"awaited_agency": None}, ["is a silence: say what it waits for", "`awaited` (activities)"]),
    (RATE | {"per": "family"}, ["is a share of one person's sessions: add `per: person`"]),
    (RATE | {"within_days": 28}, ["is a rate, which has no window", "Remove 'within_days'"]),
    (RATE | {"percent": 0}, ["a number is too small to mean anything"]),
    (RATE | {"possible": "presnt"}, ["'presnt', which is not in activities.yml", "Did you mean 'present'?"]),
    (RATE | {"counted_from": "month"}, ["'counted_from'", "'year' or 'term' is expected"]),
    (ESCALATE | {"activity": "visit"}, ["is an escalate: name `grades`, lowest first, or one `activity`", "not both"]),
    (ESCALATE | {"grades": None}, ["is an escalate: name `grades`, lowest first, or one `activity`"]),
    (ESCALATE | {"times": 3}, ["waits for 3 grades, and names 2"]),
    (
        rule("escalate", "visit", times=3, within_months=1),
        ["compares two windows of one length: give it as within_days"],
    ),
    (rule("first", "visit", within_days=9), ["is a first, which has no window", "Remove 'within_days'"]),
    (rule("first", "visit", since_gap_days=0), ["a number is too small to mean anything"]),
    (COMBINE | {"times": 3}, ["combines triggers of a family, and so many of them at most as it names"]),
    (COMBINE | {"per": "person"}, ["combines triggers of a family"]),
    (COMBINE | {"of": None}, ["is a combine, and 'of' is not there"]),
    (COMBINE | {"of": ["one", "othr"]}, ["combines 'othr', which is no trigger", "Did you mean 'other'?"]),
    (COMBINE | {"of": ["one", "both"]}, ["combines 'both', which is a combination itself"]),
    (COMBINE | {"about": "service"}, ["is about a service, and 'one' is about a family", "Take it out"]),
]


@pytest.mark.parametrize(("rules", "parts"), MISUSED, ids=[parts[0] for _, parts in MISUSED])
def test_a_rule_of_any_pattern_that_cannot_be_used_says_where_which_why_and_what_to_do(tmp_path, rules, parts):
    others = {"one": REPEAT, "other": SPREAD, "both": COMBINE}
    text = json.dumps({"triggers": others | {"it": rules}}, indent=1)
    review = drawn(tmp_path / "data", "family  date  activity\nF1  2024-05-01  visit", triggers={"one": REPEAT})
    (review.session.folder.path / "rules" / "triggers.yml").write_text(text, encoding="utf-8")
    message = says(RuleError, lambda: fj.find_triggers(review), "triggers.yml", *parts)
    first = 1 + next(n for n, line in enumerate(text.splitlines()) if '"it"' in line)
    line = int(message.split("line ")[1].split(":")[0])
    assert first <= line <= len(text.splitlines())


def test_a_use_that_is_not_allowed(tmp_path):
    entry = {"controller": "the Chief Constable", "agreement": "ISA-2024-17", "lawful_basis": "public task"}
    entry |= {"allowed_uses": ["review"], "keep_until": "2999-01-01"}
    folder = supplied(tmp_path / "data", {"police.csv": LOG}, {"police.csv": entry}, invented=False)
    says(
        PermissionRefused,
        lambda: fj.read_contacts(folder, use="training"),
        f"line {line_of(folder, 'allowed_uses')}",
        "police.csv may be used for 'review', not for 'training' (ISA-2024-17)",
        "Ask the Chief Constable, then add it to that line",
    )


def test_data_past_their_day(tmp_path):
    entry = {"controller": "the Chief Constable", "keep_until": "2020-03-31"}
    folder = supplied(tmp_path / "data", {"police.csv": LOG}, {"police.csv": entry})
    says(
        PermissionRefused,
        lambda: fj.read_contacts(folder),
        f"line {line_of(folder, 'keep_until')}",
        "police.csv was to be kept until 31 March 2020",
        "Delete it, or agree a new date with the Chief Constable",
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    text = "family  date  activity\nF0001  2024-05-01  visit\nF0002  2024-05-03  visit"
    return drawn(tmp_path_factory.mktemp("small") / "data", text)


def test_an_empty_period_says_which_days_there_are(small):
    contacts = fj.read_contacts(small.session.folder.path)
    message = says(
        RequestError,
        lambda: fj.build_journeys(contacts, start="2019-01-01", end="2019-12-31"),
        "no contact of these families lies between 1 Jan 2019 and 31 Dec 2019",
        "The contacts run from 1 May 2024 to 3 May 2024",
    )
    assert "Choose other days" in message


@pytest.mark.parametrize(
    ("days", "parts"),
    [
        ({"start": "2024-06-01", "end": "2024-05-01"}, ["ends (1 May 2024) before it starts (1 Jun 2024)", "Swap"]),
        ({"start": "2024-05-01", "as_at": "2024-04-01"}, ["as_at (1 Apr 2024)", "before the period starts"]),
        ({"start": "2024-02-30"}, ["start is not a day that exists", "Write it as 2024-04-01 or 01/04/2024"]),
        ({"end": "soon"}, ["end is not a day that exists"]),
    ],
)
def test_days_that_cannot_be_used(small, days, parts):
    contacts = fj.read_contacts(small.session.folder.path)
    says(RequestError, lambda: fj.build_journeys(contacts, **days), *parts)


def test_a_family_that_is_not_there(small):
    says(
        RequestError,
        lambda: small["F001"],
        "family 'F001' is not in this review",
        "Did you mean 'F0001'?",
        "Families: 'F0001', 'F0002'",
    )


def test_a_family_under_review_that_is_not_there(small):
    contacts = fj.read_contacts(small.session.folder.path)
    act = lambda: fj.build_journeys(contacts, families=["F0003"])  # noqa: E731
    says(RequestError, act, "family 'F0003'", "Did you mean", "Families:")


def test_two_stems(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": LOG, "police.txt": LOG})
    says(
        RuleError,
        lambda: fj.read_contacts(folder),
        f"line {line_of(folder, 'police.csv')}",
        f"line {line_of(folder, 'police.txt')}",
        "share the name 'police'",
        "Rename one, or declare `series: police` on both",
    )


def test_a_folder_that_is_not_there():
    says(RequestError, lambda: fj.read_contacts("sampel"), "no data folder 'sampel'", "Did you mean 'sample'?")


def test_a_trigger_that_is_not_there(small):
    act = lambda: fj.find_triggers(small, only=["unexplaned_absence"])  # noqa: E731
    says(RequestError, act, "no trigger 'unexplaned_absence'", "Did you mean 'unexplained_absence'?")


@pytest.mark.parametrize(
    ("act", "parts"),
    [
        (lambda r: r.map(by="agenci"), ["'agenci'", "Did you mean 'agency'?"]),
        (lambda r: r.map(order="fil"), ["'fil'", "Did you mean 'file'?"]),
        (lambda r: fj.handovers(r, by="family"), ["'family'", "agency or professional"]),
        (lambda r: fj.build_journeys(r), ["Write contacts = fj.read_contacts(data) first"]),
        (lambda r: fj.check_contacts(r.steps), ["Write contacts = fj.read_contacts(data) first"]),
        (lambda r: fj.measures.families(r.steps), ["Write review = fj.build_journeys"]),
        (lambda r: fj.measures.triggers(r.steps), ["Write firings = fj.find_triggers"]),
    ],
)
def test_a_word_or_a_thing_that_a_verb_does_not_take(small, act, parts):
    says(RequestError, lambda: act(small), *parts)


def test_a_verb_that_is_not_there():
    with pytest.raises(AttributeError, match=r"fj has no 'read_contact'. Did you mean 'read_contacts'\?"):
        _ = fj.read_contact


def test_no_reason_for_setting_aside_and_no_fault_holds_a_personal_value(tmp_path):
    rows = "103,Zebedee-Q77,01/05/2024,visit,threatened\n,Zebedee-Q77,,,,\n104,Zebedee-Q77,01/05/2024,visit,brother,,extra\n"
    folder = supplied(tmp_path / "data", {"police.csv": LOG + rows})
    told = fj.set_aside(folder).df().to_string() + fj.check_contacts(fj.read_contacts(folder)).df()["says"].to_string()
    assert not [p for p in PERSONAL if p in told]


def test_what_is_shown_in_a_notebook_hides_who_it_is_about_unless_asked(tmp_path):
    contacts = fj.read_contacts(supplied(tmp_path / "data", {"police.csv": LOG}))
    assert "Zebedee" not in repr(contacts) and "Zebedee" not in contacts._repr_html_()
    assert "Zebedee" in contacts.show(identifying=True).to_string()


def test_sources_that_are_no_mapping_say_so(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": LOG})
    (folder / "sources.yml").write_text(json.dumps(["police.csv"]))
    says(RuleError, lambda: fj.read_contacts(folder), "sources.yml", "keys and values")


def test_where_nobody_is_in_a_family_yet_it_says_how_families_come_about(tmp_path):
    log = table("person  date  agency  activity\nP1  2024-05-01  school  visit")
    alone = folder_of(tmp_path, {"school": log})
    contacts = fj.read_contacts(alone)
    says(
        RequestError,
        lambda: fj.build_journeys(contacts),
        "no contact is in a family yet",
        "`members:` of sources.yml",
        "python -m journeys link",
    )
