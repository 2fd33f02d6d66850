"""How two cards compare in each column, by which they are looked up, and what that says: same, not, or ask a person."""

from __future__ import annotations

from collections.abc import Mapping

from journeys.linkrules import LinkRules
from lib.pairing import NOTHING, Comparison, Level, Training

SWAPPED = "first_name_l = last_name_r AND last_name_l = first_name_r AND first_name_l <> last_name_l"


def _unknown(*columns: str) -> str:
    return " AND ".join(f"({c}_l IS NULL OR {c}_r IS NULL)" for c in columns)


def _apart(column: str, letters: int, shortest: int) -> str:
    return (
        f"damerau_levenshtein({column}_l, {column}_r) <= {letters} "
        f"AND length({column}_l) >= {shortest} AND length({column}_r) >= {shortest}"
    )


def _common(column: str) -> str:
    return f"list_has_any({column}_l, {column}_r)"


_BORN = (("1, 4", "5, 2"), ("1, 4", "7, 2"), ("5, 2", "7, 2"))
"""Two of year, month and day, as places in a birth date."""

_TESTS: dict[str, tuple[str, dict[str, str]]] = {
    "first_name": (
        _unknown("first_name"),
        {
            "swapped": SWAPPED,
            "same": "first_name_l = first_name_r",
            "short_form": _common("called"),
            "one_letter": _apart("first_name", 1, 4),
            "part": "starts_with(first_name_l, first_name_r) OR starts_with(first_name_r, first_name_l)",
            "two_letters": _apart("first_name", 2, 5),
        },
    ),
    "last_name": (
        f"{_unknown('last_name')} OR ({SWAPPED})",
        {
            "same": "last_name_l = last_name_r",
            "once": _common("last_names"),
            "one_letter": _apart("last_name", 1, 4),
            "part": _common("last_parts"),
            "two_letters": _apart("last_name", 2, 6),
        },
    ),
    "date_of_birth": (
        _unknown("date_of_birth"),
        {
            "same": "date_of_birth_l = date_of_birth_r",
            "turned": "date_of_birth_l = turned_r",
            "one_figure": "damerau_levenshtein(date_of_birth_l, date_of_birth_r) <= 1",
            "two_figures": " OR ".join(
                "(" + " AND ".join(f"substr(date_of_birth_l, {p}) = substr(date_of_birth_r, {p})" for p in places) + ")"
                for places in _BORN
            ),
        },
    ),
    "sex": (_unknown("sex"), {"same": "sex_l = sex_r"}),
    "home": (
        _unknown("uprns", "homes", "postcodes"),
        {
            "same": f"{_common('uprns')} OR {_common('homes')}",
            "postcode": _common("postcodes"),
            "district": _common("districts"),
        },
    ),
    "phone": (_unknown("phones"), {"same": _common("phones")}),
    "email": (_unknown("emails"), {"same": _common("emails"), "two_letters": _apart("email_one", 2, 8)}),
    "nhs_number": (_unknown("nhs_number"), {"same": "nhs_number_l = nhs_number_r"}),
    "upn": (_unknown("upn"), {"same": "upn_l = upn_r"}),
}

_RARITY = {("first_name", "same"): "first_name", ("last_name", "same"): "last_name"}

BLOCKS = (
    *(("nhs_number",), ("upn",), ("date_of_birth",), ("first_name", "last_name")),
    *(
        ("born_key", "last_3"),
        ("born_key", "first_3"),
        ("names_key", "born_key"),
        ("names_key", "born_in"),
        ("names_key",),
    ),
    *(("email_one",), ("phone_one", "first_3"), ("postcode_one", "first_3")),
)
"""By what two cards are looked up: they are compared where all columns of one of these are equal and filled."""

SURE = (
    ("first_name", "last_name", "date_of_birth"),
    ("email_one", "date_of_birth"),
    ("first_name", "date_of_birth", "postcode_one"),
    ("nhs_number",),
)
"""Two cards that are equal in all of one of these are most likely of one person: how many there are is told from them."""

ALIKE = frozenset({"swapped", "same", "short_form", "one_letter"})
"""First names that may be one, typed wrong at most."""

SOME_LIKENESS = ALIKE | {"part", "two_letters"}
TYPED = frozenset({"same", "turned", "one_figure"})
"""Birth dates that may be one, typed wrong at most."""

TWO_PEOPLE = "borne by two different people"


def comparisons(rules: LinkRules) -> list[Comparison]:
    """The columns as `lib.pairing` compares them, weighed as the rules declare."""
    made = []
    for name, (nothing, tests) in _TESTS.items():
        levels = tuple(
            Level(way, tests.get(way, ""), w.m, w.u, _RARITY.get((name, way), ""), w.kept)
            for way, w in rules.columns[name].items()
        )
        made.append(Comparison(name, nothing, levels))
    return made


def training(rules: LinkRules) -> Training:
    """How m and u are estimated from records."""
    t = rules.training
    return Training(SURE, t.sure_finds, (("date_of_birth",), ("first_name", "last_name")), t.sampled_pairs, t.seed)


def are_doubtful(look: Mapping[str, str], same_supplier: bool) -> bool:
    """Whether two records may not be one person unless people say so: two birth dates, numbers or first names.

    One supplier that holds two ids with first names a letter apart may hold twins.
    """
    first, born = look["first_name"], look["date_of_birth"]
    if born in ("two_figures", "different") or first == "different" or look["nhs_number"] == "different":
        return True
    return same_supplier and first in ("one_letter", "part", "two_letters")


def verdict(look: Mapping[str, str], probability: float, same_supplier: bool, rules: LinkRules) -> tuple[str, str]:
    """What is said of two records that compare so: the outcome (empty: there is too little to ask), and because of what."""
    first, born = look["first_name"], look["date_of_birth"]
    numbers = [name for column, name in (("nhs_number", "NHS number"), ("upn", "UPN")) if look[column] == "same"]
    if not numbers and born == "different":
        return "not", "different birth dates"
    if not numbers and first == "different":
        return "not", "different first names"
    known = first in SOME_LIKENESS, born in TYPED
    if are_doubtful(look, same_supplier) or look["upn"] == "different":
        reason = "the records disagree where one person's do not"
        return ("ask", reason) if any(known) and probability >= rules.thresholds.ask else ("", "")
    if numbers and born == "same" and first in SOME_LIKENESS:
        return "same", f"same {numbers[0]}, same birth date, and first names that agree"
    if first in ALIKE and born in TYPED and look["sex"] != "different" and probability >= rules.thresholds.same:
        return "same", "the columns together weigh enough"
    named_by_mail = first == NOTHING and look["email"] == "same" and look["last_name"] in ("same", "one_letter")
    if named_by_mail and born == "same" and look["sex"] != "different" and probability >= rules.thresholds.same:
        return "same", "the columns together weigh enough; one has no first name, and the e-mail is the same"
    if any(known) and probability >= rules.thresholds.ask:
        if not all(known):
            missing = "birth date" if known[0] else "first name"
            kind = "no" if look["first_name" if known[1] else "date_of_birth"] == NOTHING else "not the same"
            return "ask", f"{kind} {missing} to be sure by"
        return "ask", "the columns together do not weigh enough"
    return "", ""
