"""One pass over the steps for all rules: the contacts that any of them looks at, fetched once, as columns of numbers.

A rule is decided contact by contact, by `journeys.patterns`, in words that a board can read. Few of a large log's
contacts lie near enough to others to matter to it. So the columns are cut into runs that no window can reach across,
which leaves every answer as it is, and only the runs that may meet the rule are looked at contact by contact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from journeys.patterns import Seen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from journeys.journey import Journeys

    Numbers = NDArray[np.int64]
    Marks = NDArray[np.bool_]

WATCHED = """
SELECT s.family, s.activity, s.agency, s.day, s.second, s.earliest, s.latest, c.known_day, c.contact_id{more}
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c WHERE {which}
"""

NUMBERS = ("family", "activity", "agency", "day", "second", "earliest", "latest", "known_day")
NONE = -(1 << 30)
FAR = 1 << 18
"""More than the days between any two contacts, and than the seconds of a day."""


@dataclass(frozen=True)
class Runs:
    """Places in the columns, family by family (or person by person) and day by day, cut into runs."""

    places: Numbers
    starts: Numbers
    stops: Numbers

    def having(self, keep: Marks) -> Runs:
        """Some of the runs."""
        import numpy as np

        sizes = self.stops - self.starts
        starts = np.concatenate([[0], np.cumsum(sizes[keep])]).astype(np.int64)
        return Runs(self.places[np.repeat(keep, sizes)], starts[:-1], starts[1:])

    def any(self, marks: Marks) -> Marks:
        """For each run, whether a mark stands at any of its places (marks are given over `places`)."""
        import numpy as np

        return np.logical_or.reduceat(marks, self.starts) if len(self.starts) else np.zeros(0, bool)


class Watched:
    """The columns: a place for each contact and family, in order of family, day and time."""

    def __init__(
        self, review: Journeys, activities: Iterable[str], agencies: Iterable[str], more: Iterable[str]
    ) -> None:
        """Fetch what the rules name: contacts of these activities, and those that these agencies recorded.

        `more` are the columns of contacts by which rules tell them apart: person_id, reason.
        """
        import numpy as np

        engine, at = review.engine, review.codes
        self.activities = {name: code for code, name in engine.rows(f"SELECT code, name FROM {at}activities")}
        self.agencies = {name: code for code, name in engine.rows(f"SELECT code, name FROM {at}agencies")}
        self.families: dict[int, str] = dict(engine.rows(f"SELECT code, name FROM {at}families"))
        self._life = [code for name, code in self.activities.items() if review.activities.nature(name) == "life"]
        more = sorted(set(more))
        table = engine.arrow(
            WATCHED.format(
                steps=review.coded,
                contacts=review.session.contacts,
                which=self._which(set(activities), set(agencies)),
                more="".join(f", c.{column}" for column in more),
            )
        )
        found = {name: table[name].fill_null(NONE).to_numpy() for name in NUMBERS}
        # Family, day and time in one number: three sorts cost more than one.
        second = np.where(found["second"] == NONE, 0, found["second"] + 1)
        key = (found["family"].astype(np.int64) * FAR + found["earliest"] + FAR // 2) * FAR + second
        self._row = np.argsort(key, kind="stable")
        self.columns: dict[str, Numbers] = {name: column[self._row] for name, column in found.items()}
        self._ids = table["contact_id"].combine_chunks()
        self._told_apart = {name: table[name].combine_chunks().dictionary_encode() for name in more}

    def _which(self, activities: set[str], agencies: set[str]) -> str:
        kinds = [str(self.activities[a]) for a in sorted(activities) if a in self.activities]
        recorded = [str(self.agencies[a]) for a in sorted(agencies) if a in self.agencies]
        return f"s.activity IN ({', '.join(kinds) or -1}) OR s.agency IN ({', '.join(recorded) or -1})"

    def places(self, activities: Iterable[str]) -> Numbers:
        """Where contacts of some activities stand."""
        import numpy as np

        return np.flatnonzero(np.isin(self.columns["activity"], [self.activities.get(a, -1) for a in activities]))

    def recorded_by(self, agency: str) -> Numbers:
        """Where the contacts that an agency recorded stand; an event in a family's life is nobody's contact."""
        import numpy as np

        mine = self.columns["agency"] == self.agencies.get(agency, -1)
        return np.flatnonzero(mine & ~np.isin(self.columns["activity"], self._life))

    def only(self, places: Numbers, agencies: Iterable[str]) -> Numbers:
        """Of some places, those of contacts that these agencies recorded."""
        import numpy as np

        kept: Numbers = places[np.isin(self.columns["agency"][places], [self.agencies[a] for a in agencies])]
        return kept

    def runs(self, places: Numbers, reach: int | None, by_person: bool = False) -> Runs:
        """Runs of one family's (or person's) contacts, each within `reach` days of one before it; None: all of them.

        By person, a contact that names nobody stands by itself: blanks are never one person.
        """
        import numpy as np

        if not len(places):
            return Runs(places, places, places)
        whose = self.columns["family"][places]
        new = np.ones(len(places), bool)
        if by_person:
            person = self.codes("person_id", places)
            person = np.where(person < 0, -1 - np.arange(len(places)), person)
            order = np.lexsort((places, person, whose))
            places, whose, person = places[order], whose[order], person[order]
            new[1:] = (whose[1:] != whose[:-1]) | (person[1:] != person[:-1])
        else:
            new[1:] = whose[1:] != whose[:-1]
        if reach is not None:
            base = np.cumsum(new) * np.int64(FAR)
            reached = np.maximum.accumulate(base + self.columns["latest"][places] + reach)
            new[1:] |= base[1:] + self.columns["earliest"][places][1:] > reached[:-1]
        starts = np.flatnonzero(new)
        return Runs(places, starts, np.append(starts[1:], len(places)))

    def crowded(self, runs: Runs, times: int, reach: int) -> Runs:
        """The runs in which so many contacts lie within `reach` days, or may: where a day is not known, nobody can say."""
        import numpy as np

        earliest, vague = self.columns["earliest"][runs.places], self.columns["day"][runs.places] == NONE
        near = np.zeros(len(runs.places), bool)
        back = times - 1
        if len(near) > back:
            whose = np.repeat(np.arange(len(runs.starts)), runs.stops - runs.starts)
            close = (earliest[back:] - earliest[: len(near) - back] <= reach) & (
                whose[back:] == whose[: len(near) - back]
            )
            near[back:] = close
        return runs.having((runs.stops - runs.starts >= times) & (runs.any(near) | runs.any(vague)))

    def headed(self, runs: Runs) -> Runs:
        """Runs, each cut down to its first contact where every day is known and nothing else is of the first one's day.

        Each of the others then surely follows one within reach, so that of all of them only the first can be a first.
        """
        import numpy as np

        if not len(runs.starts):
            return runs
        sizes, day = runs.stops - runs.starts, self.columns["earliest"][runs.places]
        second = np.minimum(runs.starts + 1, runs.stops - 1)
        vague = runs.any(self.columns["day"][runs.places] == NONE)
        plain = ~vague & ((sizes == 1) | (day[second] > day[runs.starts]))
        keep = np.repeat(~plain, sizes)
        keep[runs.starts] = True
        stops = np.cumsum(np.where(plain, 1, sizes))
        return Runs(runs.places[keep], np.concatenate([[0], stops[:-1]]), stops)

    def codes(self, column: str, places: Numbers) -> Numbers:
        """What a column of text holds at some places, as numbers; -1 where it is empty."""
        import numpy as np

        codes: Numbers = self._told_apart[column].indices.fill_null(-1).to_numpy()
        return codes[self._row[places]].astype(np.int64)

    def text(self, column: str, places: Numbers) -> list[str | None]:
        """What a column of text holds at some places."""
        return list(self._told_apart[column].take(self._row[places]).to_pylist())

    def values(self, by: str, places: Numbers) -> list[str | None]:
        """What contacts are told apart by: the agency that recorded them, the person, the reason or the day."""
        if by == "day":
            return [None if day == NONE else str(day) for day in self.columns["day"][places].tolist()]
        if by != "agency":
            return self.text("person_id" if by == "person" else by, places)
        names = {code: name for name, code in self.agencies.items()}
        return [names[code] for code in self.columns["agency"][places].tolist()]

    def graded(self, values: Mapping[str, str], places: Numbers) -> list[str | None]:
        """A value for each contact, by its activity."""
        by_code = {self.activities[name]: value for name, value in values.items() if name in self.activities}
        return [by_code.get(code) for code in self.columns["activity"][places].tolist()]

    def seen(self, places: Numbers, values: Iterable[str | None] | None = None) -> list[Seen]:
        """The contacts at some places, as patterns see them."""
        numbers = [self.columns[name][places].tolist() for name in ("day", "second", "earliest", "latest", "known_day")]
        ids = self._ids.take(self._row[places]).to_pylist()
        days, seconds = ([None if n == NONE else n for n in column] for column in numbers[:2])
        told = values if values is not None else [None] * len(ids)
        return list(map(Seen, ids, days, seconds, *numbers[2:], told))
