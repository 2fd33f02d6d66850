"""The words round the frontier, made by rule from what is drawn: title, footer, table, alt text."""

from __future__ import annotations

from typing import Any

import pandas as pd

from journeys.drawing.limits import source, use
from lib.figures import alt_text
from lib.lettering import clean, count


def finding(search: Any) -> str:
    """The title: what came first and how long it warns; or that nothing held up."""
    ranked = search.frame[search.frame["rank"].notna()]
    tried = count(search.tried, "rule")
    if ranked.empty:
        return (
            f"Of {tried} tried, none warned beyond chance at {search.alarms_per_100:g} alarms per 100 families a year"
        )
    best = ranked.iloc[0]
    if not best["holds"]:
        return f"Of {tried} tried, the first did not hold up on families held out, and is not put forward"
    return (
        f"Of {tried} tried, “{clean(best['rule'])}” came first: {best['beyond_chance']:.0f} days of warning beyond chance, "
        "on families held out"
    )


def footer(search: Any, left_out: int, level: str) -> list[str]:
    """Counts and source; convention, and what is not drawn; limits of use. `left_out` rules fired and are not drawn."""
    row = search.frame.iloc[0]
    n = (
        f"n = {count(len(search.held_out), 'family', 'families')} held out, of whom {row['crises']:,} came to crisis (first "
        f"{clean(search.crisis)}); {len(search.learned_on):,} others were learned on; {search.tried} rules tried. "
    )
    silent = sum(search.frame["alarms_per_100"] == 0)
    left = [
        f"{silent} never fired" if silent else "",
        f"{left_out} at or below chance, or far beyond the load" if left_out else "",
    ]
    second = (
        "Warning beyond chance: mean days from first firing to crisis (a family missed counts 0), less what families with "
        "no crisis had by the same days. Bars: 95% intervals. Below chance is drawn at 0. Frontier: of rules surely above "
        "chance, those that none beats. Noise: the best rules’ alarms, dealt to other families."
    )
    if any(left):
        second += f" Not drawn and in the table: {' and '.join(filter(None, left))}."
    third = (
        "Rules were fitted on half of these families and not yet tried on later ones: expect less of them. Families were "
        "chosen, so the rates do not hold for an area. A found rule is a candidate: nothing runs it until a person adopts it. "
    )
    if search.refused:
        third = f"{search.refused[:1].upper()}{search.refused[1:]}: only families under review are here. {third}"
    return [n + source(search.review), second, third + use(search.review, level)]


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """Every rule, drawn or not."""
    names = ["rank", "kind", "rule", "alarms_per_100", "beyond_chance", "beyond_low", "beyond_high", "days_median"]
    found = frame[[*names, "crises", "fired_before", "no_crisis", "fired_no_crisis", "holds"]].copy()
    for name in ("alarms_per_100", "beyond_chance", "beyond_low", "beyond_high", "days_median"):
        found[name] = found[name].round(1)
    return found


def alt(search: Any, invented: bool) -> str:
    """The alt text: how many rules, and the first that held."""
    frame = search.frame
    parts = [f"Scatter of {count(len(frame), 'rule')}: days of warning beyond chance against alarms."]
    held = frame[frame["rank"].notna() & frame["holds"]].head(2)
    for row in held.to_dict("records"):
        parts.append(
            f"{clean(row['rule'])[:80]}: {row['beyond_chance']:.0f} days at {row['alarms_per_100']:.0f} alarms per 100 "
            f"families a year, before {row['fired_before']} of {row['crises']} crises."
        )
    if held.empty:
        parts.append(f"None found by search holds within {search.alarms_per_100:g} alarms per 100 families a year.")
    return alt_text(*parts, invented=invented)
