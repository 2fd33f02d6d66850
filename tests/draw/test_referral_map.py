"""The referral map and professionals at once: parts that make the whole, bands as thick as their referrals, words."""

import itertools
import random
from collections import Counter

import pandas as pd
import pytest

import journeys as fj
from journeys import draw
from journeys.columns import TABLES
from journeys.drawing import referralmap, routes
from lib import figures
from lib.errors import RequestError

TAKEN, BACK, NONE = "taken on", "sent back", "no recorded answer"
FRONT = "front_door"
REVIEWED = [
    ("housing", FRONT, "da_service", TAKEN, 1), ("hospital", FRONT, "da_service", TAKEN, 2),
    ("police", FRONT, "da_service", TAKEN, 3), ("police", FRONT, "social_care", TAKEN, 5),
    ("school", FRONT, "social_care", TAKEN, 3), ("police", FRONT, "early_help", "family_support", TAKEN, 4),
    ("school", FRONT, "early_help", "family_support", TAKEN, 2), ("hospital", FRONT, "early_help", NONE, 2),
    ("police", FRONT, "early_help", NONE, 3), ("police", FRONT, BACK, 4), ("school", FRONT, BACK, 7),
    ("police", FRONT, NONE, 5), ("health_visitor", "early_help", "family_support", TAKEN, 5),
    ("school", "early_help", BACK, 5), ("gp", "camhs", BACK, 2), ("gp", "camhs", "talking_therapy", TAKEN, 3),
]  # fmt: skip
"""Who passed a family to whom, what came of it at the end, and how often."""


def passed(ways):
    """What `passed` gives, from ways: agencies in turn, what came of the last referral, how often."""
    ids, rows = itertools.count(), []
    for n, (*agencies, came, times) in enumerate(ways):
        for again in range(times):
            before = None
            for k, (a, b) in enumerate(itertools.pairwise(agencies)):
                contact = f"x:{next(ids):04}"
                rows.append({
                    "family_id": f"F{(n + again) % 8}", "need_id": f"N{n}.{again}", "contact_id": contact, "from_agency": a,
                    "to_agency": b, "referred_on": pd.Timestamp("2023-01-01"), "is_exact": True, "answered_by": None,
                    "answered_on": None, "is_open": False, "is_rejected": False, "bounce": None, "in_loop": False,
                    "feedback_by": None, "follows": before, "shares_a_day": False,
                    "came": came if k == len(agencies) - 2 else "passed on",
                })  # fmt: skip
                before = contact
    return pd.DataFrame(rows, columns=[c.name for c in TABLES["passed"]])


def drawn(invented, ways, **more):
    with figures.style():
        return referralmap.draw(passed(ways), invented.Review(), more.get("level", "team"), more.get("shown", True))


def tangle(seed, agencies, ways):
    dice = random.Random(seed)
    pool = [f"service {n}" for n in range(agencies)]
    found = []
    for _ in range(ways):
        way = [dice.choice(pool)]
        for _ in range(dice.choice((1, 1, 2, 2, 3, 4))):
            way.append(dice.choice([a for a in pool if a != way[-1] and a not in way[-2:]]))
        found.append((*way, dice.choice((TAKEN, BACK, NONE)), dice.choice((1, 1, 2, 5))))
    return found


def words(invented, ax):
    return [text for text, *_ in invented.printed(ax.figure)]


def test_the_title_adds_up_to_the_times_that_someone_referred(invented):
    ax = drawn(invented, REVIEWED)
    r = routes.read(passed(REVIEWED), invented.Review())
    ends = Counter()
    for *_, came, times in REVIEWED:
        ends[came] += times
    assert (r.taken, r.back, r.none) == (ends[TAKEN], ends[BACK], ends[NONE])
    assert r.taken + r.back + r.none == r.first == sum(times for *_, times in REVIEWED)
    assert ax.figure.finding == (
        f"Of {r.first} times that someone referred a family, {r.taken} led to somebody who took the family on; "
        f"{r.back} came back and {r.none} have no recorded answer"
    )


@pytest.mark.parametrize("seed", range(12))
def test_the_parts_of_every_stop_make_what_came_in(invented, seed):
    frame = passed(tangle(seed, 3 + seed, 5 + 6 * seed))
    r = routes.read(frame, invented.Review())
    every = r.bands | r.hidden
    for name, node in r.nodes.items():
        came_in, went_on = (sum(n for e, n in every.items() if e[end] == name) for end in (1, 0))
        layer = int(name.split("|")[0])
        if 0 < layer < r.last:
            assert came_in == node.into == node.on + node.back + node.none and went_on == node.on
    assert (
        r.taken + r.back + r.none == r.first
        and r.first + r.onward + r.returned == len(frame) == r.table["referrals"].sum()
    )
    assert sum(n for (_, b), n in every.items() if b.startswith(f"{r.last}|")) == r.taken
    assert sum(r.returns.values()) == r.back and len(r.bands) <= 24
    assert all(r.layer[a] < r.layer[b] for a, b in r.bands)
    assert max(Counter(r.layer.values()).values(), default=0) <= 12


def test_bands_and_bars_are_as_long_as_their_referrals(invented):
    ax = drawn(invented, REVIEWED)
    r = routes.read(passed(REVIEWED), invented.Review())
    bands = [p for p in ax.patches if p.get_gid() == "band"]
    thick = [p.get_path().vertices[-2][1] - p.get_path().vertices[0][1] for p in bands]
    shares = [t / n for t, n in zip(thick, r.bands.values(), strict=True)]
    assert max(shares) == pytest.approx(min(shares))
    parts = {kind: sum(p.get_height() for p in ax.patches if p.get_gid() == kind) for kind in ("back", "none")}
    assert parts["back"] == pytest.approx(r.back * shares[0]) and parts["none"] == pytest.approx(r.none * shares[0])


def test_returns_are_dashed_lines_and_words_at_both_ends(invented):
    ax = drawn(invented, REVIEWED)
    said = words(invented, ax)
    assert {"12 came back", "4 came back", "2 came back", "11 sent back", "5 sent back", "2 sent back"} <= set(said)
    assert len([p for p in ax.patches if p.get_gid() == "return"]) == 4


def test_a_service_that_took_on_all_that_came_stands_with_those_who_took_families_on(invented):
    r = routes.read(
        passed([("school", "gp", TAKEN, 3), ("school", "camhs", TAKEN, 2), ("school", "camhs", NONE, 1)]),
        invented.Review(),
    )
    assert set(r.nodes) == {"0|school", "4|gp", "1|camhs", "4|camhs"}
    assert r.bands == {("0|school", "4|gp"): 3, ("0|school", "1|camhs"): 3, ("1|camhs", "4|camhs"): 2}


def test_small_links_are_left_out_and_the_footer_says_so(invented):
    ways = tangle(5, 14, 60)
    r = routes.read(passed(ways), invented.Review())
    said = " ".join(words(invented, drawn(invented, ways)))
    assert len(r.hidden) > 24 and f"{len(r.hidden)} smaller links" in said
    assert min(r.bands.values()) >= max(r.hidden.values())


def test_the_footer_says_what_the_map_rests_on(invented):
    said = " ".join(words(invented, drawn(invented, REVIEWED, level="board")))
    for part in ("n = 95 referrals (56 from those who noticed, 39 onward)", "services seen side by side are switches",
                 "Feedback to the referrer is recorded for 0 of 95", "share a day with another and have no time",
                 "about the system, not about an agency", "Level: BOARD"):  # fmt: skip
        assert part in said, part


def test_three_referrals_are_sentences(invented):
    ax = drawn(invented, [("school", "gp", TAKEN, 2), ("school", "camhs", NONE, 1)])
    assert {"School to GP: 2 referrals; 2 taken on.", "School to CAMHS: 1 referral; 1 no recorded answer."} <= set(
        words(invented, ax)
    )
    assert not [p for p in ax.patches if p.get_gid() == "band"]
    four = drawn(invented, [("school", "gp", TAKEN, 2), ("school", "camhs", NONE, 2)])
    assert [p for p in four.patches if p.get_gid() == "band"]


def test_no_referral_is_said(invented):
    ax = drawn(invented, [])
    assert ax.figure.finding == "No row refers a family to another agency"
    assert draw.alt(ax).startswith("No row refers a family to another agency.")


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize(("agencies", "ways"), [(3, 5), (5, 9), (8, 20), (12, 40), (18, 90)])
def test_no_words_meet(invented, font, agencies, ways, shown):
    invented.sound(drawn(invented, tangle(agencies, agencies, ways), shown=shown).figure)
    invented.sound(drawn(invented, REVIEWED, shown=shown).figure)


def test_the_same_referrals_in_another_order_give_the_same_picture(invented, tmp_path):
    frame = passed(REVIEWED)
    bytes_of = []
    for n, some in enumerate((frame, frame.sample(frac=1, random_state=3))):
        with figures.style():
            ax = referralmap.draw(some, invented.Review(), "team", True)
        bytes_of.append(draw.save(ax, tmp_path / f"{n}")[0].read_bytes())
    assert bytes_of[0] == bytes_of[1]


def test_alt_text_is_true_and_short(invented):
    said = draw.alt(drawn(invented, REVIEWED))
    assert said.startswith(
        "Map of 95 referrals among 13 services for 8 families. Of 56 first referrals 28 led to someone"
    )
    assert len(said) <= 350 and said.endswith("Invented data.")


def test_the_table_has_a_row_per_pair_with_what_came_of_it(invented):
    table = draw.table(drawn(invented, REVIEWED))
    assert (table[["passed_on", "sent_back", "taken_on", "no_recorded_answer"]].sum(axis=1) == table["referrals"]).all()
    row = table[(table["from"] == "Police") & (table["to"] == FRONT)].iloc[0]
    assert row["referrals"] == 24 and row["sent_back"] == 4 and row["no_recorded_answer"] == 5


@pytest.fixture(scope="module")
def review():
    return fj.build_journeys(
        fj.read_contacts("sample"), fj.read_members("sample"), start="2022-04-01", end="2025-03-31"
    )


def test_the_sample_is_drawn_from_the_review_or_from_what_passed_gives(invented, review):
    one, other = draw.referrals(review), draw.referrals(fj.passed(review))
    assert draw.alt(one) == draw.alt(other) and draw.table(one)["referrals"].sum() == 8
    invented.sound(one.figure)


def test_what_is_no_review_is_refused(review):
    with pytest.raises(RequestError, match="neither a review nor what passed gives"):
        draw.referrals(fj.handovers(review))


def test_professionals_are_drawn_as_steps_that_reach_their_most(invented, review):
    for family in review:
        ax = draw.professionals(review[family])
        invented.sound(ax.figure)
        table = draw.table(ax)
        line = next(a for a in ax.lines if a.get_gid() == "at once")
        top, bottom = min(line.get_ydata()), max(line.get_ydata())
        ever = next(a for a in ax.lines if a.get_gid() == "so far")
        height = bottom - min(ever.get_ydata())
        assert (bottom - top) / height == pytest.approx(table["at_once"].max() / table["so_far"].max())
        assert len(draw.alt(ax)) <= 350 and "SW0" not in draw.alt(ax)


def test_professionals_of_one_family_are_not_for_a_board(review):
    with pytest.raises(RequestError, match="not drawn at level 'board'"):
        draw.professionals(review["F0003"], level="board")
