"""The lists of a file, each as it is read: what a format says of all of them and of one, put together and checked."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.declared import (
    FORMAT_TARGETS,
    LINKAGE_TARGETS,
    OF_ONE_THING,
    PROSE,
    FileEntry,
    FolderEntry,
    Format,
    Layout,
    LinkageEntry,
)
from lib.batches import KEY, Source, Told, folded
from lib.dates import check_formats, date_format, day_number
from lib.errors import RuleError, did_you_mean, listed
from lib.files import visible

if TYPE_CHECKING:
    import pandas as pd

LIST = ": "
"""Between the name of a file and that of one of its lists."""

_NEEDED = ("date", "activity")
_UNREAD = frozenset({"note"})
_IN_WORDS = ("activity", "agency")
_IN_COLUMN = "activity_in"
"""What a format calls the column that says of one of several things what it was."""
_DAYS = frozenset({"date", "earliest", "latest", "ends_on", "recorded_on"})


def layouts(form: Format) -> Iterator[tuple[str, Layout]]:
    """Every list of a format by its name, with what all lists share; one without a name where it has but one."""
    if not form.lists:
        yield "", form
    for name, own in form.lists.items():
        yield (
            name,
            Layout(
                columns={**form.columns, **own.columns},
                tells=own.tells or form.tells,
                always={**form.always, **own.always},
                words={**form.words, **own.words},
                blanks=[*form.blanks, *own.blanks],
                key=own.key or form.key,
                part=own.part or name,
            ),
        )


def sources_of(
    name: str,
    entry: FileEntry,
    form: Format,
    supplier: str,
    path: Path | None,
    frame: pd.DataFrame | None,
    where: Callable[..., str],
) -> list[Source]:
    """The lists of one file, in the order in which the format has them, as `lib.intake` reads them.

    `where` says in which line a part of the format stands.
    """
    found = []
    for of, layout in layouts(form):
        if entry.only and of != entry.only:
            continue
        listed_alone = bool(entry.only)
        constants = {k: v for k, v in (("agency", entry.agency), ("family_id", entry.family)) if v} | layout.always
        columns = {t: h for t, h in layout.columns.items() if t not in _UNREAD}
        needed = set(columns) if not isinstance(entry.format, str) else {t for t in _NEEDED if t in columns}
        if "agency" in columns and "agency" not in constants:
            needed.add("agency")
        if of and "person_id" in columns:
            needed.add("person_id")
        columns |= {f"{KEY}{n}": header for n, header in enumerate(layout.key)}
        needed |= {f"{KEY}{n}" for n in range(len(layout.key))}
        tells = tuple(_told(number, told) for number, told in enumerate(layout.tells, start=1))
        for told in tells:
            own = {f"{target}@{told.number}": header for target, header in told.columns.items()}
            columns, needed = columns | own, needed | set(own)
        found.append(
            Source(
                name=f"{name}{LIST}{of}" if of and not listed_alone else name,
                supplier=f"{supplier}/{of}" if of else supplier,
                columns=columns,
                needed=frozenset(needed - set(constants)),
                dates=_DAYS | {f"{d}@{told.number}" for told in tells for d in _DAYS},
                formats=tuple(form.dates),
                path=path,
                frame=frame,
                delimiter=entry.delimiter or form.delimiter,
                encoding=entry.encoding or form.encoding,
                sheet=entry.sheet or form.sheet,
                zone=entry.zone,
                midnight_is_time=entry.midnight == "time",
                constants=constants,
                part=None if listed_alone else layout.part,
                tells=tells,
                key=tuple(layout.key),
                words={
                    t: {theirs: ours for ours, all_ in w.items() for theirs in all_} for t, w in layout.words.items()
                },
                blanks=tuple(layout.blanks),
                made_on=day_number(entry.made_on) if entry.made_on else None,
                trailer=form.trailer,
                prose=PROSE,
                also={folded(other): header for header, others in _also(entry, form) for other in others},
                where=functools.partial(_where, where, form, of),
            )
        )
    return found


def _also(entry: FileEntry, form: Format) -> Iterator[tuple[str, list[str]]]:
    """Other names of headers: those of the format, and those of the file alone."""
    yield from form.also.items()
    yield from entry.also.items()


def _where(where: Callable[..., str], form: Format, of: str, target: str) -> str:
    """Where a format names the header of a target: with its list, or with what all lists share."""
    own = ("lists", of) if of else ()
    base, _, number = target.partition("@")
    if number:
        thing = (*(own if of and form.lists[of].tells else ()), "tells", int(number) - 1)
        return where(*thing, _IN_COLUMN if base == "activity" else base)
    if target.startswith(KEY):
        return where(*(own if of and form.lists[of].key else ()), "key")
    return where(*(own if of and target in form.lists[of].columns else ()), "columns", target)


def members_source(name: str, form: Format, path: Path) -> Source:
    """The table of a file that says who is of which family, as `lib.readers` reads it."""
    assert form.members is not None
    columns = form.members.columns
    needed = frozenset({"person_id", "family_id"})
    return Source(
        f"{name}{LIST}{form.members.part}", path.stem, columns, needed, frozenset(), path=path, part=form.members.part
    )


def _told(number: int, told: dict[str, str]) -> Told:
    constants = {t: w for t, w in told.items() if t in _IN_WORDS}
    columns = {t: h for t, h in told.items() if t not in (*constants, _IN_COLUMN)}
    if _IN_COLUMN in told:
        columns["activity"] = told[_IN_COLUMN]
    return Told(number, columns, constants)


def check_layouts(name: str, entry: FileEntry, form: Format, at: str) -> None:
    """What no schema can say of a format: targets that exist, and a day, an activity, an agency and somebody for each.

    `at` is where the file is declared. Raises `RuleError`.
    """
    known = [of for of, _ in layouts(form) if of]
    if any(":" in of for of in known):
        raise RuleError(f"{at}: the name of a list of {name} holds ':', which stands between a file and its list.")
    if entry.only and entry.only not in known:
        raise RuleError(f"{at}: the format of {name} has no list of that name.{did_you_mean(entry.only, known)}")
    if known and not entry.only and Path(name).suffix.lower() in ONE_TABLE:
        raise RuleError(f"{at}: {name} holds one list. Say which, as `only: {known[0]}`. Lists: {listed(known)}.")
    _check_also(name, entry, form, at)
    _check_manner(name, form.dates, entry.delimiter or form.delimiter, at)
    for of, layout in layouts(form):
        what = f"the list '{of}' of {name}" if of else f"the format of {name}"
        _known(layout.columns, FORMAT_TARGETS, at)
        _known(layout.always, ("agency", "activity", "reason"), at)
        _known(layout.words, FORMAT_TARGETS, at)
        targets = [{*layout.columns, *_told(0, told).columns, *told} for told in layout.tells] or [set(layout.columns)]
        if len(layout.tells) > MOST_THINGS:
            raise RuleError(f"{at}: {what} tells {len(layout.tells)} things; a record can tell at most {MOST_THINGS}.")
        for told in layout.tells:
            _known(told, (*OF_ONE_THING, _IN_COLUMN), at)
        if layout.tells and "replaces" in layout.columns:
            raise RuleError(
                f"{at}: {what} tells several things of a record, so one cannot replace another. A later version has the same id."
            )
        for has in targets:
            spanned = {"earliest", "latest"} <= has and not layout.tells
            for target in _NEEDED:
                if target not in has and target not in layout.always and not (target == "date" and spanned):
                    raise RuleError(f"{at}: {what} names no column for '{target}'. Add {target}: <its header>.")
            if "agency" not in has | set(layout.always) and not entry.agency:
                raise RuleError(f"{at}: nothing says which agency recorded {name}. Add agency: <its name>.")
        if not entry.family and not {"person_id", "family_id"} & set(layout.columns):
            raise RuleError(f"{at}: nothing says whom {name} is about. Add person_id or family_id to its columns.")
        _once(layout, what, at)


def _check_also(name: str, entry: FileEntry, form: Format, at: str) -> None:
    """Another name is one of a header that the format has, and of one only."""
    every = [Layout(), *(layout for _, layout in layouts(form))]
    given = [[*x.columns.values(), *x.key, *(h for told in x.tells for h in told.values())] for x in every]
    headers = {folded(header): header for some in given for header in some}
    meant: dict[str, str] = {}
    for header, others in _also(entry, form):
        if folded(header) not in headers:
            near = did_you_mean(header, headers.values())
            raise RuleError(f"{at}: `also` names '{header}', which is no column of the format of {name}.{near}")
        for other in others:
            if meant.setdefault(folded(other), folded(header)) != folded(header) or folded(other) in headers:
                raise RuleError(f"{at}: `also` gives '{other}' to two columns of {name}. One name is one column.")


ONE_TABLE = (".csv", ".txt", ".tsv", ".parquet")
"""Files that hold one table only, by how their names end."""

MOST_THINGS = 31
"""How many dated things one record may tell: their numbers are part of a contact's own."""


def _known(given: Any, targets: tuple[str, ...], at: str) -> None:
    for target in given:
        if target not in targets:
            raise RuleError(f"{at}: a format cannot name '{target}'.{did_you_mean(target, targets)}")


def _once(layout: Layout, what: str, at: str) -> None:
    """One word of theirs means one of the kit's."""
    for target, words in layout.words.items():
        seen: dict[str, str] = {}
        for ours, all_ in words.items():
            for theirs in all_:
                if seen.setdefault(theirs.casefold(), ours) != ours:
                    raise RuleError(f"{at}: {what} gives two words for one of theirs under '{target}': '{theirs}'.")


LINKAGE_DAYS = frozenset({"date_of_birth", "from_date", "to_date"})
_DECLARED = {"from_date": "from", "to_date": "to"}
"""What sources.yml calls a column, where that is a word of SQL."""


def linkage_source(
    name: str, entry: LinkageEntry, path: Path | None, frame: pd.DataFrame | None, where: Callable[[str], str]
) -> Source:
    """A linkage file as it is read: each declared column must be there."""
    inside = {declared: name for name, declared in _DECLARED.items()}
    columns = {inside.get(target, target): header for target, header in entry.columns.items()}
    return Source(
        name=name,
        supplier=entry.supplier,
        columns=columns,
        needed=frozenset(columns),
        dates=LINKAGE_DAYS,
        formats=tuple(entry.dates),
        path=path,
        frame=frame,
        delimiter=entry.delimiter,
        encoding=entry.encoding,
        sheet=entry.sheet,
        part=entry.part,
        words={
            t: {theirs.casefold(): ours for ours, all_ in w.items() for theirs in all_} for t, w in entry.words.items()
        },
        where=lambda target: where(_DECLARED.get(target, target)),
    )


def linkage_tables(name: str, entry: LinkageEntry, form: Format | None) -> list[tuple[str, LinkageEntry]]:
    """The tables of a linkage file by the names that its account gives them: those of its format, or its one."""
    if form is None:
        return [(name, entry)]
    return [
        (
            f"{name}{LIST}{of}",
            entry.model_copy(
                update={"columns": own.columns, "part": own.part, "words": own.words, "dates": form.dates}
            ),
        )
        for of, own in form.linkage.items()
    ]


IDENTIFIERS = ("nhs_number", "upn", "uprn", "phone", "email")
"""What a table that holds one number to a row, and its kind beside it, may hold."""


def check_linkage(name: str, entry: LinkageEntry, at: str) -> None:
    """What no schema can say of a linkage file: targets that exist, whose ids they are, dates that can be read."""
    _known(entry.words, ("identifier_kind",), at)
    _known(entry.words.get("identifier_kind", {}), IDENTIFIERS, at)
    _known(entry.columns, LINKAGE_TARGETS, at)
    if "person_id" not in entry.columns:
        raise RuleError(f"{at}: {name} names no column for 'person_id'. Add person_id: <its header>.")
    if not entry.supplier.strip() or ":" in entry.supplier or ";" in entry.supplier:
        raise RuleError(
            f"{at}: the supplier of {name} needs a plain name, without : and ;. It stands before each person's id."
        )
    _check_manner(name, entry.dates, entry.delimiter, at)
    for pattern in entry.dates:
        if date_format(pattern).precision != "day":
            raise RuleError(f"{at}: the date format '{pattern}' tells no day. A birth date is a day.")


def check_names(entry: FolderEntry, at: Callable[..., str]) -> None:
    """That files are named as a file can be; `at` says where a part of sources.yml stands. Raises `RuleError`."""
    named = [((block, name), name) for block in ("files", "linkage") for name in getattr(entry, block)]
    named += [((key, ""), name) for key in ("members", "persons") if (name := getattr(entry, key)) is not None]
    for where, name in named:
        if not name.strip() or "\0" in name or any(len(part.encode()) > 255 for part in Path(name).parts):
            raise RuleError(f"{at(*where)}: '{visible(name)}' is no name that a file can have. Mend it.")


def _check_manner(name: str, dates: list[str], delimiter: str | None, at: str) -> None:
    """How days are written, and what parts the fields of a text."""
    try:
        check_formats(dates)
    except RuleError as error:
        raise RuleError(f"{at}: {error}.") from None
    if delimiter and (len(delimiter) > 1 or delimiter in '"\r\n\0'):
        raise RuleError(
            f'{at}: the delimiter of {name} is no single sign that can part fields. Write one, as delimiter: ";"; a tab is '
            'written "\\t".'
        )
