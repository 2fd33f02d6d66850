"""What each pattern is, as a picture: words that fit, a table, an alt text, and a line that fires beside one that does not."""

import pytest
from matplotlib.patches import Rectangle

from journeys import agreed, draw
from journeys.drawing.examples import EXAMPLES, met
from lib.errors import RequestError

EACH = pytest.mark.parametrize("name", EXAMPLES)


def words(invented, ax):
    return [text for text, *_ in invented.printed(ax.figure)]


def test_every_pattern_of_the_rules_has_its_picture():
    assert set(EXAMPLES) == set(agreed.SHAPES)


@EACH
@pytest.mark.parametrize("frame", [True, False])
def test_no_text_meets_another_or_the_edge(invented, font, name, frame):
    invented.sound(draw.pattern(name, frame=frame).figure)


@EACH
def test_one_line_fires_and_the_other_just_does_not(name):
    assert met(EXAMPLES[name], EXAMPLES[name].fires) is not None
    assert met(EXAMPLES[name], EXAMPLES[name].does_not) is None


FIRES_ON = {
    "repeat": 28,
    "spread": 24,
    "follow": 45,
    "sequence": 40,
    "silence": 14,
    "rate": 29,
    "escalate": 22,
    "first": 31,
    "combine": 20,
}


@EACH
def test_the_table_has_a_row_for_each_contact_and_says_what_fired(name):
    table = draw.table(draw.pattern(name))
    assert list(table.columns) == ["line", "day", "contact", "is_evidence", "fired_on_day"]
    fires, not_fires = (table[table["line"] == line] for line in ("fires", "does not fire"))
    assert len(fires) == len(EXAMPLES[name].fires) and len(not_fires) == len(EXAMPLES[name].does_not)
    assert set(fires["fired_on_day"]) == {FIRES_ON[name]} and not_fires["fired_on_day"].isna().all()
    assert fires["is_evidence"].any() and not not_fires["is_evidence"].any()


@EACH
def test_what_fires_is_drawn_once_and_the_evidence_ringed(name):
    ax = draw.pattern(name)
    table = draw.table(ax)
    assert len([p for p in ax.patches if p.get_gid() == "firing"]) == 1
    rings = [line for line in ax.lines if line.get_gid() == "evidence"]
    assert sum(len(line.get_xdata()) for line in rings) == table["is_evidence"].sum()


@pytest.mark.parametrize("name", ["repeat", "follow", "silence"])
def test_a_day_past_the_window_lies_outside_it(name):
    """Where a contact is a day late, its mark stands to the right of the window's end."""
    ax = draw.pattern(name)
    windows = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_gid() == "window"]
    marks = [line for line in ax.lines if line.get_gid() in ("signal", "referral", "touch")]
    rightmost = max(float(max(line.get_xdata())) for line in marks)
    assert len(windows) == 2 and rightmost > windows[0].get_x() + windows[0].get_width()


@EACH
def test_alt_text_is_true_short_and_says_that_it_is_invented(name):
    said = draw.alt(draw.pattern(name))
    assert said.startswith(f"The pattern {name}: ") and said.endswith("Invented data.") and len(said) <= 350
    assert "Fires on" in said and "Does not fire" in said


@EACH
def test_it_says_on_its_face_that_the_contacts_are_invented(invented, name):
    ax = draw.pattern(name)
    assert "INVENTED DATA" in words(invented, ax)
    assert "Invented contacts" in " ".join(words(invented, ax))
    assert "Invented contacts" in draw.pattern(name, frame=False).figure.caption


@EACH
def test_the_same_picture_has_the_same_bytes(name, tmp_path):
    for stem in ("a", "b"):
        draw.save(draw.pattern(name), tmp_path / stem)
    for ending in ("svg", "png"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_a_pattern_that_is_not_there():
    with pytest.raises(RequestError, match=r"no pattern 'repeet'. Did you mean 'repeat'\?"):
        draw.pattern("repeet")
