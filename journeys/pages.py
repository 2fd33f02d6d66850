"""What may stand on a page, and what stands round it: levels, tables, and the frame of every report.

`team` is for named practitioners and analysts on the review. `board` holds counts and spreads over families: no family's
id, row or swim-lane, and one family's picture or words only by its consent. `public` has a page of its own, which
holds what `journeys.public` makes, and nothing else.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys import book, checks, overlays, public, voice
from journeys.activities import spelled
from journeys.contacts import Session
from journeys.journey import Journeys, empty
from journeys.policy import policy_of
from journeys.readerpage import reader_rules
from lib.errors import BuildError, RequestError, did_you_mean
from lib.limits import median_wait
from lib.page import Frame
from lib.shown import Shown

if TYPE_CHECKING:
    import pandas as pd

    from lib.engine import Table

LEVELS = {
    "team": "named practitioners and analysts on the review",
    "board": "named leads inside the partnership",
}
PUBLIC = {"4_system_review": "public_review", "public_review": "public_review"}
"""The reports that there are at public, and the notebook that makes each: it shows nothing that is counted of a few."""

ONE_FAMILY = ("2_one_family", "family_page")
"""Notebooks that show one family's rows: not made at board."""

FOR_ONE_READER = "family_page"
"""The notebook whose page is handed to one reader of a family: it has a frame of its own."""

ROWS_OF_FAMILIES = ("family_id", "contact_id", "person_id", "evidence", "shown_by", "answered_by", "professional_id")
"""Columns that make a table one of rows about families: such a table is not shown at board."""

LIMITS = (
    "How common this is: the families were chosen, and are no sample.",
    "That earlier help would have worked: nothing here tests that.",
    "What was not recorded, or not supplied: an empty place is no proof that nothing happened.",
    "Who did well or badly: this is about how services fit together, never about a worker or an agency.",
)


def check_level(level: str) -> str:
    """A level that reports can be made at. Raises `RequestError` for any other, in words.

    >>> check_level("team")
    'team'
    """
    if level == "public":
        raise RequestError(
            "at level 'public' nothing is shown but what fj.public makes, and fj.publish lets through. Build the public page: "
            "report 4_system_review --level public. Here, use team or board."
        )
    if level not in LEVELS:
        raise RequestError(f"there is no level '{level}'.{did_you_mean(level, LEVELS)} Levels: team, board.")
    return level


def notebook_for(notebook: str, level: str) -> str:
    """The notebook that makes a report at a level. Raises `RequestError` where it is not made at that level.

    >>> notebook_for("4_system_review", "public"), notebook_for("3_triggers", "board")
    ('public_review', '3_triggers')
    """
    if level != "public":
        if notebook == PUBLIC["4_system_review"]:
            raise RequestError(f"{notebook} is the page for the public. Add --level public.")
        check_level(level)
        if notebook in ONE_FAMILY:
            check_board(level, notebook)
        return notebook
    if notebook not in PUBLIC:
        raise RequestError(
            f"there is no public page of {notebook}: it shows families' rows, or counts of too few. At level 'public' ask for "
            "4_system_review, which says in words what it may; or use team or board, for named readers."
        )
    return PUBLIC[notebook]


def check_board(level: str, what: str) -> None:
    """Stop where a page about one family is asked for at board, and say why."""
    if check_level(level) == "board":
        raise RequestError(
            f"{what} shows one family's rows, and at level 'board' no family's rows are shown. Use --level team, for named "
            "readers; or 4_system_review --level board, which holds counts, and one family's picture where it agreed."
        )


def show(
    frame: pd.DataFrame | Table,
    caption: str,
    *,
    level: str = "team",
    names: Journeys | None = None,
    note: str = "",
    rows: int = 200,
) -> Shown:
    """A table with a caption, made so that everybody can read it, for a notebook and a page.

    `frame` is a DataFrame or a Table (its first rows). With `names=review`, agencies and activities are written as
    people say them. At level `board` no row about a family is shown: a table with a row per family becomes the lowest,
    middle and highest of each number, and any other the number of its rows. Raises `RequestError` for a level that there
    is not.

    >>> import pandas as pd
    >>> show(pd.DataFrame({"agency": ["police"], "contacts": [2]}), "Contacts by agency")
    Contacts by agency
    Agency  Contacts
    police         2
    """
    import pandas as pd

    check_level(level)
    table = frame if isinstance(frame, pd.DataFrame) else frame.show(rows)
    total = len(frame)
    if level == "board" and any(c in table.columns for c in ROWS_OF_FAMILIES):
        return _over_families(table, caption, total)
    table = table.head(rows)
    if names is not None:
        words = names.activities
        said = {"agency": words.agency, "from_agency": words.agency, "to_agency": words.agency, "activity": words.label}
        table = table.assign(
            **{c: [v if empty(v) else say_it(v) for v in table[c]] for c, say_it in said.items() if c in table}
        )
    if total > len(table):
        note = f"The first {len(table):,} of {total:,} rows. {note}".strip()
    return Shown(table, caption, note)


def _over_families(table: pd.DataFrame, caption: str, total: int) -> Shown:
    """What a board sees in place of rows about families."""
    import pandas as pd

    numbers = [c for c in table.columns if c not in ROWS_OF_FAMILIES and pd.api.types.is_numeric_dtype(table[c])]
    numbers = [c for c in numbers if not pd.api.types.is_bool_dtype(table[c]) and table[c].notna().any()]
    is_one_each = "family_id" in table.columns and table["family_id"].is_unique and total == len(table)
    if not is_one_each or not numbers or total == 1:
        only = pd.DataFrame({"Left out at level board": ["rows about single families"], "Rows": [total]})
        return Shown(only, caption, "No family's own row is shown at this level.")
    said: list[tuple[Any, ...]] = []
    note = "No family's own row is shown at this level."
    is_open = (
        table["is_open"].fillna(False).astype(bool) if "is_open" in table.columns else pd.Series(False, table.index)
    )
    for name in numbers:
        words, values = name.replace("_", " "), table[name].astype(float)
        if name.startswith("days") and is_open.any():
            ended, still = values[~is_open].dropna(), values[is_open].dropna()
            middle = median_wait([*ended], [*still]) if len(still) == is_open.sum() else None
            said.append((f"{words}, ended", len(ended), ended.min(), middle, ended.max()))
            said.append((f"{words}, still open", int(is_open.sum()), still.min(), None, still.max()))
        else:
            said.append((words, values.count(), values.min(), values.median(), values.max()))
    if any(words.endswith("still open") for words, *_ in said):
        note += " The middle of days is by when half had ended, the open ones counted; – where half have not, or none is told."
    names = ["each_family's", "families", "lowest", "middle", "highest"]
    return Shown(pd.DataFrame(said, columns=names), caption, note)


def frame_for(session: Session, level: str, period: tuple[Any, Any] | None = None) -> Any:
    """What stands round a report of this folder at this level: a function for `lib.runs.run`."""
    about = session.folder.about
    account = checks.full_account(session).drop(columns="rejected_because")
    families = _family_ids(session) if level == "board" else []
    if level == "board":
        _check_more_than_one(everybody(session))
    own = overlays.own_rules(session.folder)
    own_limits = voice.said_of(everybody(session), "cannot tell") if book.hashes(session.folder) else []
    withheld = voice.withheld(everybody(session), level) if level == "board" else {}

    def frame(notebook: Any, record: dict[str, Any]) -> Frame:
        if families:
            _refuse_families(notebook, families, own_limits)
        if withheld:
            _refuse_words(notebook, withheld, level, own_limits)
        strip = [
            ("Level", level.upper()),
            ("Marking", about.marking or "not declared"),
            ("Readers", LEVELS[level]),
            ("Status", "draft"),
            ("Data to", checks.data_to(session)),
        ]
        return Frame(
            strip=strip,
            tag="INVENTED DATA" if about.invented else "",
            opening=_opening(session),
            limits=(*LIMITS, *own_limits),
            account=account.rename(columns={"in_no_family": "of which in no family"}),
            account_caption="Records read = accepted + set aside + collapsed, file by file",
            provenance=_provenance(record),
            lede=[]
            if own.empty
            else [overlays.in_words(session.folder) + " They are listed under Assumptions and faults."],
            purpose=f"{about.purpose} How the families were chosen: {about.selection or 'not declared'}",
            contact=["This is not an alert system.", *_whom_to_ring(session)],
        )

    return frame


def _check_more_than_one(review: Journeys) -> None:
    """Stop where all that a board would be shown is one family's, and that family did not agree."""
    if set(review.families) - set(voice.shared_families(review, "board")) and len(review.families) == 1:
        raise RequestError(
            "one family alone is under review here, so that every number would be that family's, and at level 'board' no "
            "family's row is shown. Use --level team, for named readers; or write in the review book's sheet 'families' that "
            "it agreed."
        )


def frame_for_public(session: Session) -> Any:
    """What stands round a page for the public: a function for `lib.runs.run`. It notes in the record what the page says.

    No account, no file, no parameter and no purpose: each could count those under review.
    """
    about = session.folder.about
    families = _family_ids(session)

    def frame(notebook: Any, record: dict[str, Any]) -> Frame:
        record["public"] = public.check_page(notebook)
        _refuse_families(notebook, families, [])
        kept = ("run_id", "started", "notebook", "notebook_sha256", "rules", "kit", "git_commit")
        return Frame(
            strip=[
                ("Level", "PUBLIC"),
                ("Marking", "for everybody, once released"),
                ("Readers", "anybody"),
                ("Status", "not to be passed on until released: its manifest says who released it, and when"),
                ("Data to", checks.data_to(session)),
            ],
            tag="INVENTED DATA" if about.invented else "",
            limits=LIMITS,
            provenance=[
                *_provenance({key: record[key] for key in kept if key in record} | {"parameters": {}}),
                (
                    "Disclosure control",
                    f"rules {policy_of(session.folder).version}; symbols c z x k, as under each table",
                ),
            ],
            purpose="To tell everybody what a review asks for, and what services look like over a wider area.",
            contact=["This is not an alert system.", *_whom_to_ring(session)],
        )

    return frame


def frame_for_reader(session: Session) -> Any:
    """What stands round a page for one reader of a family: a function for `lib.runs.run`.

    Whom it is for, what it is for and whom to ask, the same for every reader of a folder: no file, agency, period, run,
    rule or parameter, which would tell who holds records.
    """
    about = session.folder.about
    said = reader_rules(session.folder, session.activities).said

    def frame(notebook: Any, record: dict[str, Any]) -> Frame:
        return Frame(
            tag="INVENTED DATA" if about.invented else "",
            lede=[said["read_by"]],
            purpose=said["purpose"],
            contact=[said["ask"], *_whom_to_ring(session)],
            foot="Whom to ask",
        )

    return frame


def _opening(session: Session) -> list[str]:
    about = session.folder.about
    if not about.published:
        return []
    subset = " It is a subset of what happened, and of what the report lists." if about.published.get("subset") else ""
    note = f" {about.published['note']}" if about.published.get("note") else ""
    return [
        f"This page is about real people, from published reports: {about.published['source']}. "
        f"Licence: {about.published['licence']}.{subset}{note}"
    ]


def _whom_to_ring(session: Session) -> list[str]:
    about = session.folder.about
    said = []
    if about.safeguarding_contact:
        said.append(f"If a child may be at risk now, ring {about.safeguarding_contact}.")
    if about.owner:
        said.append(f"Questions about this page: {about.owner}.")
    return said


def _provenance(record: dict[str, Any]) -> list[tuple[str, str]]:
    given = record.get("parameters", {})
    rows = [
        ("Run", record.get("run_id", "")),
        ("Made on", record.get("started", "")),
        ("Notebook", f"{record.get('notebook', '')} ({str(record.get('notebook_sha256', ''))[:12]})"),
        ("Parameters", ", ".join(f"{k}={v}" for k, v in given.items() if k != "family") or "none"),
        ("Rules", ", ".join(f"{k} {v}" for k, v in (record.get("rules") or {}).items())),
        ("Kit", f"{record.get('kit', '')}, commit {str(record.get('git_commit') or 'not known')[:12]}"),
        ("Python", str(record.get("python", ""))),
        ("Libraries", ", ".join(f"{k} {v}" for k, v in (record.get("libraries") or {}).items())),
        ("Inputs", ", ".join(f"{k} {str(v)[:12]}" for k, v in (record.get("inputs") or {}).items())),
    ]
    return [(item, str(value)) for item, value in rows if value]


def _family_ids(session: Session) -> list[str]:
    review = everybody(session)
    return [n for (n,) in review.engine.rows(f"SELECT name FROM {review.codes}families") if not n.isdigit()]


def everybody(session: Session) -> Journeys:
    """The journeys of a folder, as its own members file and period have them."""
    from journeys.contacts import as_read
    from journeys.journey import build_journeys
    from lib.engine import Table

    return build_journeys(Table(session.engine, "contacts", as_read(session.contacts), (), session))


def _refuse_families(notebook: Any, families: list[str], limits: list[str]) -> None:
    """Nothing on a board's page names a family: looked for in everything that the notebook shows."""
    pattern = re.compile(r"(?<![A-Za-z0-9_])(" + "|".join(map(re.escape, families)) + r")(?![A-Za-z0-9_])")
    if any(map(pattern.search, limits)):
        raise BuildError(
            "The review book's sheet 'answer' names a family in what this cannot tell you, and at level 'board' no page names a "
            "family. Say it without the number."
        )
    for number, text in _texts(notebook):
        if pattern.search(html.unescape(text)):
            raise BuildError(
                f"cell {number} of this notebook shows a family's id, and at level 'board' no page names a family. Show "
                "counts, or use level team."
            )


def _refuse_words(notebook: Any, withheld: Mapping[str, str], level: str, limits: list[str]) -> None:
    """Nothing on a page holds words that its readers may not read, in whichever sheet of the book they stand besides."""
    shown = [("what this cannot tell you", " ".join(limits))]
    shown += [
        (f"cell {number} of this notebook", html.unescape(re.sub(r"<[^>]*>", " ", text)))
        for number, text in _texts(notebook)
    ]
    spelt = [(where, f" {spelled(said)} ") for where, said in shown]
    for words, place in withheld.items():
        for where, said in spelt:
            if f" {words} " in said:
                raise BuildError(
                    f"the words in the review book's {place}, may not be read at level '{level}', and {where} shows them: they "
                    "stand in another sheet too. Put them there in words of your own, or ask whoever said them for consent."
                )


def _texts(notebook: Any) -> Iterator[tuple[int, str]]:
    """Everything that a notebook shows, as HTML and as text, with what is said of its pictures: cell by cell."""
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            shown = {k: v for k, v in output.get("data", {}).items() if not k.startswith("image/png")}
            text = json.dumps([shown, output.get("metadata", {})], default=str, ensure_ascii=False)
            yield number, text.replace("\\n", " ").replace('\\"', '"').replace("\\\\", "\\")


def notebook_path(name: str, folder: Path) -> Path:
    """A notebook by its name without ending. Raises `RequestError`, with the nearest, where there is none."""
    path = folder / f"{name}.ipynb"
    known = sorted(p.stem for p in folder.glob("*.ipynb"))
    if name not in known:
        raise RequestError(f"there is no notebook '{name}'.{did_you_mean(name, known)} Notebooks: {', '.join(known)}.")
    return path
