"""A data folder: which file is what, for which purpose, under whose permission, covering which dates.

Permission is asked for here and nowhere else. Invented data needs none; a published report's `published` block
stands for it; every other file says whose it is, under which agreement, for which uses and until when.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from journeys.declared import FORMAT_TARGETS, LINKAGE_TARGETS, FileEntry, FolderEntry, Format, Layout, LinkageEntry
from journeys.layouts import LIST, check_layouts, check_linkage, check_names, linkage_source, linkage_tables, sources_of
from lib import files
from lib.batches import Source
from lib.dates import say, zone_info
from lib.errors import DataError, PermissionRefused, RequestError, RuleError, did_you_mean, listed

if TYPE_CHECKING:
    import pandas as pd

PROJECT = Path(__file__).resolve().parent.parent
RULES = Path(__file__).resolve().parent / "rules"

PRIVATE = "private"
"""The room of a data folder, for its owner alone, that holds what people asked for and what was given out."""

LINKED = "linked.new"
"""The folder in it that holds what `link` found, from when all of it is known until all of it is in its place."""

FORGOTTEN = "forgotten.{kid}.jsonl"
"""The list in it of those who asked to be forgotten, one for each key that it was written with."""

_PERMISSION = ("controller", "agreement", "lawful_basis", "allowed_uses", "keep_until")

today = dt.date.today
"""The day against which `keep_until` is held; tests set another."""


@dataclass(frozen=True)
class About:
    """What every page says of the data it rests on."""

    name: str
    purpose: str
    invented: bool
    selection: str
    owner: str
    marking: str
    safeguarding_contact: str
    dpia: str
    published: Mapping[str, Any] | None


@dataclass(frozen=True)
class Folder:
    """A data folder, its declarations checked. Made by `open_folder`, or from frames by `from_frames`."""

    name: str
    path: Path | None
    entry: FolderEntry
    yaml: files.Yaml | None
    formats: Mapping[str, tuple[Format, files.Yaml | None]]
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    linked: Mapping[str, Format] = field(default_factory=dict)

    @property
    def about(self) -> About:
        """What every page says of the data."""
        e = self.entry
        published = e.published.model_dump() if e.published else None
        given = (e.purpose, e.invented, e.selection, e.owner, e.marking, e.safeguarding_contact, e.dpia)
        return About(self.name, *given, published)

    @property
    def suppliers(self) -> dict[str, str]:
        """For each file, the supplier whose ids it uses: its series, or the file's stem."""
        return {name: f.series or Path(name).stem for name, f in self.entry.files.items()}

    def require(self, use: str) -> None:
        """Stop unless every file may be used for this. Raises `PermissionRefused` with the line to mend."""
        for name, entry in self.entry.files.items():
            self._permitted(use, name, entry, "files")

    def require_linkage(self) -> None:
        """Stop unless every linkage file may be used to join persons. Raises `PermissionRefused` with the line to mend."""
        for name, entry in self.entry.linkage.items():
            self._permitted("linkage", name, entry, "linkage")

    def _permitted(self, use: str, name: str, entry: FileEntry | LinkageEntry, block: str) -> None:
        if entry.keep_until and today() > entry.keep_until:
            raise PermissionRefused(
                f"{self.at(block, name, 'keep_until')}: {name} was to be kept until {say(entry.keep_until)}, and "
                f"today is {say(today())}. Delete it, or agree a new date with {entry.controller or 'its owner'}."
            )
        if self.entry.invented or (self.entry.published and block == "files"):
            return
        for key in _PERMISSION:
            if not getattr(entry, key):
                raise PermissionRefused(
                    f"{self.at(block, name)}: {name} is real data and has no '{key}'. Say whose it is "
                    f"({', '.join(_PERMISSION)}), or `invented: true` where nobody is in it."
                )
        if use not in (entry.allowed_uses or []):
            raise PermissionRefused(
                f"{self.at(block, name, 'allowed_uses')}: {name} may be used for {listed(entry.allowed_uses or [])}, "
                f"not for '{use}' ({entry.agreement}). Ask {entry.controller}, then add it to that line."
            )

    def linkage_sources(self) -> list[Source]:
        """Every linkage file, in the order in which they are declared."""
        return [
            linkage_source(
                of,
                table,
                None if name in self.frames else (self.path or Path()) / name,
                self.frames.get(name),
                functools.partial(self.at, "linkage", name, "columns"),
            )
            for name, entry in self.entry.linkage.items()
            for of, table in linkage_tables(name, entry, self.linked.get(name))
        ]

    def sources(self) -> list[Source]:
        """Every list of every file as `lib.intake` reads it, in the order in which they are declared."""
        return [source for name in self.entry.files for source in self._sources(name)]

    def file_of(self, source: str) -> str:
        """The file that a list is in, by the name that the account gives it."""
        return source if source in self.entry.files else source[: source.rindex(LIST)]

    def _sources(self, name: str) -> list[Source]:
        entry, (form, yaml) = self.entry.files[name], self.formats[name]

        def where(*part: str | int) -> str:
            if not isinstance(entry.format, str) or yaml is None:
                return self.at("files", name, "format", *part)
            return f"{files.shown(yaml.path)} (line {yaml.line(*part)})"

        path = None if name in self.frames else (self.path or Path()) / name
        return sources_of(name, entry, form, self.suppliers[name], path, self.frames.get(name), where)

    def at(self, *where: str | int) -> str:
        """Where a part of sources.yml stands: file and line."""
        if self.yaml is None:
            return "sources"
        return f"{files.shown(self.yaml.path)}, line {self.yaml.line(*where)}"

    def rule_files(self, name: str) -> list[Path]:
        """A rules file of the kit and, where there is one, the folder's own overlay of it."""
        own = self.path / "rules" / name if self.path else None
        return [RULES / name, *([own] if own and own.is_file() else [])]

    def inputs(self) -> list[Path]:
        """Every file on which the store rests."""
        if self.path is None:
            return []
        names = [*self.entry.files, *filter(None, (self.entry.members, self.entry.persons)), "sources.yml"]
        rules = [p for n in ("activities.yml",) for p in self.rule_files(n)]
        formats = [y.path for _, y in self.formats.values() if y is not None and y.path.name != "sources.yml"]
        return [*(self.path / n for n in names), *rules, *sorted(set(formats)), *self.forgotten()]

    def forgotten(self) -> list[Path]:
        """The lists of those who asked to be forgotten here."""
        # A list whose file is gone, and whose end is still there, is missed by name.
        ends = self.path.glob(f"{PRIVATE}/{FORGOTTEN.format(kid='*')}.end") if self.path else ()
        lists = self.path.glob(f"{PRIVATE}/{FORGOTTEN.format(kid='*')}") if self.path else ()
        return sorted({*lists, *(end.with_suffix("") for end in ends)})

    def fingerprint(self) -> tuple[tuple[str, int, int], ...]:
        """A quick look at the inputs (name, size, time of change), to see whether a closer one is worth it."""
        seen = []
        for path in self.inputs():
            try:
                stat = path.stat()
                seen.append((path.name, stat.st_size, stat.st_mtime_ns))
            except OSError:
                seen.append((path.name, -1, -1))
        return tuple(seen)

    def hashes(self) -> dict[str, str]:
        """The SHA-256 of every input, by its place in the folder, of the kit's own by name; empty for one that is not there."""
        own = self.path or RULES
        named = (
            (path.relative_to(own).as_posix() if path.is_relative_to(own) else path.name, path)
            for path in self.inputs()
        )
        return {name: _sha256(path) for name, path in named}


def _sha256(path: Path) -> str:
    value = hashlib.sha256()
    try:
        if not path.is_file():
            return ""
        with open(path, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                value.update(block)
    except OSError:
        return ""
    return value.hexdigest()


def find_folder(data: str | Path) -> Path:
    """The folder that a name under `data/`, or a path, means. Raises `RequestError` where there is none.

    >>> find_folder("sample").name
    'sample'
    """
    if (Path(data) / "sources.yml").is_file():
        return Path(data)
    places = [Path.cwd() / "data", *(p / "data" for p in Path.cwd().parents[:2]), PROJECT / "data"]
    for place in places:
        if (place / str(data) / "sources.yml").is_file():
            return place / str(data)
    here = sorted({p.parent.name for place in places for p in place.glob("*/sources.yml")})
    if Path(data).is_dir():
        raise RequestError(
            f"{files.shown(data)} has no sources.yml. Write one that says what each file is; see data/sample."
        )
    raise RequestError(
        f"there is no data folder '{files.visible(str(data))}'.{did_you_mean(str(data), here)} "
        f"Folders: {listed(here) or 'none'}; or give a path."
    )


def open_folder(data: str | Path, *, to_link: bool = False) -> Folder:
    """A data folder with its sources.yml read strictly. `to_link`: what `link` makes need not be there yet.

    Raises `RequestError` where there is no such folder, `RuleError` with file and line for what cannot be used.

    >>> open_folder("sample").about.invented
    True
    """
    path = find_folder(data)
    yaml = files.load(path / "sources.yml")
    entry = _checked(yaml, FolderEntry, ())
    folder = Folder(path.name, path, entry, yaml, _formats(path, entry, yaml), linked=_linked(path, entry, yaml))
    _check(folder)
    if not to_link:
        _check_linked(folder)
    return folder


def from_frames(frames: Mapping[str, pd.DataFrame], sources: Mapping[str, Any]) -> Folder:
    """A folder that is not on disk: pandas frames by name, and what sources.yml would say, as a dict."""
    import pandas as pd

    if not isinstance(frames, Mapping) or not isinstance(sources, Mapping):
        raise RequestError(
            "frames= takes DataFrames by name, and sources= a dict, as sources.yml has it. Give both so."
        )
    if others := [str(name) for name, frame in frames.items() if not isinstance(frame, pd.DataFrame)]:
        raise RequestError(f"frames: {listed(others)} is no DataFrame. Give one for each name.")
    try:
        entry = FolderEntry.model_validate(dict(sources))
    except ValidationError as error:
        first = error.errors()[0]
        raise RuleError(f"sources: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from None
    declared = [*entry.files, *(n for n in entry.linkage if n not in entry.files)]
    missing = [n for n in declared if n not in frames] + [n for n in frames if n not in declared]
    if missing:
        raise RequestError(f"frames and sources name different files: {listed(missing)}. Give each in both.")
    folder = Folder("frames", None, entry, None, _formats(None, entry, None), dict(frames), _linked(None, entry, None))
    _check(folder)
    return folder


def _checked(yaml: files.Yaml, model: type[Any], where: tuple[Any, ...]) -> Any:
    """Plain YAML as a model; the first thing wrong with it, with its line and what to do."""
    if not isinstance(yaml.data, dict):
        raise yaml.error("keys and values were expected.")
    files.known_keys(yaml, where, model.model_fields)
    if model is FolderEntry:
        for name, value in yaml.keys_at("files").items():
            files.known_keys(yaml, ("files", name), FileEntry.model_fields)
            if isinstance(value, dict) and isinstance(value.get("format"), dict):
                files.known_keys(yaml, ("files", name, "format"), Format.model_fields)
                files.known_keys(yaml, ("files", name, "format", "columns"), FORMAT_TARGETS)
        for name in yaml.keys_at("linkage"):
            files.known_keys(yaml, ("linkage", name), LinkageEntry.model_fields)
            files.known_keys(yaml, ("linkage", name, "columns"), LINKAGE_TARGETS)
    try:
        return model.model_validate(yaml.data)
    except ValidationError as error:
        first = _nearest(error)
        loc = tuple(p for p in first["loc"] if not isinstance(p, str) or p not in ("Format", "str"))
        key = str(loc[-1]) if loc else ""
        if first["type"] == "missing":
            raise yaml.error(
                f"'{key}' is not there. Every {'file' if len(loc) > 1 else 'sources.yml'} needs it.", *loc
            ) from None
        raise yaml.error(f"'{key}': {_in_words(first)}", *loc) from None


def _nearest(error: ValidationError) -> Any:
    """The first thing wrong; where a value may be a word or keys and values, and is one, what is wrong with that."""
    every = error.errors()
    return next((e for e in every if not (e["loc"][-1:] == ("str",) and isinstance(e["input"], dict))), every[0])


def _in_words(error: Any) -> str:
    expected = error.get("ctx", {}).get("expected")
    if expected:
        return f"one of {expected} is expected here."
    words = {"bool_type": "yes or no (true, false)", "bool_parsing": "true or false", "list_type": "a list, as [a, b],"}
    words |= {"string_type": "text (put quotes round it)", "dict_type": "keys and values", "tuple_type": "[from, to]"}
    kind = words.get(error["type"])
    if kind is None and "date" in error["type"]:
        kind = "a day, as 2027-03-31,"
    return f"{kind} is expected here." if kind else f"{error['msg']}."


def _formats(
    path: Path | None, entry: FolderEntry, yaml: files.Yaml | None
) -> dict[str, tuple[Format, files.Yaml | None]]:
    made: dict[str, tuple[Format, files.Yaml | None]] = {}
    for name, file in entry.files.items():
        if isinstance(file.format, Format):
            made[name] = (file.format, yaml)
            continue
        made[name] = _format(path, file.format, yaml, ("files", name, "format"))
    return made


def _linked(path: Path | None, entry: FolderEntry, yaml: files.Yaml | None) -> dict[str, Format]:
    """The formats of those linkage files that name one."""
    made = {}
    for name, file in entry.linkage.items():
        if file.format:
            made[name] = _format(path, file.format, yaml, ("linkage", name, "format"))[0]
            if not made[name].linkage:
                message = f"the format '{files.visible(file.format)}' says nothing of who its people are. Name the columns here."
                raise yaml.error(message, "linkage", name, "format") if yaml else RuleError(message)
    return made


def _format(
    path: Path | None, name: str, yaml: files.Yaml | None, where: tuple[str, ...]
) -> tuple[Format, files.Yaml | None]:
    """A format by its name: the folder's own, or the kit's."""
    places = [p / "formats" for p in ([path / "rules"] if path else []) + [RULES]]
    known = {f.stem: f for p in reversed(places) for f in sorted(p.glob("*.yml"))}
    found = known.get(name)
    if found is None:
        message = (
            f"there is no format '{files.visible(name)}'.{did_you_mean(name, known)} Formats: {listed(sorted(known))}."
        )
        raise yaml.error(message, *where) if yaml else RuleError(message)
    own = files.load(found)
    files.known_keys(own, ("columns",), FORMAT_TARGETS)
    for of in own.keys_at("lists"):
        files.known_keys(own, ("lists", of), Layout.model_fields)
    return _checked(own, Format, ()), own


def _check(folder: Folder) -> None:
    """What no schema can say: targets that exist, formats that read, stems that are told apart."""
    for name, entry in folder.entry.files.items():
        form, _ = folder.formats[name]
        at = folder.at("files", name)
        check_layouts(name, entry, form, at)
        if entry.covers and entry.covers[0] > entry.covers[1]:
            raise RuleError(f"{folder.at('files', name, 'covers')}: covers ends before it begins.")
        try:
            zone_info(entry.zone)
        except RuleError as error:
            raise RuleError(f"{folder.at('files', name, 'zone')}: {error}") from None
    check_names(folder.entry, folder.at)
    for name, linked in folder.entry.linkage.items():
        for _, table in linkage_tables(name, linked, folder.linked.get(name)):
            check_linkage(name, table, folder.at("linkage", name))
    _check_stems(folder)


def _check_linked(folder: Folder) -> None:
    """What people or `link` make: there, and whole."""
    assert folder.path is not None
    for key, name in (("members", folder.entry.members), ("persons", folder.entry.persons)):
        if name and not (folder.path / name).is_file():
            raise DataError(
                f"{folder.at(key)}: {name} is not there. Put the file in the folder, make it with "
                f"`python -m journeys link {folder.name}`, or remove the line."
            )
    if (folder.path / PRIVATE / LINKED).is_dir():
        raise DataError(
            f"{folder.name}: `link` was stopped while it put persons and families in their place. Run "
            f"`python -m journeys link {folder.name}` again: it ends what it had begun."
        )


def _check_stems(folder: Folder) -> None:
    stems: dict[str, str] = {}
    series = {e.series for e in folder.entry.files.values() if e.series}
    for name, entry in folder.entry.files.items():
        stem = Path(name).stem
        if not entry.series and stem in series:
            other = next(n for n, e in folder.entry.files.items() if e.series == stem)
            raise RuleError(
                f"{folder.at('files', name)}: the series '{stem}' of {other} ({folder.at('files', other)}) is also the name "
                f"of {name}, which is not in it. Declare `series: {stem}` on both, or give the series another name."
            )
        if not entry.series and stem in stems:
            raise RuleError(
                f"{folder.at('files', stems[stem])} and {folder.at('files', name)}: {stems[stem]} and {name} share the name "
                f"'{stem}', so their ids cannot be told apart. Rename one, or declare `series: {stem}` on both."
            )
        if not entry.series:
            stems[stem] = name
