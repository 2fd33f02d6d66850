"""The words round lead times, made by rule from what is drawn: title, footer, table, alt text."""

from __future__ import annotations

from textwrap import shorten
from typing import Any

import pandas as pd

from journeys.drawing.limits import SMALL, source, use
from lib.figures import alt_text
from lib.lettering import clean, count, wrap

LEAST_FOR_MEDIAN = 3
"""A median needs so many lead times that are certain and ended."""


def finding(whole: pd.DataFrame) -> str:
    """The title: one rule's median with the families it rests on, and how often it fired where nothing followed.

    The rule is the one that best told families that came to crisis from those that did not; with no comparison group,
    the one that fired before the crisis for most.
    """
    if whole.empty or not whole["crises"].max():
        return "No family under review came to crisis, so there is no lead time"
    families = int(whole["crises"].max())
    told = whole[whole["days_ended"].map(len) >= LEAST_FOR_MEDIAN]
    if told.empty:
        most = int(whole["fired_before"].max())
        if not most:
            return (
                f"No rule fired before the crisis for any of {count(families, 'family', 'families')} that came to one"
            )
        return f"Rules fired before the crisis for {most} of {families} families at most: too few for a median"
    apart = told["fired_before"] / families - (told["fired_no_crisis"] / told["no_crisis"]).fillna(0).astype(float)
    best = told.loc[apart.sort_values(ascending=False, kind="stable").index[0]]
    median = f"a median of {best['days_median']:g} days"
    fired = f"fired for {best['fired_before']:,} of {families:,} families before the crisis, {median}"
    others = f"; and for {best['fired_no_crisis']:,} of {best['no_crisis']:,} with no crisis"
    others = others if pd.notna(best["no_crisis"]) else ""
    name = clean(best["rule"])
    room = SMALL.width - 2 * SMALL.margin - 108
    for words in (f"{name}: {fired}{others}", f"{name}: {fired}"):
        if len(wrap(words, room, SMALL.title, "semibold")) <= 2:
            return words
    return f"One rule {fired}{others}"


def footer(whole: pd.DataFrame, drawn: int, has_strips: bool, review: Any, level: str) -> list[str]:
    """Counts and source; convention, and what is not drawn; limits of use."""
    if whole.empty:
        return [source(review), use(review, level)]
    one = whole.iloc[0]
    n = f"n = {count(int(one['families']), 'family', 'families')} under review, of whom {one['crises']:,} came to crisis"
    if int(one["already"]):
        n += f" ({one['already']} more were in crisis before the period, left out)"
    if pd.notna(one["comparison"]):
        n += f", and {count(int(one['comparison']), 'comparison family', 'comparison families')}"
    first = f"{n}. Crisis: first {clean(one['crisis'])}. {source(review)}"
    second = (
        "Open: no crisis yet, so at least this long. Possible: rests on a contact not known to the day. Both are counted, "
        "and outside the median, which needs three. Rules are in the order they were agreed, not rank."
    )
    if has_strips:
        second += (
            " Over 40 families a rule is a strip (line: all; bar: middle half); its possible ones are in the table."
        )
    if len(whole) > drawn:
        silent = int((whole["fired"] == 0).sum())
        some = f"{silent} fired for no family before a crisis" if silent else ""
        more = len(whole) - drawn - silent
        rest = f"{more} that fired for fewer families" if more else ""
        second += (
            f" Of {count(len(whole), 'rule')}, not drawn and in the table: {' and '.join(filter(None, (some, rest)))}."
        )
    third = "Families were chosen, and help may have kept some from crisis: no rate here holds for an area."
    if pd.isna(one["comparison"]):
        third = f"No comparison group: how often a rule fires where nothing follows is not known. {third}"
    return [first, second, f"{third} {use(review, level)}"]


def table(whole: pd.DataFrame) -> pd.DataFrame:
    """Every number drawn, and the rules that are not."""
    names = ["rule", "families", "crises", "fired", "fired_before", "late", "missed", "open", "possible", "days_median"]
    listed = ["days_ended", "days_possible", "days_open"]
    found = whole[[*names, *listed, "no_crisis", "fired_no_crisis"]].copy()
    for name in listed:
        found[name] = [", ".join(str(d) for d in days) for days in found[name]]
    return found


def alt(whole: pd.DataFrame, invented: bool) -> str:
    """The alt text: of the rules that fired, those that did so for most families first."""
    if whole.empty:
        return alt_text("Dot plot of lead times with no rule in it.", invented=invented)
    parts = [
        f"Dot plot of {count(len(whole), 'trigger rule')}, {count(int(whole['families'].max()), 'family', 'families')}."
    ]
    told = whole[whole["fired"] > 0].sort_values(["fired_before", "fired"], ascending=False, kind="stable")
    for row in told.head(3).to_dict("records"):
        said = f"{shorten(clean(row['rule']), 70, placeholder='…')}: fired for {row['fired']} of {row['families']}"
        beside = [f"{row[name]} {name}" for name in ("open", "possible") if row[name]]
        said += f" ({', '.join(beside)})" if beside else ""
        if len(row["days_ended"]) >= LEAST_FOR_MEDIAN:
            said += f", median {row['days_median']:g} days before the crisis"
        if pd.notna(row["no_crisis"]):
            said += f", and for {row['fired_no_crisis']} of {row['no_crisis']} comparison families with no crisis"
        parts.append(f"{said}.")
    return alt_text(*parts, invented=invented)
