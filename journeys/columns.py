"""Every table the kit makes: its columns, their types and units, what they mean, and which of them identify someone.

One place, read by the code that makes the tables, by the notebooks that hide identifying columns, and by the docs.
A column marked *identifying* is never printed in a message, a log or a file name, and is hidden in a notebook
unless it is asked for.

>>> [column.name for column in TABLES["coverage"]]
['agency', 'from_date', 'to_date', 'is_declared']
>>> "person_id" in identifying("contacts")
True
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeys.costcolumns import COSTS
from journeys.flowcolumns import FLOW
from journeys.leavecolumns import LEAVES as LEAVES
from journeys.lifecolumns import LIFE
from journeys.plancolumns import PLAN
from journeys.rulecolumns import RULES

if TYPE_CHECKING:
    import pyarrow as pa

NATURES = ("touch", "referral", "decision", "record", "signal", "status", "life")
"""What a contact was. Moments, moves, switches and handovers rest on touches and referrals alone."""

ASKED_BY = ("family", "other agency", "agency", "unknown")
"""Who asked for the contact."""

PRECISIONS = ("day", "month", "year", "approximate")
"""How exactly the day of a contact is known."""

SEPARATED = "separated parents"
"""What `because` says, on both rows, for a child who belongs to two families."""

UNMAPPED = "unknown"
"""The nature of a contact whose activity is not in `rules/activities.yml`."""


@dataclass(frozen=True)
class Column:
    """One column of a table: its name, type, meaning, unit, and whether it identifies somebody."""

    name: str
    type: str
    meaning: str
    unit: str = ""
    identifying: bool = False


def _columns(*rows: tuple[str, str, str] | tuple[str, str, str, str]) -> tuple[Column, ...]:
    """Columns from rows of (name, type, meaning[, unit]); a `*` before the name marks it identifying."""
    return tuple(
        Column(name.lstrip("*"), kind, meaning, rest[0] if rest else "", name.startswith("*"))
        for name, kind, meaning, *rest in rows
    )


CONTACT_LOG = (
    "contact_id",
    "person_id",
    "family_id",
    "date",
    "agency",
    "contact_type",
    "reason",
    "need_id",
    "outcome",
    "referred_to",
    "professional_id",
    "recorded_on",
    "note",
)
"""The header of the kit's own plain log. Only date, agency, contact_type and a person or a family are required."""

MEMBERS_FILE = ("person_id", "family_id", "from", "to", "because")
"""The header of a members file: `from` is the first day in, `to` the first day out (empty: still)."""

_CONTACT = (
    ("contact_id", "text", "supplier and the supplier's own id; where there is none, a hash of the listed values"),
    ("*person_id", "text", "supplier and the supplier's own number for the person"),
    ("*family_id_given", "text", "the family that the log itself names"),
    ("agency", "text", "who recorded it"),
    ("*professional_id", "text", "who acted for the agency; empty where the log does not say"),
    ("activity", "text", "what kind of contact, in the words of rules/activities.yml"),
    ("nature", "text", "touch, referral, decision, record, signal, status or life; unknown where unmapped"),
    ("asked_by", "text", "who asked: family, other agency, agency, unknown"),
    ("raw_activity", "text", "what kind of contact, in the agency's own words"),
    ("need_id", "text", "the need it was about, where the log says"),
    ("reason", "text", "why, in the agency's words"),
    ("outcome", "text", "what came of it, in the agency's words"),
    ("referred_to", "text", "the agency it was passed to"),
    ("date", "date", "the civil day as written; empty where only a span is known"),
    ("time", "time", "the time as written; empty where none was recorded"),
    ("precision", "text", "day, month, year or approximate"),
    ("earliest", "date", "first day on which it may have happened"),
    ("latest", "date", "last day on which it may have happened"),
    ("ends_on", "date", "last day of a contact that lasts"),
    ("recorded_on", "date", "the day on which the agency recorded this version"),
    ("replaces", "text", "the contact whose earlier version this row replaces"),
    ("source_file", "text", "the file it came from"),
    ("source_row", "whole number", "the record in that file, from 1 below the header"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    name: _columns(*rows) for name, rows in (FLOW | LIFE | PLAN | RULES).items()
} | {
    "contacts": _columns(*_CONTACT),
    "set_aside": _columns(
        ("source_file", "text", "the file"),
        ("source_row", "whole number", "the record in that file, from 1 below the header"),
        ("source_line", "whole number", "the line of the file on which the record begins"),
        ("reason", "text", "why it could not be used"),
        ("column", "text", "the column at fault"),
        ("found", "text", "what kind of value was there, never the value"),
        ("fix", "text", "what to do"),
    ),
    "account": _columns(
        ("file", "text", "the file"),
        ("read", "whole number", "records read", "records"),
        ("accepted", "whole number", "records that became contacts", "records"),
        ("set_aside", "whole number", "records kept apart, each with its reason", "records"),
        ("collapsed", "whole number", "repeats of a record already accepted", "records"),
        ("in_no_family", "whole number", "accepted records whose contact fits no family", "records"),
        ("rejected_because", "text", "why the whole file could not be read"),
    ),
    "members": _columns(
        ("*person_id", "text", "who"),
        ("family_id", "text", "which family"),
        ("from_date", "date", "first day in the family; empty: as far back as the logs go"),
        ("to_date", "date", "first day out of it; empty: still in it"),
        ("because", "text", "how this is known"),
    ),
    "coverage": _columns(
        ("agency", "text", "who recorded"),
        ("from_date", "date", "first day that the agency's records cover"),
        ("to_date", "date", "last day that they cover"),
        ("is_declared", "yes/no", "declared in sources.yml; otherwise first to last contact"),
    ),
    "faults": _columns(
        ("fault", "text", "what is wrong or doubtful, by name"),
        ("source_file", "text", "the file"),
        ("source_row", "whole number", "the record, where it is one record"),
        ("contact_id", "text", "the contact, where it is one contact"),
        ("contacts", "whole number", "how many contacts or records the fault touches", "contacts"),
        ("says", "text", "the fault in a sentence, with what to do"),
    ),
    "steps": _columns(
        *_CONTACT,
        ("family_id", "text", "whose journey"),
        ("step", "whole number", "1 + the contacts in earlier moments; empty where there is no moment"),
        ("moment", "whole number", "the family's moments, from 1; empty for what makes no moment"),
        ("days_since_last", "whole number", "days from the moment before", "days"),
        ("before_period", "yes/no", "it lies before the review period"),
    ),
    "switches": _columns(
        ("family_id", "text", "whose journey"),
        ("moment", "whole number", "the moment switched from"),
        ("from_agency", "text", "the agency before"),
        ("to_agency", "text", "the agency after"),
        ("weight", "number", "the share of one move that goes this way", "moves"),
        ("days", "whole number", "days between the two moments; empty where one is a month", "days"),
        ("rests_on_tie", "yes/no", "either moment holds more than one contact"),
    ),
    "handovers": _columns(
        ("family_id", "text", "whose journey"),
        ("need_id", "text", "the need, where the rows say"),
        ("kind", "text", "referral, or responsibility moved"),
        ("from_agency", "text", "who passed it on"),
        ("to_agency", "text", "who was asked, or took it"),
        ("shown_by", "text", "the contact that shows it"),
        ("answered_by", "text", "the contact that answered it"),
        ("referred_on", "date", "the day it was passed on"),
        ("answered_on", "date", "the day it was answered"),
        ("days_wait", "whole number", "days from one to the other", "days"),
        ("is_open", "yes/no", "not answered, and the days to answer have not run out"),
    ),
    "chances": _columns(
        ("chance_id", "text", "a hash of the family and the evidence"),
        ("family_id", "text", "whose journey"),
        ("on", "date", "the first day on which somebody could have seen it"),
        ("kind", "text", "why it is proposed, by name; several where they rest on a contact in common"),
        ("says", "text", "the same in a sentence"),
        ("known_by", "text", "the agencies whose contacts it rests on, by name in order of the alphabet"),
        ("what_was_known", "text", "the facts that any agency knew by that day"),
        ("what_was_done", "text", "what is recorded next, in the 30 days after"),
        ("first_help_on", "date", "the first help from that day on"),
        (
            "days_lost",
            "whole number",
            "days from that day to the first help; while none has come, the days so far",
            "days",
        ),
        ("is_open", "yes/no", "no help has come yet"),
        (
            "looked_the_same",
            "whole number",
            "comparison families that looked the same on that day; empty: not tested",
            "families",
        ),
        (
            "came_to_crisis",
            "whole number",
            "of these, how many came to crisis afterwards; empty: not tested",
            "families",
        ),
        ("hindsight", "text", "the same in a sentence"),
        ("evidence", "list of text", "the contacts it rests on"),
        ("status", "text", "proposed; confirmed (a missed opportunity) or rejected by a reviewer; look again"),
        ("condition", "text", "what in the system made it so, in the reviewer's words"),
        ("decided_by", "text", "the role that decided"),
        ("decided_on", "date", "the day it was decided"),
        ("reviewer_note", "text", "what the reviewer adds"),
    ),
    "days_to_help": _columns(
        ("family_id", "text", "whose journey"),
        ("concern_on", "date", "the earliest concern: a trigger that could be known to be met, or a chance to help"),
        ("concern", "text", "the same in a sentence"),
        ("first_help_on", "date", "the first help from that day on; empty while there is none"),
        ("days", "whole number", "days from the one to the other; so far, where it is open", "days"),
        ("is_open", "yes/no", "no help has come yet"),
    ),
    "reader_page": _columns(
        ("when", "text", "the day in words; in May 2024 where no more is known"),
        ("about", "text", "you, or a child for whom the reader answers"),
        ("what_happened", "text", "what happened and, where the agency's word for it has plain words, what came of it"),
        ("is_this_right", "text", "empty: for the reader to write in"),
    ),
    "live": _columns(
        ("family_id", "text", "whose journey"),
        ("firing_id", "text", "the trigger and a hash of its evidence"),
        ("says", "text", "the firing in a sentence"),
        ("known_on", "date", "the first day on which anybody could have known it"),
        ("answer_by", "date", "the last day on which help would answer it in time"),
        ("answers", "text", "who would answer"),
        ("offers", "text", "what they would offer"),
    ),
    "costs": _columns(*COSTS),
    "known": _columns(
        ("family_id", "text", "whose journey"),
        ("fact", "text", "the fact, by its name in rules/facts.yml"),
        ("agency", "text", "who knew it"),
        ("known_on", "date", "the first day on which the agency could have known it"),
        (
            "how",
            "text",
            "recorded: by a row of its own; passed on: by a referral from an agency that knew it by then; said: by people, in the book",
        ),
        ("evidence", "list of text", "the contacts that show it"),
        ("says", "text", "the fact in a sentence"),
    ),
    "shares": _columns(
        ("family_id", "text", "whose journey"),
        ("agency", "text", "who knew; in the order in which they first met the family"),
        ("known", "whole number", "facts it ever knew", "facts"),
        ("facts", "whole number", "facts of the family that anybody knew, or that people named", "facts"),
        ("share", "number", "known over facts"),
        ("not_supplied", "whole number", "facts for whose days it supplied no records", "facts"),
        ("first_known_on", "date", "the day it first knew any of them"),
    ),
    "known_by_day": _columns(
        ("family_id", "text", "whose journey"),
        ("day", "date", "a day on which something became known"),
        ("together", "whole number", "facts that the agencies together knew by then", "facts"),
        ("best_alone", "whole number", "facts known to whichever agency knew most by then, unnamed", "facts"),
        ("facts", "whole number", "facts of the family that anybody ever knew, or that people named", "facts"),
    ),
    "lags": _columns(
        ("family_id", "text", "whose journey"),
        ("fact", "text", "the fact, by its name in rules/facts.yml"),
        ("says", "text", "the fact in a sentence"),
        ("first_known_on", "date", "the day any agency first knew it; empty where none did"),
        ("need", "whole number", "agencies that ought to have known it", "agencies"),
        ("need_and_know", "whole number", "of those, agencies that knew it", "agencies"),
        ("not_supplied", "whole number", "of those, agencies that supplied no records of those days", "agencies"),
        ("last_known_on", "date", "the day the last of them knew it, where all do"),
        ("days_lag", "whole number", "days from the first to the last; so far, where it is open", "days"),
        ("is_open", "yes/no", "an agency that ought to have known it, and supplied its records, does not know it yet"),
    ),
    "together": _columns(
        ("family_id", "text", "whose journey"),
        ("facts", "whole number", "facts of the family that anybody knew, or that people named", "facts"),
        ("agencies", "whole number", "agencies that knew at least one", "agencies"),
        ("enough", "whole number", "as many facts as are enough, as the rules declare", "facts"),
        ("enough_on", "date", "the day by which the agencies together knew enough; empty where they never did"),
        ("best_known", "whole number", "facts known to whichever agency knew most", "facts"),
        ("best_agency", "text", "that agency; empty where two or more knew as much, or none knew any"),
        ("alone_enough_on", "date", "the day by which some agency knew enough by itself; empty where none did"),
        ("whole_picture_on", "date", "the day by which some agency knew every fact; empty where none did"),
        ("helped_before", "yes/no", "help had begun before the agencies together knew enough"),
        ("first_help_on", "date", "the day help first began from the day they knew enough on"),
        (
            "days_to_help",
            "whole number",
            "days from enough to help; so far, where it is open; empty where help came before",
            "days",
        ),
        ("is_open", "yes/no", "they knew enough, and no help has begun so far"),
    ),
    "demand": _columns(
        ("contact_id", "text", "the contact: one time that somebody asked"),
        ("family_id", "text", "whose journey; a child of two families has a row in each"),
        ("on", "date", "the day; the first on which it may have been, where it is not known to the day"),
        ("until", "date", "the last day on which it may have been; the same day where it is known"),
        ("activity", "text", "what kind of contact, in the words of rules/activities.yml"),
        ("asked_by", "text", "who asked: family, or other agency on its behalf"),
        ("need_id", "text", "the need it was about, where the log says"),
        ("class", "text", "value, failure or unknown, from the person's side"),
        ("rule", "text", "the rule of rules/demand.yml that says so; empty where none does"),
        ("says", "text", "why somebody asked, in a sentence"),
        ("kind", "text", "what it was, in the family's words where a reviewer gave them"),
        ("labelled_by", "text", "rule or reviewer; empty where neither says"),
        ("evidence", "list of text", "the contact, and the earlier ones by which the rule holds"),
    ),
}


def identifying(table: str) -> list[str]:
    """The columns of a table that identify somebody: hidden in a notebook, never printed in a message."""
    return [column.name for column in TABLES[table] if column.identifying]


def as_arrow(table: str, rows: Iterable[Sequence[Any]]) -> pa.Table:
    """Rows as an Arrow table with the columns and types declared for a table; days as dates or as day numbers.

    >>> as_arrow("live", [("F1", "x:1", "a rule", 19723, 19753, "school", "a call")]).schema.field("known_on").type
    DataType(date32[day])
    """
    import pyarrow as pa

    kinds = {"date": pa.date32(), "text": pa.string(), "yes/no": pa.bool_(), "whole number": pa.int32()}
    kinds |= {"list of text": pa.list_(pa.string()), "number": pa.float64()}
    kinds |= {"money": pa.decimal128(14, 2)}
    fields = TABLES[table]
    columns = list(zip(*rows, strict=True)) or [()] * len(fields)
    return pa.table({f.name: pa.array(c, kinds[f.type]) for f, c in zip(fields, columns, strict=True)})
