"""Chances to help on the swim-lane: which are drawn and what they rest on, first help, and the time lost between them.

The bar of lost time runs from chance 1 to first help; while no help has come it runs to the edge, and is open. No days
are told where chance 1, or most of what is drawn, is not known to the day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from journeys.columns import TABLES
from journeys.drawing.bands import TriggerPlan
from journeys.drawing.story import Chanced, Firing, Story
from lib.figures import Sheet, rule
from lib.lettering import INK, SECOND_INK, clean, count, width, write
from lib.timescale import day_of, number, said

EPOCH = pd.Timestamp("1970-01-01")


def is_chances(frame: pd.DataFrame) -> bool:
    """Whether a frame is what `find_chances` gives, with all its columns."""
    return {c.name for c in TABLES["chances"]} <= set(frame.columns)


def of_family(chances: pd.DataFrame, journey: Any) -> tuple[set[str], list[Firing], Chanced]:
    """The contacts that a family's chances in the period rest on, those chances, and how they and help stand.

    Numbers are places among all of the family's chances, in order of day, as the table of chances has them; one that a
    reviewer rejected keeps its number and is not drawn.
    """
    review = journey.review
    start, after = number(review.start), number(review.end) + 1
    rows = chances[chances["family_id"] == journey.family_id].copy()
    rows["day"] = (pd.to_datetime(rows["on"]) - EPOCH) / pd.Timedelta(days=1)
    rows = rows.sort_values(["day", "chance_id"], kind="stable", ignore_index=True)
    rows["number"] = rows.index + 1
    kept = rows[rows["status"] != "rejected"]
    inside = kept[(kept["day"] >= start) & (kept["day"] < after)]
    steps = journey.steps
    vague = set(steps.loc[steps["date"].isna(), "contact_id"])
    drawn = [
        Firing(
            r.number, r.day, clean(_short(r.says)), bool(vague & set(r.evidence)), not pd.isna(r.first_help_on), False
        )
        for r in inside.itertuples()
    ]
    status = kept["status"].value_counts()
    chanced = Chanced(
        proposed=int(len(kept) - status.get("confirmed", 0)),
        confirmed=int(status.get("confirmed", 0)),
        rejected=len(rows) - len(kept),
    )
    if len(kept):
        first = kept.iloc[0]
        chanced.first = float(first["day"])
        chanced.first_number = int(first["number"])
        chanced.is_vague = bool(vague & set(first["evidence"]))
        chanced.hindsight = "" if pd.isna(first["hindsight"]) else clean(first["hindsight"])
        chanced.help = None if pd.isna(first["first_help_on"]) else number(first["first_help_on"].date())
    return {str(c) for ids in inside["evidence"] for c in ids}, drawn, chanced


def _short(says: str) -> str:
    """What a chance is proposed for, without its days: they stand in the table."""
    first, *more = says.split("; ")
    return first.split(": ")[0] + ("; and more" if more else "")


def settle(story: Story, first_help: dt.date | None, *, is_published: bool) -> None:
    """Where help stands, once the story knows how much of it is known to the day; a day that is given wins."""
    chanced = story.chanced
    if chanced is None:
        return
    if first_help is not None:
        chanced.help = float(number(first_help))
    after = number(story.end) + 1
    if chanced.help is not None and not number(story.start) <= chanced.help < after:
        chanced.elsewhere = chanced.help
        chanced.help = None
    chanced.is_open = chanced.first is not None and chanced.help is None and not is_published
    chanced.is_open = chanced.is_open and (chanced.elsewhere is None or chanced.elsewhere >= after)
    marks = sum(len(lane.marks) for lane in story.lanes)
    if chanced.first is not None and not chanced.is_vague and story.spans * 2 <= marks:
        end = chanced.help if chanced.help is not None else float(number(story.end)) if chanced.is_open else None
        chanced.days = None if end is None else int(end - chanced.first)


def finding(chanced: Chanced) -> str:
    """What the title says of help, after the counts: from the first chance, with its days where they can be told."""
    if chanced.first is None:
        return ". No chance to help is proposed"
    if chanced.help is None and not chanced.is_open:
        before = chanced.elsewhere is not None
        return ". First help came before this period" if before else ". No help is recorded after the first chance"
    if chanced.is_open:
        far = f", {count(chanced.days, 'day')} after the first chance" if chanced.days is not None else ""
        return f". No help yet{far or ' since the first chance'}"
    assert chanced.help is not None
    if chanced.help < chanced.first:
        return ". First help came before the first chance"
    if chanced.days is None:
        return ". First help came after the first chance"
    if chanced.days == 0:
        return ". First help came on the day of the first chance"
    return f". First help came {count(chanced.days, 'day')} after the first chance"


def label(chanced: Chanced) -> str:
    """What stands beside first help, or at the open end of the bar."""
    if chanced.is_open:
        return f"No help yet, {count(chanced.days, 'day')} so far" if chanced.days is not None else "No help yet"
    if chanced.help is None:
        return ""
    if chanced.first is None:
        return "First help"
    if chanced.help < chanced.first:
        return f"First help, before chance {chanced.first_number}"
    days = f", {count(chanced.days, 'day')}" if chanced.days is not None else ","
    return f"First help{days} after chance {chanced.first_number}"


def footer(story: Story) -> str:
    """How the chances came about and how they were judged; what hindsight says of the first; where the words are."""
    chanced = story.chanced
    assert chanced is not None
    judged = [
        (chanced.confirmed, "confirmed by reviewers"),
        (chanced.proposed, "proposed by rule, and for a reviewer to decide"),
        (chanced.rejected, "rejected and not drawn"),
    ]
    parts = [f"Chances: {', '.join(f'{n} {what}' for n, what in judged if n) or 'none proposed by rule'}."]
    if chanced.hindsight:
        parts.append(f"At chance {chanced.first_number}: {chanced.hindsight}.")
    if sum(f.is_possible for f in story.firings or []):
        parts.append("Hollow: it rests on a contact not known to the day.")
    if chanced.help is not None or chanced.is_open:
        parts.append("First help: in the family’s own view where the review book says, else by rule.")
    missing = chanced.proposed + chanced.confirmed - len(story.firings or [])
    if missing:
        parts.append(f"{count(missing, 'chance')} outside the period not drawn.")
    return " ".join(parts)


def alt(chanced: Chanced) -> str:
    """First chance and first help for the alt text."""
    if chanced.first is None:
        return "No chance to help is proposed."
    by = "by " if chanced.is_vague else ""
    start = f"First chance to help {by}{said(day_of(chanced.first))}; "
    if chanced.help is not None:
        if chanced.help < chanced.first:
            later = ", before it"
        else:
            later = f", {count(chanced.days, 'day')} later" if chanced.days is not None else ""
        return f"{start}first help {said(day_of(chanced.help))}{later}."
    if chanced.is_open:
        return f"{start}no help yet" + (f", {count(chanced.days, 'day')} so far." if chanced.days is not None else ".")
    return f"{start}no help recorded in the period."


@dataclass
class HelpPlan:
    """Where first help and its label stand: the tier, the label's place in points, and to which side it reads."""

    tier: int = 0
    words: str = ""
    place: float = 0.0
    ha: str = "left"
    marks: list[float] = field(default_factory=list)


def plan_help(story: Story, triggers: TriggerPlan, start: float, point: float, room: float, sheet: Sheet) -> HelpPlan:
    """Where first help goes: on row 1, or on a row of its own where it would meet a chance's mark or words there."""
    chanced, k = story.chanced, sheet.scale
    if chanced is None:
        return HelpPlan()
    words = label(chanced)
    triggers.height = max(triggers.height, 25.5 * k)
    if not words:
        return HelpPlan()
    needs = width(words, sheet.key, "semibold")
    x = room if chanced.help is None else (chanced.help - start) / point
    is_right = x + 11 * k + needs <= room
    place = x + 11 * k if is_right else x - (0 if chanced.is_open else 11 * k)
    a, b = (x - 8 * k, place + needs) if is_right else (place - needs, min(x + 8 * k, room))
    taken = []
    for day, _, _, tier, said_here, at, ha in triggers.firings:
        middle = (day - start) / point
        wide = width(said_here, sheet.key) if said_here else 0.0
        left, right = (at, at + wide) if ha == "left" else (at - wide, at)
        taken.append((tier, min(left, middle - 8 * k), max(right, middle + 8 * k)))
    tier = 0
    if any(t == 0 and a < right + 3 and left - 3 < b for t, left, right in taken):
        tier = max(t for t, _, _ in taken) + 1
    triggers.height = max(triggers.height, (13.5 * (tier + 1) + 12) * k)
    return HelpPlan(tier, words, place, "left" if is_right else "right")


def draw_help(
    ax: Axes, plan: HelpPlan, story: Story, sheet: Sheet, start: float, point: float, ends: tuple[float, float, float]
) -> None:
    """The bar of lost time on the top rule, first help with its line through every lane, and its label.

    `ends` are the heights at which the row begins, at which the lanes begin, and at which they end.
    """
    chanced, k = story.chanced, sheet.scale
    if chanced is None:
        return
    top, head, bottom = ends
    y = top + (4 + 13.5 * plan.tier) * k
    edge = ax.get_xlim()[1]
    if chanced.first is not None and (chanced.is_open or (chanced.help is not None and chanced.help > chanced.first)):
        until = edge if chanced.help is None else chanced.help
        rule(ax, [max(chanced.first, start), until], [head, head], INK, 3.2 * k, above=6.5, name="lost")
        if chanced.is_open:
            ax.plot(
                [edge],
                [head],
                ls="none",
                marker=">",
                ms=7.5 * k,
                mfc="white",
                mec=INK,
                mew=1.2 * k,
                zorder=7,
                clip_on=False,
                gid="open",
            )
    if chanced.help is not None:
        x = chanced.help
        rule(ax, [x, x], [y + 8 * k, bottom], INK, 1.6 * k, above=3.2, name="help-line")
        corners = [(x - 5.2 * k * point, y + 10 * k), (x + 5.2 * k * point, y + 10 * k), (x, y)]
        ax.add_patch(Polygon(corners, fc=INK, ec=INK, lw=0.6, zorder=7.5, clip_on=False, gid="help"))
    if plan.words:
        at = start + plan.place * point
        write(ax, at, y + 5.5 * k, plan.words, sheet.key, weight="semibold", ha=plan.ha, ground="white")
    elif chanced.first is None:
        free = start + 6 * point
        write(
            ax, free, y + 5.5 * k, "none is proposed by the rules in force", sheet.key, color=SECOND_INK, ground="white"
        )
