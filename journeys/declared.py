"""What sources.yml may declare: a folder, its files, their formats, and where a published case comes from."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, PositiveInt

FORMAT_TARGETS = (
    *("contact_id", "person_id", "family_id", "date", "time", "precision", "earliest", "latest", "ends_on", "agency"),
    *("activity", "reason", "need_id", "outcome", "referred_to", "professional_id", "recorded_on", "replaces", "note"),
)
"""What a format may name. `note` may be named and is not read: free text stays where it is."""

PROSE = frozenset({"reason", "outcome"})
"""What is written out in words, and read as words: no id, no day and no kind of contact is told from it."""

OF_ONE_THING = tuple(t for t in FORMAT_TARGETS if t not in ("contact_id", "person_id", "family_id", "replaces", "note"))
"""What may be written of one of the several dated things that a record tells."""


Use = Literal["review", "triggers", "linkage", "comparison", "fairness", "cost", "training"]
"""What data may be used for, where those who supplied them agree."""


class Layout(BaseModel):
    """How one list of a file is written: which columns, what one record of it tells, and in which words.

    `columns` maps what the kit calls a value to its header. `tells`, for records that tell several dated things, gives each
    its own columns, and its activity (and agency) in the kit's words; where a column says which activity it was, `activity_in`
    names it. `always` is what every record is. `words` gives the kit's word for each of theirs, or `not told` for those that
    stand for nothing that happened; `blanks` are texts that stand for nothing; `key` are the headers whose values are
    together the supplier's id; `part` is what the list is called in the file.
    """

    model_config = ConfigDict(extra="forbid")
    columns: dict[str, str] = {}
    tells: list[dict[str, str]] = []
    always: dict[str, str] = {}
    words: dict[str, dict[str, list[str]]] = {}
    blanks: list[str] = []
    key: list[str] = []
    part: str | None = None


class Format(Layout):
    """How a file is written: its one list, or several of them; what they share stands once.

    `trailer` is the word with which the last line begins that counts the rows, or `no` where a footer counts something else.
    `also` gives, for a header, the other names that suppliers use for it.
    `unread` says of each list that is left where it is, why; `members` is the table that says who is of which family, and `linkage` are
    those that say who its people are.
    """

    version: str = ""
    source: str = ""
    dates: list[str] = ["%d/%m/%Y", "%d/%m/%Y %H:%M"]
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    trailer: str | None = None
    also: dict[str, list[str]] = {}
    several: dict[str, str] = {}
    life_where: dict[str, str] = {}
    lists: dict[str, Layout] = {}
    unread: dict[str, str] = {}
    members: Layout | None = None
    linkage: dict[str, Layout] = {}


class Supplied(BaseModel):
    """What holds of any file that somebody supplied: whose it is, what it may be used for, and how its text is written."""

    model_config = ConfigDict(extra="forbid")
    controller: str | None = None
    agreement: str | None = None
    lawful_basis: str | None = None
    allowed_uses: list[Use] | None = None
    keep_until: dt.date | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


class FileEntry(Supplied):
    """One file of a folder, as sources.yml declares it."""

    format: str | Format
    only: str | None = None
    also: dict[str, list[str]] = {}
    agency: str | None = None
    family: str | None = None
    covers: tuple[dt.date, dt.date] | None = None
    least_families: PositiveInt | None = None
    person_ids: Literal["own", "shared"] = "own"
    series: str | None = None
    zone: str = "Europe/London"
    midnight: Literal["time", "none"] = "none"
    made_on: dt.date | None = None


LINKAGE_TARGETS = (
    *(
        "person_id",
        "first_name",
        "last_name",
        "date_of_birth",
        "sex",
        "postcode",
        "address",
        "uprn",
        "nhs_number",
        "upn",
    ),
    *("phone", "email", "household_id", "parent_ids", "from", "to", "confidential"),
    *("identifier", "identifier_kind"),
)
"""What a linkage file may tell of a person: used to join records into persons and families, and kept nowhere else."""


class LinkageEntry(Supplied):
    """One linkage file of a folder: whose person ids it uses, which column is what, and the permission for linkage.

    `format` names one whose `linkage` says which tables of the file tell who its people are; else `columns` does.
    """

    supplier: str
    columns: dict[str, str] = {}
    format: str | None = None
    part: str | None = None
    words: dict[str, dict[str, list[str]]] = {}
    dates: list[str] = ["%d/%m/%Y"]


class Published(BaseModel):
    """Where a published case comes from."""

    model_config = ConfigDict(extra="forbid")
    source: str
    licence: str
    subset: bool = True
    note: str = ""


class Live(BaseModel):
    """Who stands behind a list of families to be offered help now, how they answer, and how many they can."""

    model_config = ConfigDict(extra="forbid")
    owner: str
    answer_route: str
    capacity: PositiveInt


class FolderEntry(BaseModel):
    """sources.yml as a whole."""

    model_config = ConfigDict(extra="forbid")
    purpose: str
    invented: bool = False
    selection: str = ""
    owner: str = ""
    marking: str = ""
    safeguarding_contact: str = ""
    dpia: str = ""
    files: dict[str, FileEntry]
    linkage: dict[str, LinkageEntry] = {}
    members: str | None = None
    persons: str | None = None
    reviewed: list[str] | None = None
    agencies: list[str] | None = None
    published: Published | None = None
    live: Live | None = None
