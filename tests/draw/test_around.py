"""The picture of who is in a family and who is around it: order, weights, the last 90 days, and nothing that no log says."""

import math

import pytest

import journeys as fj
from journeys import draw
from lib.errors import RequestError
from tests.stories.conftest import drawn, fill, members_of

AGENCIES = (
    "school", "police", "gp", "housing", "hospital", "camhs", "voluntary", "benefits", "early_help", "social_care",
    "probation", "youth_justice", "mental_health", "health_visitor", "community_nursing_and_therapy_services_north",
    "fire", "ambulance", "library", "job_centre", "debt_advice",
)  # fmt: skip
FEW = """
    person  date        agency       activity  id
    p:1     2024-03-01  school       visit     a
    p:1     2024-04-01  school       visit     b
    p:1     2024-04-02  school       call      c
    p:1     2024-10-02  gp           visit     d
    p:1     2024-10-03  police       visit     e
    p:1     2024-05-01  housing      written   f
"""
ONE = members_of("""
    person  family  from  to          because
    p:1     F1      –     –           told_by_WORDSOFAMEMBER
    p:2     F1      –     2024-06-01  –
    p:3     F1      2024-02-01  –     –
    p:4     F1      –     2023-12-31  –
""")


WRITTEN = {"written": {"says": "Written down", "nature": "record", "asked_by": "agency"}}


def review_of(root, text=FEW, members=ONE, **more):
    return drawn(root / "data", text, members=members, start="2024-01-01", activities=WRITTEN, **more)


def nodes(ax):
    """Every mark joined by a line: its name, and where it stands."""
    found = {}
    for line in ax.lines:
        if (line.get_gid() or "").startswith("line "):
            found[line.get_gid()[5:]] = (line, line.get_xdata()[0], line.get_ydata()[0])
    return found


def test_lines_are_as_thick_as_touches_and_referrals_and_solid_on_day_90_not_on_day_91(tmp_path):
    # The last of the 90 days is 31 December, the first 3 October.
    review = review_of(tmp_path)
    ax = draw.around(review["F1"], ONE)
    found = {name: line for name, (line, *_) in nodes(ax).items()}
    assert found["School"].get_linewidth() == pytest.approx(3 * found["GP"].get_linewidth())
    assert found["Police"].get_linestyle() == "-"
    assert found["GP"].get_linestyle() != "-"
    table = draw.table(ax).set_index("name")
    assert table.loc[["Police", "GP", "School", "Housing"], "line"].tolist() == [
        "lately",
        "not since",
        "not since",
        "records only",
    ]
    assert table.loc[["School", "GP", "Housing"], "contacts"].tolist() == [3, 1, 0]
    title = ax.get_figure(root=True).finding
    assert title.startswith("Three agencies met this family in one year, one of them in the last 90 days. Nobody")


def test_what_the_records_do_not_reach_is_not_said_to_be_over(tmp_path):
    review = review_of(tmp_path, covers={"gp": ("2024-01-01", "2024-11-30")})
    line = draw.table(draw.around(review["F1"], ONE)).set_index("name")["line"]
    assert (line["GP"], line["School"]) == ("cannot be told", "not since")


def test_agencies_stand_clockwise_as_in_the_swim_lane(tmp_path, invented):
    review = review_of(tmp_path, crowd(20, 9)[0], crowd(20, 9)[1])
    ax = draw.around(review["F1"], crowd(20, 9)[1])
    box = next(p for p in ax.patches if p.get_gid() == "family")
    cx, cy = box.get_x() + box.get_width() / 2, box.get_y() + box.get_height() / 2
    places = nodes(ax)
    # y grows downwards: from the top, clockwise.
    turned = sorted(places, key=lambda n: math.atan2(places[n][1] - cx, cy - places[n][2]) % (2 * math.pi))
    lanes = draw.table(draw.timeline(review["F1"]))["agency"].tolist()
    assert turned == lanes
    assert len(turned) == 20


def test_members_stand_by_number_with_when_they_left_and_nothing_of_why(tmp_path, invented):
    ax = draw.around(review_of(tmp_path)["F1"], ONE)
    said = [words for words, *_ in invented.printed(ax.figure)]
    assert {"1", "2, left 1 Jun 2024", "3, from 1 Feb 2024"} <= set(said)
    assert not any(words.startswith("4") for words in said)
    assert "1 person in the family only before or after" in " ".join(said)
    assert "WORDSOFAMEMBER" not in str(said) + draw.alt(ax)
    frame = fj.members_of(review_of(tmp_path)["F1"], ONE)
    assert frame["person_id"].tolist() == ["1", "2", "4", "3"]
    assert frame["because"].tolist()[0] == "told_by_WORDSOFAMEMBER"


def test_numbers_of_several_suppliers_are_no_count_of_people(tmp_path, invented):
    two = members_of("""
        person  family  from  to  because
        p:1     F1      –     –   –
        q:7     F1      –     –   –
    """)
    ax = draw.around(review_of(tmp_path, members=two)["F1"], two)
    said = [words for words, *_ in invented.printed(ax.figure)]
    assert {"p: 1", "q: 7"} <= set(said)
    assert any("members (2 numbers)" in words for words in said)
    assert not any("2 members" in words for words in said)


def test_who_held_it_up_comes_first_in_ink_family_before_paid_help(tmp_path, invented):
    review = review_of(tmp_path)
    path = fj.write_book(review)
    fill(path, "resources", family_id="F1", kind="paid help", who="a nurse", to="01/06/2024", decided_by="mother")
    fill(path, "resources", family_id="F1", kind="family", who="$gran\\frac{1}{0}$", decided_by="mother")
    fill(path, "resources", family_id="F1", kind="community", who="club", to="01/06/2020", decided_by="mother")
    ax = draw.around(review["F1"], ONE)
    invented.sound(ax.figure)
    table = draw.table(ax)
    assert table.loc[table["what"] == "held it up", "line"].tolist() == ["still", "ended"]
    assert list(nodes(ax))[:2] == ["$gran\\frac{1}{0}$", "a nurse"]
    assert "People wrote down two supports" in ax.get_figure(root=True).finding
    assert "1 support of other years" in " ".join(words for words, *_ in invented.printed(ax.figure))


def crowd(agencies, members):
    rows = ["person  date  agency  activity  id"]
    for n, agency in enumerate(AGENCIES[:agencies]):
        for i in range(1 + n * 7 % 5):
            rows.append(f"p:1  2024-{1 + (n + i) // 2:02d}-{1 + n % 28:02d}  {agency}  visit  c{n}x{i}")
    people = ["person  family  from  to  because"]
    people += [f"p:{n + 1}  F1  –  {'2024-07-01' if n % 3 == 2 else '–'}  same_household" for n in range(members)]
    return "\n".join(rows), members_of("\n".join(people))


@pytest.mark.parametrize("how", [{}, {"size": "a3"}, {"frame": False}])
@pytest.mark.parametrize(("agencies", "members"), [(1, 1), (20, 9)])
def test_no_text_meets_another_or_the_edge(invented, font, tmp_path, agencies, members, how):
    text, people = crowd(agencies, members)
    ax = draw.around(review_of(tmp_path, text, people)["F1"], people, **how)
    invented.sound(ax.figure)
    assert len(draw.alt(ax)) <= 350


def test_what_finds_no_room_is_named_below_and_stays_in_the_table(invented, font, tmp_path):
    rows = ["person  date  agency  activity  id"]
    rows += [f"p:1  2024-{1 + n % 12:02d}-01  agency_{n:02d}  visit  c{n}" for n in range(60)]
    people = crowd(1, 30)[1]
    ax = draw.around(review_of(tmp_path, "\n".join(rows), people)["F1"], people)
    invented.sound(ax.figure)
    width, height = ax.figure.get_size_inches()
    assert (width, height) <= (11.70, 8.28)
    said = " ".join(words for words, *_ in invented.printed(ax.figure))
    assert "No room for" in said and "in the table" in said
    assert (draw.table(ax)["what"] == "agency").sum() == 60


def test_a_family_whom_nobody_met_has_a_picture_too(invented, tmp_path):
    text = "person  date  agency  activity  id\np:1  2024-05-01  school  written  a"
    ax = draw.around(review_of(tmp_path, text)["F1"], ONE)
    invented.sound(ax.figure)
    assert ax.get_figure(root=True).finding.startswith("No agency met this family")


def test_it_is_refused_at_board_and_without_members(tmp_path):
    review = review_of(tmp_path)
    with pytest.raises(RequestError, match="fj\\.measures\\.agencies"):
        draw.around(review["F1"], ONE, level="board")
    with pytest.raises(RequestError, match="read_members"):
        draw.around(review["F1"], review.coverage)
