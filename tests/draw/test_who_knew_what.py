"""The picture of who knew what says what the rows say: cells, shades, order, the day they knew enough; and stays legible."""

import json
import random
from itertools import pairwise

import pandas as pd
import pytest
from matplotlib.patches import Rectangle

import journeys as fj
from journeys import draw
from journeys.drawing import matrix
from lib.errors import RequestError
from lib.timescale import number
from tests.stories.conftest import drawn, fact

FACTS = {
    "f1": fact("visit", short=["Out of", "work"], says="Work was lost", needed_by=("school",)),
    "f2": fact("call", short=["Debt"], says="Money is owed"),
    "f3": fact("incident", short=["Noise", "at night"], passes_by=["referral"]),
    "f4": fact("message", short=["Baby", "under 1"]),
}
PIECES = """
    date        agency       activity      to
    2024-01-10  school       visit         –
    2024-07-08  police       visit         –
    2024-07-09  gp           visit         –
    2024-01-20  police       incident      –
    2024-02-01  police       referral      gp
    2024-03-01  gp           call          –
    2024-09-01  social_care  message       –
    2024-06-01  early_help   help_started  –
    """


def review(root, text=PIECES, facts=FACTS, **more):
    root.mkdir(exist_ok=True)
    return drawn(root / "data", {"F1": text}, facts=facts, start="2024-01-01", **more)


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    return review(tmp_path_factory.mktemp("pieces"))["F1"]


@pytest.fixture(scope="module")
def sample():
    contacts = fj.read_contacts("sample")
    of = fj.build_journeys(contacts, fj.read_members("sample"), start="2022-04-01", end="2025-03-31")
    return of, fj.who_knew_what(of)


def words(invented, ax):
    return [text for text, *_ in invented.printed(ax.figure)]


def boxes(ax, name):
    return [p for p in ax.patches if isinstance(p, Rectangle) and p.get_gid() == name]


def in_cells(invented, ax, name):
    """The words that stand in the boxes drawn under a name."""
    found = []
    for box in boxes(ax, name):
        area = box.get_window_extent()
        for text in ax.texts:
            at = text.get_window_extent()
            if area.x0 <= (at.x0 + at.x1) / 2 <= area.x1 and area.y0 <= (at.y0 + at.y1) / 2 <= area.y1:
                found.append(text.get_text())
    return sorted(found)


def test_each_cell_holds_its_month_in_the_shade_of_when_it_was_known(invented, journey):
    ax = draw.who_knew_what(journey)
    # 8 July is 180 days after 10 January, 9 July 181.
    assert in_cells(invented, ax, "first") == ["Jan 24", "Jan 24", "Mar 24", "Sep 24"]
    assert in_cells(invented, ax, "soon") == ["Feb 24", "Jul 24"]
    assert in_cells(invented, ax, "later") == ["Jul 24"]
    assert len(boxes(ax, "empty")) == 5 * 4 - 7


def test_rows_stand_as_in_the_swim_lane_and_columns_as_anybody_first_knew(invented, journey, sample):
    ax = draw.who_knew_what(journey)
    told = {text: box for text, _, box in invented.printed(ax.figure)}
    rows = ["School", "Police", "GP", "Early help", "Children's social care"]
    assert sorted(rows, key=lambda name: -told[name].y1) == rows
    heads = ["Out of", "Noise", "Debt", "Baby"]
    assert sorted(heads, key=lambda name: told[name].x0) == heads
    of, known = sample
    for family in of:
        lanes = list(draw.table(draw.timeline(of[family]))["agency"])
        ax = draw.who_knew_what(of[family], known)
        if fj.together.summary(known, family)["facts"].iloc[0] < 3:
            continue
        at = {text: box.y1 for text, _, box in invented.printed(ax.figure) if text in lanes}
        assert sorted(lanes, key=lambda name: -at[name]) == lanes


def test_counts_stand_beside_every_agency_without_a_bar(invented, journey):
    said = words(invented, draw.who_knew_what(journey))
    assert [w for w in said if w.endswith(" of 4") and w[0].isdigit()] == [
        "1 of 4",
        "2 of 4",
        "3 of 4",
        "0 of 4",
        "1 of 4",
    ]


def test_what_was_known_in_time_is_underlined_and_nothing_else(journey):
    ax = draw.who_knew_what(journey)
    assert len([line for line in ax.lines if line.get_gid() == "in time"]) == 4  # two of January, February, March


def test_a_date_that_rests_on_a_referral_is_italic_and_said(invented, journey):
    ax = draw.who_knew_what(journey)
    italic = [
        t.get_text() for t in ax.texts if t.get_fontproperties().get_style() == "italic" and len(t.get_text()) > 1
    ]
    assert italic == ["Feb 24"]
    assert "italic: told by a referral" in words(invented, ax)
    assert any("1 date rests on a referral" in w for w in words(invented, ax))
    assert list(draw.table(ax)["how"]).count("passed on") == 1


def test_no_records_supplied_is_hatched_and_not_pale(invented, tmp_path):
    covers = {"school": ("2024-01-01", "2024-02-15")}
    needs = FACTS | {"f2": fact("call", short=["Debt"], needed_by=["housing"])}
    ax = draw.who_knew_what(review(tmp_path, covers=covers, facts=needs)["F1"])
    hatched = [p for p in ax.patches if p.get_hatch() and p.get_height() > 15]
    # School's records end before two of the facts were known; housing gave none at all.
    assert len(hatched) == 2 + 4
    assert [w for w in words(invented, ax) if w == "–"]
    said = words(invented, ax)
    assert {"Housing", "no records supplied", "no records after Feb 2024", "not supplied"} <= set(said)


def test_the_steps_are_the_days_on_which_facts_became_known(journey):
    ax = draw.who_knew_what(journey)
    (together,) = [line for line in ax.lines if line.get_gid() == "together"]
    (alone,) = [line for line in ax.lines if line.get_gid() == "alone"]
    days = fj.together.by_day(fj.who_knew_what(journey.alone), "F1")
    xs, ys = together.get_data()
    left, right, foot = xs[0], xs[-1], ys[0]
    per_day = (right - left) / (number(journey.end) + 1 - number(journey.start))
    high = (foot - ys[-1]) / 4
    for day, known, best in zip(days["day"], days["together"], days["best_alone"], strict=True):
        x = left + (number(day.date()) - number(journey.start)) * per_day
        for line, level in ((together, known), (alone, best)):
            after = [y for at, y in zip(*line.get_data(), strict=True) if abs(at - x) < 1e-6][-1]
            assert after == pytest.approx(foot - level * high)


def test_the_best_informed_agency_is_never_named(invented, sample):
    of, known = sample
    names = {of.activities.agency(a) for a in of.coverage["agency"]}
    for family in of:
        ax = draw.who_knew_what(of[family], known)
        told = [ax.figure.finding, draw.alt(ax), *(w for w in words(invented, ax) if w not in names)]
        if fj.together.summary(known, family)["facts"].iloc[0] >= 3:
            assert not [w for w in told for name in names if name in w]


HELPED = "2024-06-01  early_help   help_started  –"
CASES = {
    "closed": (PIECES, 3, "Together they knew enough 92 days before help began"),
    "open": (
        PIECES.replace(HELPED, ""),
        3,
        "Together they have known enough for 305 days, and no help is recorded yet",
    ),
    "the day itself": (PIECES.replace("2024-06-01", "2024-03-01"), 3, "Help began on the day"),
    "before": (PIECES.replace("2024-06-01", "2024-02-29"), 3, "Help had begun before they together knew enough"),
    "never": (PIECES, 5, "Together they knew 4 of 4 facts, and 5 would be enough"),
    "alone": (PIECES, 3, "At least one agency held enough by itself"),
    "all": (
        PIECES + "2024-09-02  gp  message  –\n",
        5,
        "At least one agency held all 4 facts. Together they knew 4 of 4",
    ),
    "none": (
        PIECES.replace("2024-03-01  gp           call", "2024-03-01  school       call"),
        3,
        "No agency held enough",
    ),
}


def with_enough(root, text, enough):
    made = review(root, text)
    path = made.session.folder.path / "rules" / "facts.yml"
    path.write_text(json.dumps({"enough": enough, "facts": FACTS}))
    return made["F1"]


@pytest.mark.parametrize("case", CASES)
def test_the_title_says_what_is_drawn(invented, tmp_path, case):
    text, enough, says = CASES[case]
    ax = draw.who_knew_what(with_enough(tmp_path, text, enough))
    assert says in ax.figure.finding
    invented.sound(ax.figure)
    assert len(draw.alt(ax)) <= 350 and draw.alt(ax).endswith("Table below. Invented data.")
    arrows = [p for p in ax.patches if p.get_gid() == "days"]
    assert len(arrows) == (case in ("closed", "open", "alone", "none"))
    assert len([p for p in ax.patches if p.get_gid() == "open"]) == (case == "open")


def test_every_agency_held_a_piece_only_where_each_did(tmp_path):
    each = PIECES.replace(HELPED, "2024-06-01  social_care  help_started  –").replace(
        "2024-03-01  gp", "2024-03-01  school"
    )
    assert draw.who_knew_what(with_enough(tmp_path, each, 3)).figure.finding.startswith(
        "Every agency held a piece, none"
    )


def test_the_table_holds_every_date_drawn_with_the_rows_that_show_it(journey):
    table = draw.table(draw.who_knew_what(journey))
    known = fj.who_knew_what(journey.alone).df()
    assert table.columns.tolist() == ["fact", "agency", "first_known_on", "how", "evidence"]
    assert sorted(table["first_known_on"]) == sorted(known["known_on"])
    assert sorted(map(tuple, table["evidence"])) == sorted(map(tuple, known["evidence"]))
    assert table["fact"].iloc[0] == "Work was lost"


@pytest.mark.parametrize(("kept", "says"), [(0, "No fact that the rules look for"), (1, "One fact"), (2, "Two facts")])
def test_under_three_facts_there_is_a_sentence_and_no_matrix(invented, tmp_path, kept, says):
    rows = ["2024-05-02  housing  letter  –", "2024-03-01  gp  call  –", "2024-01-10  school  visit  –"]
    head = "date  agency  activity  to\n"
    ax = draw.who_knew_what(review(tmp_path, head + "\n".join(rows[: kept + 1]))["F1"])
    assert ax.figure.finding.startswith(says)
    assert not ax.patches and not ax.lines
    assert kept == 0 or "Money is owed: GP, 1 March 2024" in words(invented, ax)
    invented.sound(ax.figure)


def many(root, facts, agencies, long=False):
    """A family with so many facts, known in turn by so many agencies."""
    rules, rows, activities = {}, [], {}
    dice = random.Random(facts * 100 + agencies)
    for n in range(facts):
        activities[f"a{n:02}"] = {"says": f"Kind {n}", "nature": "touch"}
        rules[f"g{n:02}"] = fact(f"a{n:02}", short=["WWWWWWWWWWWW", f"of kind {n}"] if long else ["Some", f"kind {n}"])
        for _ in range(3):
            name = f"team_{dice.randrange(agencies):02}" + ("_for_the_families_of_the_north" if long else "")
            rows.append(f"2024-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}  {name}  a{n:02}")
    text = "date  agency  activity\n" + "\n".join(rows)
    return review(root, text, facts=rules, activities=activities)["F1"]


@pytest.mark.parametrize(
    ("facts", "agencies", "long"), [(3, 2, False), (12, 10, False), (13, 16, True), (31, 5, False)]
)
@pytest.mark.parametrize("how", [{}, {"size": "a3"}, {"frame": False}], ids=["a4", "a3", "page"])
def test_no_text_meets_another_or_the_edge(invented, font, tmp_path, facts, agencies, long, how):
    ax = draw.who_knew_what(many(tmp_path, facts, agencies, long), **how)
    invented.sound(ax.figure)
    cells = sum(len(boxes(ax, name)) for name in ("first", "soon", "later", "empty"))
    assert cells == facts * len(set(draw.table(ax)["agency"]))


def test_past_what_a_sheet_holds_facts_stand_in_blocks_and_none_is_left_out(invented, tmp_path):
    ax = draw.who_knew_what(many(tmp_path, 31, 5))
    tops = {round(box.get_y()) for name in ("first", "soon", "later", "empty") for box in boxes(ax, name)}
    assert len(tops) > 5
    assert {f"kind {n}" for n in range(31)} <= set(words(invented, ax))


@pytest.mark.parametrize("family", [f"F000{n}" for n in range(1, 9)])
def test_every_family_of_the_sample_is_legible(invented, font, sample, family):
    of, known = sample
    invented.sound(draw.who_knew_what(of[family], known).figure)


def test_hostile_text_is_shown_and_never_obeyed(invented, tmp_path):
    hostile = [w for w in invented.hostile_words() if w.strip() and not set(w) & set('\r\n\x00"')][:12]
    rows = pd.DataFrame(
        [{"family": "F1", "date": f"2024-01-{n + 1:02}", "agency": w, "activity": a, "id": f"{n}{a}"}
         for n, w in enumerate(hostile) for a in ("rent_arrears", "call")]
    )  # fmt: skip
    (tmp_path / "rules").mkdir()
    rules = {f"f{n}": fact("call", short=["<b>x</b>", "$\\alpha$"], says=hostile[n % len(hostile)]) for n in range(4)}
    (tmp_path / "rules" / "facts.yml").write_text(json.dumps({"facts": rules}, ensure_ascii=False), encoding="utf-8")
    columns = {"contact_id": "id", "family_id": "family", "date": "date", "agency": "agency", "activity": "activity"}
    entry = {"log.csv": {"format": {"columns": columns, "dates": ["%Y-%m-%d"]}}}
    rows.to_csv(tmp_path / "log.csv", index=False)
    (tmp_path / "sources.yml").write_text(json.dumps({"purpose": hostile[0], "invented": True, "files": entry}))
    ax = draw.who_knew_what(fj.build_journeys(fj.read_contacts(tmp_path))["F1"])
    assert len(draw.table(ax)) > 20
    invented.sound(ax.figure)
    draw.save(ax, tmp_path / "hostile")
    assert "\u202e" not in "".join(words(invented, ax)) + draw.alt(ax)
    assert not any(text.get_parse_math() for text in ax.figure.findobj(invented.Text) if text.get_text())
    assert "<script" not in (tmp_path / "hostile.svg").read_text(encoding="utf-8")


def test_rows_in_any_order_give_the_same_bytes_and_files_are_small(tmp_path):
    head, *rows = PIECES.strip().splitlines()
    for name in ("a", "b"):
        random.Random(name).shuffle(rows)
        text = "\n".join([head, *rows])
        vector, pixels = draw.save(draw.who_knew_what(review(tmp_path / name, text)["F1"]), tmp_path / f"{name}_figure")
        assert pixels.stat().st_size < 250_000
        drawn_text = vector.read_text(encoding="utf-8")
        assert "<dc:date>" not in drawn_text and "<text" not in drawn_text and "Invented data." in drawn_text
    for ending in ("svg", "png"):
        assert (tmp_path / f"a_figure.{ending}").read_bytes() == (tmp_path / f"b_figure.{ending}").read_bytes()


def test_dark_and_light_differ_by_weight_and_shade_so_that_grey_tells_them_apart():
    def grey(colour):
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    tones = [grey(c) for c in (*matrix.FILLS.values(), matrix.EMPTY)]
    assert tones == sorted(tones) and min(b - a for a, b in pairwise(tones)) > 35


@pytest.mark.parametrize(
    "how, says",
    [
        ({"size": "A44"}, "Use 'a4' or 'a3'"),
        ({"level": "bord"}, "Did you mean 'board'"),
        ({"level": "board"}, "one family"),
    ],
)
def test_a_wrong_request_is_refused_in_words(journey, how, says):
    with pytest.raises(RequestError, match=says):
        draw.who_knew_what(journey, **how)


@pytest.mark.parametrize("seed", [0, 10, 16, 20, 38])
def test_the_arrow_of_days_runs_through_no_words(invented, tmp_path, seed):
    dice = random.Random(seed)
    days = sorted(f"20{dice.choice((16, 16, 17, 17, 18, 19, 24))}-{dice.randrange(1, 13):02}-15" for _ in range(11))
    rows = [f"{day}  team_{dice.randrange(4)}  a{n:02}" for n, day in enumerate(days)]
    rules = {f"g{n:02}": fact(f"a{n:02}", short=["Some", f"kind {n}"]) for n in range(11)}
    activities = {f"a{n:02}": {"says": f"Kind {n}", "nature": "touch"} for n in range(11)}
    rows += [f"{dice.choice(('2017-12-31', '2018-06-30'))}  early_help  help_started", "2025-12-31  gp  a00"]
    text = "\n".join(["date  agency  activity", *rows])
    made = drawn(tmp_path / "data", {"F1": text}, facts=rules, start="2016-01-01", activities=activities)
    ax = draw.who_knew_what(made["F1"], frame=False)
    for arrow in [p for p in ax.patches if p.get_gid() == "days"]:
        (left, low), (right, high) = arrow.get_window_extent().get_points() * 72 / ax.figure.dpi
        boxes = [(said, box) for said, _, box in invented.printed(ax.figure)]
        assert [said for said, b in boxes if left < b.x1 and b.x0 < right and low < b.y1 and b.y0 < high] == []
