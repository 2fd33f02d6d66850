"""Who belongs to which family and when: `from` is in, `to` is out; what fits none or two is a fault, never a guess."""

import pandas as pd
import pytest

import journeys as fj
from lib.errors import DataError
from tests.stories.conftest import drawn, members_of, rule, supplied

MEMBERS = """
    person  family  from        to          because
    P1      F1      2024-01-01  2024-06-01  –
    P1      F2      2024-06-01  –           –
    P2      F3      2024-01-01  2024-06-01  –
    P2      F4      2024-06-03  –           –
    K1      F5      2024-01-01  –           separated parents
    K1      F6      2024-03-01  –           separated parents
    K2      F5      2024-01-01  –           –
    K2      F6      2024-03-01  –           –
    K3      F5      2024-01-01  –           separated parents
    K3      F6      2024-03-01  –           –
    M1      F7      2024-01-01  2024-03-01  –
    M1      F7      2024-03-01  2024-06-01  –
    M2      F8      –           2024-06-01  –
    M3      F9      2024-01-01  2024-03-01  born
    M3      F9      2024-03-01  –           separated parents
    M3      F10     2024-03-01  –           separated parents
    M4      F9      2024-01-01  –           Separated Parents
    M4      F10     2024-01-01  –           SEPARATED PARENTS
    """

# Person, when, the family that the log names, and the families that it goes to or the fault.
STORIES = {
    "the last day in goes to the family": ("P1", "2024-05-31", "–", "F1"),
    "the first day out goes to the next": ("P1", "2024-06-01", "–", "F2"),
    "the first day in is in": ("P1", "2024-01-01", "–", "F1"),
    "the day before the first is out": ("P1", "2023-12-31", "–", "no_family"),
    "a month wholly inside fits": ("P1", "2024-05", "–", "F1"),
    "the month after the change fits the next": ("P1", "2024-06", "–", "F2"),
    "a year that holds a change of family fits none": ("P1", "2024", "–", "span_crosses"),
    "a month that begins before the first day in fits none": ("P2", "2024-06", "–", "span_crosses"),
    "the family that the log names wins, and the disagreement is a fault": (
        "P1",
        "2024-06-10",
        "F1",
        "F1 log_and_members_disagree",
    ),
    "the log agrees": ("P1", "2024-06-11", "F2", "F2"),
    "a span over a change goes to the family that the log names": ("P1", "2024", "F1", "F1"),
    "a person of nobody's goes to the family that the log names": ("X1", "2024-06-10", "F1", "F1"),
    "a day between two families fits none": ("P2", "2024-06-02", "–", "no_family"),
    "a person whom no row names fits none": ("X9", "2024-06-02", "–", "no_family"),
    "before the parents part it is one family": ("K1", "2024-02-10", "–", "F5"),
    "and then both": ("K1", "2024-03-01", "–", "F5 F6"),
    "a month of both is of both": ("K1", "2024-04", "–", "F5 F6"),
    "a year in which the second begins fits none": ("K1", "2024", "–", "span_crosses"),
    "two families that say nothing are a fault": ("K2", "2024-03-01", "–", "two_families"),
    "and before the second begins are none": ("K2", "2024-02-29", "–", "F5"),
    "two families of which one says so are a fault": ("K3", "2024-03-01", "–", "two_families"),
    "rows of one family that touch are one spell": ("M1", "2024", "–", "span_crosses"),
    "a span over rows that touch fits": ("M1", "2024-02/2024-04", "–", "F7"),
    "a month beside the seam fits": ("M1", "2024-03", "–", "F7"),
    "an empty from is as far back as the logs go": ("M2", "1990-01-01", "–", "F8"),
    "the row in force on the day says whether parents are separated": ("M3", "2024-04-01", "–", "F9 F10"),
    "and before it the child is in one family": ("M3", "2024-02-01", "–", "F9"),
    "the wording is compared without regard to capitals": ("M4", "2024-02-01", "–", "F9 F10"),
}


def members():
    return members_of(MEMBERS)


@pytest.fixture(scope="module")
def placed(tmp_path_factory):
    lines = ["family  person  date  earliest  latest  activity  id"]
    for n, (person, when, named, _) in enumerate(STORIES.values()):
        date, first, last = when, "–", "–"
        if "/" in when:
            first, last = when.split("/")
            date, first, last = "–", f"{first}-10", f"{last}-10"
        lines.append(f"{named}  {person}  {date}  {first}  {last}  visit  {n}")
    log = "\n".join(lines)
    review = drawn(tmp_path_factory.mktemp("members") / "data", log, members=members())
    contacts = fj.read_contacts(review.session.folder.path)
    kinds = {"no_family", "span_crosses", "two_families", "log_and_members_disagree"}
    found = {name: [] for name in STORIES}
    names = list(STORIES)
    for row in review.steps.df().itertuples():
        found[names[int(row.contact_id.split(":")[1].split(".")[-1])]].append(row.family_id)
    for row in fj.check_contacts(contacts, members()).df().itertuples():
        if row.fault in kinds:
            found[names[int(row.contact_id.split(":")[1].split(".")[-1])]].append(row.fault)
    return found


@pytest.mark.parametrize("story", STORIES)
def test_a_contact_goes_where_its_person_is(placed, story):
    assert sorted(placed[story]) == sorted(STORIES[story][3].split())


SHARED = """
    person  date        activity     id
    A       2024-03-10  visit        1
    C       2024-03-12  DA incident  2
    B       2024-03-14  call         3
    B       2024-03-16  visit        4
    C       2024-03-20  DA incident  5
    """
PARENTS = """
    person  family  from        to  because
    A       F5      2024-01-01  –   –
    B       F6      2024-01-01  –   –
    C       F5      2024-01-01  –   separated parents
    C       F6      2024-01-01  –   separated parents
    """


@pytest.fixture(scope="module")
def parted(tmp_path_factory):
    lines = SHARED.strip().splitlines()
    rows = [lines[0] + "  agency"] + [x + ("  police" if "DA" in x else "  school") for x in lines[1:]]
    rules = {"twice": rule("repeat", "domestic_abuse_incident", times=2, within_days=28)}
    root = tmp_path_factory.mktemp("parted") / "data"
    return drawn(root, "\n".join(rows), members=members_of(PARENTS), triggers=rules)


def test_each_family_shows_the_childs_contacts_and_the_total_counts_them_once(parted):
    assert fj.measures.families(parted).set_index("family_id")["contacts"].to_dict() == {"F5": 3, "F6": 4}
    totals = fj.measures.totals(parted).iloc[0]
    assert (totals["contacts"], totals["shared"]) == (5, 2)


def test_one_more_of_each_parents_contacts_makes_five_of_which_one_is_shared(tmp_path):
    log = """
        person  date        activity  id
        K1      2024-02-10  visit     1
        K1      2024-03-01  visit     2
        A       2024-03-05  visit     3
        B       2024-03-05  visit     4
        B       2024-03-06  visit     5
        """
    text = """
        person  family  from        to  because
        K1      F5      2024-01-01  –   separated parents
        K1      F6      2024-03-01  –   separated parents
        A       F5      2024-01-01  –   –
        B       F6      2024-01-01  –   –
        """
    review = drawn(tmp_path / "data", log, members=members_of(text))
    assert fj.measures.families(review)["contacts"].tolist() == [3, 3]
    totals = fj.measures.totals(review).iloc[0]
    assert (totals["contacts"], totals["shared"], totals["families"]) == (5, 1, 2)


def test_the_maps_node_counts_the_shared_contact_once_and_its_families_twice(parted):
    nodes = parted.map().nodes
    assert {n: (d["contacts"], d["families"]) for n, d in nodes(data=True)} == {
        "visit": (2, 2),
        "domestic_abuse_incident": (2, 2),
        "call": (1, 1),
    }


def test_moves_and_switches_belong_to_each_journey(parted):
    # F5: visit, incident, incident. F6: incident, call, visit, incident.
    assert parted.map().graph["moves"] == 5
    assert fj.measures.switches(parted).set_index("family_id")["switches"].to_dict() == {"F5": 1.0, "F6": 2.0}


def test_a_shared_firing_stands_in_each_journey_and_its_evidence_is_the_same(parted):
    frame = fj.find_triggers(parted, only=["twice"]).df()
    assert frame["family_id"].tolist() == ["F5", "F6"]
    assert sorted(frame["evidence"].iloc[0]) == sorted(frame["evidence"].iloc[1])


def test_an_agency_counts_a_shared_contact_once(parted):
    agencies = fj.measures.agencies(parted).set_index("agency")
    assert agencies.loc["police", ["contacts", "families"]].tolist() == [2, 2]


def test_a_log_that_names_families_needs_no_members_and_disagrees_with_nobody(tmp_path):
    text = "family  person  date  activity  id\nF1  P1  2024-05  visit  1\nF1  P1  2024-05-20  visit  2\nF2  P1  2024-07-01  visit  3"
    review = drawn(tmp_path / "data", text)
    assert review["F1"].steps["contact_id"].tolist() == ["log:F1.1", "log:F1.2"]
    assert "log_and_members_disagree" not in set(fj.check_contacts(fj.read_contacts(tmp_path / "data")).df()["fault"])


def test_a_members_file_is_read_as_the_table(tmp_path):
    log = "Ref,Person,When,What,Outcome,Recorded\n1,P1,31/05/2024,visit,,\n2,P1,01/06/2024,visit,,\n"
    file = "person_id,family_id,from,to,because\npolice:P1,F1,2024-01-01,01/06/2024,tenancy\npolice:P1,F2,01/06/2024,,tenancy\n"
    folder = supplied(tmp_path / "data", {"police.csv": log, "members.csv": file}, members="members.csv")
    frame = fj.read_members(folder).df()
    assert [f"{d:%Y-%m-%d}" for d in frame["from_date"]] == ["2024-01-01", "2024-06-01"]
    assert frame["to_date"].isna().tolist() == [False, True]
    review = fj.build_journeys(fj.read_contacts(folder), fj.read_members(folder))
    assert review.steps.df()["family_id"].tolist() == ["F1", "F2"]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("police:P1,F1,2024-06-01,2024-06-01,", "line 2: `to` is the first day out"),
        ("police:P1,F1,2024-06-31,,", "line 2: a day is not one that exists"),
        ("police:P1,,2024-06-01,,", "line 2: a person_id and a family_id are needed"),
    ],
)
def test_a_membership_that_cannot_be_used_stops_with_its_line(tmp_path, row, says):
    log = "Ref,Person,When,What,Outcome,Recorded\n1,P1,31/05/2024,visit,,\n"
    file = f"person_id,family_id,from,to,because\n{row}\n"
    folder = supplied(tmp_path / "data", {"police.csv": log, "members.csv": file}, members="members.csv")
    with pytest.raises(DataError) as caught:
        fj.read_members(folder)
    assert says in str(caught.value) and "P1" not in str(caught.value)


def test_members_may_be_a_frame_with_true_dates():
    frame = pd.DataFrame(
        {"person_id": ["P1"], "family_id": ["F1"], "from_date": [pd.Timestamp("2024-01-01")], "to_date": [pd.NaT]}
    )
    log = pd.DataFrame({"who": ["P1", "P1"], "when": ["2023-12-31", "2024-01-01"], "what": "visit"})
    form = {"columns": {"person_id": "who", "date": "when", "activity": "what"}, "dates": ["iso"]}
    entry = {"agency": "school", "person_ids": "shared", "format": form}
    contacts = fj.read_contacts(
        frames={"log": log}, sources={"purpose": "a story", "invented": True, "files": {"log": entry}}
    )
    assert len(fj.build_journeys(contacts, frame).steps) == 1
