"""What an event was: a referral without an answer, the story told again, a switch; and which contacts show it.

The effects are declared in rules/conditions.yml. Each is read from the records by rule, or from what a reviewer
confirmed; that a condition explains it is a reviewer's judgement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from journeys.agreed import known_activity, names
from journeys.asked import demand
from journeys.conditionkinds import TOP, in_words
from journeys.dealings import Dealing, by_agencies, by_moment
from journeys.flow import handovers
from lib import files
from lib.errors import did_you_mean, listed

if TYPE_CHECKING:
    import pandas as pd

    from journeys.activities import Activities
    from journeys.journey import Journeys

MOST_LETTERS = 12
"""As many as a line of a column's head holds in the picture."""

NEEDS = {"activity": "activity", "chance": "chance"}
"""What an effect of a shape must name, and no other may."""

Where = tuple[str, str]
"""A family and a contact of its journey."""


class Effect(BaseModel):
    """One effect, as rules/conditions.yml declares it."""

    model_config = ConfigDict(extra="forbid")
    says: str
    short: list[str]
    shape: Literal["no_answer", "chance", "confirmed", "told_again", "activity", "failure_demand", "switch"]
    activity: str | list[str] | None = None
    chance: str | None = None
    source: str
    mark: Literal["statutory", "national", "local", "illustrative"]


def load_effects(paths: Iterable[Path], activities: Activities, chances: Iterable[str]) -> dict[str, Effect]:
    """The effects of one file, or of the kit's file and an overlay, merged by name; `chances` are the kinds there are.

    Raises `RuleError` with file and line for what cannot be used.

    >>> from journeys.activities import read_activities
    >>> from journeys.sources import RULES
    >>> kinds = ["refused_then_again", "closed_then_back"]
    >>> load_effects([RULES / "conditions.yml"], read_activities(), kinds)["switch"].short
    ['Switch of', 'agency']
    """
    kinds, effects = list(chances), dict[str, Effect]()
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), TOP)
        for name, given in yaml.keys_at("effects").items():
            files.known_keys(yaml, ("effects", name), Effect.model_fields)
            before = effects[name].model_dump(exclude_unset=True) if name in effects else {}
            try:
                effects[name] = Effect.model_validate(before | dict(given or {}))
            except ValidationError as error:
                first = error.errors()[0]
                raise yaml.error(
                    f"effect '{name}', '{first['loc'][0]}': {in_words(dict(first))}.", "effects", name, first["loc"][0]
                ) from None
            _check(yaml, name, effects[name], activities, kinds)
    return effects


def _check(yaml: files.Yaml, name: str, effect: Effect, activities: Activities, kinds: Sequence[str]) -> None:
    for key in ("activity", "chance"):
        is_there, is_needed = getattr(effect, key) is not None, NEEDS.get(effect.shape) == key
        if is_there != is_needed:
            what = f"needs '{key}'. Add it" if is_needed else f"has no '{key}'. Remove it"
            raise yaml.error(f"effect '{name}' is of shape {effect.shape}, which {what}.", "effects", name)
    for activity in names(effect.activity):
        known_activity(yaml, f"effect '{name}'", activity, activities.known, ("effects", name, "activity"))
    if effect.chance is not None and effect.chance not in kinds:
        found = files.visible(effect.chance)
        raise yaml.error(
            f"effect '{name}' asks for chances of kind '{found}', which is not in chances.yml."
            f"{did_you_mean(found, kinds)} Kinds: {listed(kinds)}.",
            *("effects", name, "chance"),
        )
    if not 1 <= len(effect.short) <= 2 or any(not 0 < len(line.strip()) <= MOST_LETTERS for line in effect.short):
        raise yaml.error(
            f"effect '{name}', 'short': one or two lines of 1 to {MOST_LETTERS} letters, as [Story told, again].",
            *("effects", name, "short"),
        )


def find_effects(review: Journeys, effects: Mapping[str, Effect], chances: pd.DataFrame) -> dict[str, set[Where]]:
    """For each effect, the contacts of each family that show it. `chances` are the rows of `find_chances`."""
    named = {a for effect in effects.values() for a in names(effect.activity)}
    rows = by_agencies(review, named)
    found: dict[str, set[Where]] = {}
    for name, effect in effects.items():
        if effect.shape == "no_answer":
            found[name] = _unanswered(review)
        elif effect.shape == "failure_demand":
            found[name] = _failures(review)
        elif effect.shape == "chance":
            is_kind = [effect.chance in kind.split(" + ") for kind in chances["kind"]]
            found[name] = _evidence(chances[is_kind])
        elif effect.shape == "confirmed":
            confirmed = chances[chances["status"] == "confirmed"]
            # One that a reviewer added may rest on no contact: it is an event all the same.
            alone = {(row.family_id, row.chance_id) for row in confirmed.itertuples() if not row.evidence}
            found[name] = _evidence(confirmed) | alone
        else:
            shown = _SHAPES[effect.shape]
            found[name] = {(f, row.id) for f, some in rows.items() for row in shown(effect, some, review.activities)}
    return found


def _unanswered(review: Journeys) -> set[Where]:
    frame = handovers(review).df()
    silent = frame[(frame["kind"] == "referral") & frame["answered_by"].isna() & ~frame["is_open"].astype(bool)]
    return set(zip(silent["family_id"], silent["shown_by"], strict=True))


def _failures(review: Journeys) -> set[Where]:
    frame = demand(review).df()
    failed = frame[frame["class"] == "failure"]
    return set(zip(failed["family_id"], failed["contact_id"], strict=True))


def _evidence(chances: pd.DataFrame) -> set[Where]:
    return {(row.family_id, c) for row in chances.itertuples() for c in row.evidence}


def _of_activity(effect: Effect, rows: Sequence[Dealing], activities: Activities) -> Iterator[Dealing]:
    return (row for row in rows if row.activity in names(effect.activity))


def tellings(rows: Iterable[Dealing], activities: Activities) -> list[Dealing]:
    """The contacts in which a family told its story."""
    marked = set(activities.marked("tells_story"))
    return [row for row in rows if row.activity in marked and row.nature == "touch"]


def _told_again(effect: Effect, rows: Sequence[Dealing], activities: Activities) -> Iterator[Dealing]:
    told = tellings(rows, activities)
    return (row for row in told if any(other.surely_before(row) for other in told))


def _switched(effect: Effect, rows: Sequence[Dealing], activities: Activities) -> Iterator[Dealing]:
    moments = by_moment(rows)
    for number, here in moments.items():
        before = {row.agency for row in moments.get(number - 1, ())}
        yield from (row for row in here if before and row.agency not in before)


_SHAPES: Mapping[str, Callable[[Effect, Sequence[Dealing], Activities], Iterator[Dealing]]] = {
    "activity": _of_activity,
    "told_again": _told_again,
    "switch": _switched,
}
