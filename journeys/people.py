"""Records into persons: certain rules first, then weights, then people; with the evidence for every link.

Two records are one person by rule (the same supplier's id; a valid NHS number or UPN with the birth date and a first name
that agree), by weight (Splink), or because people decided so. What people decided, and pairs that are never to be joined,
are obeyed before all else. A person never holds two birth dates that are no typing error, two valid NHS numbers or two
different first names; where links would bring these together, the weaker ones become questions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeys.cards import NUMBERS, Cards
from journeys.decided import Decided, kept_apart, latest_words
from journeys.likeness import BLOCKS, TWO_PEOPLE, are_doubtful, comparisons, training, verdict
from journeys.linkage import RECORD
from journeys.linkrules import COLUMNS, LinkRules, load_link_rules
from lib.errors import RequestError, count, did_you_mean, listed
from lib.joining import Link, join, parts
from lib.pairing import NOTHING, Pairing, Shares

if TYPE_CHECKING:
    import pandas as pd

OUTCOMES = ("same", "not", "ask")
SCHEMA = 1
LARGEST_PART = 400
"""Records that hang together by more links than this are no person: all their links become questions."""

PAIR = ("record_a", "record_b", "outcome", "because", "match_weight", "probability")
Look = Mapping[str, str]


@dataclass(frozen=True)
class Links:
    """Records joined into persons, and why.

    `persons`: record_id, person (the smallest record id of the person's records), is_confidential (any of the person's
    records is marked so). `pairs`: a row per pair looked at, with its outcome (same, not, ask), because of what, what it
    weighs in all and by column, and how each column compared, in words that hold no value. `model`: m, u and the
    thresholds in force, ready for JSON. `left_out`: what was no evidence, by column and reason, off how many records.
    """

    persons: pd.DataFrame
    pairs: pd.DataFrame
    model: dict[str, Any]
    left_out: pd.DataFrame

    @property
    def asks(self) -> pd.DataFrame:
        """The pairs to ask people about: of each two persons the strongest, so that nobody is asked the same thing twice."""
        whose = dict(zip(self.persons["record_id"], self.persons["person"], strict=True))
        asked = self.pairs[self.pairs["outcome"] == "ask"].copy()
        asked["two"] = [
            tuple(sorted((whose[a], whose[b]))) for a, b in zip(asked["record_a"], asked["record_b"], strict=True)
        ]
        strongest = asked.sort_values(["match_weight", "record_a", "record_b"], ascending=[False, True, True])
        return strongest.drop_duplicates("two").drop(columns="two").reset_index(drop=True)

    def __repr__(self) -> str:
        people = count(self.persons["person"].nunique(), "person", "people")
        return f"<Links: {len(self.persons):,} records, {people}, {count(len(self.asks), 'question')} to people>"


def link_people(
    records: pd.DataFrame,
    decisions: pd.DataFrame | Iterable[Mapping[str, Any]] | None = None,
    never: Iterable[tuple[str, str]] = (),
    *,
    rules: LinkRules | None = None,
    model: Mapping[str, Any] | None = None,
) -> Links:
    """Records joined into persons, with the evidence for every link.

    `records` as `read_linkage` gives them (only record_id is needed; a record may have several rows). `decisions` are what
    people decided: record_a, record_b, decision (same, not, cannot tell), decided_by (a role), decided_on; the latest on
    a pair holds. `never` are pairs that are never to be joined, whatever anybody decides: those under protection.
    `rules` are the kit's unless given; `model` is an earlier `Links.model`, whose m and u are used again. Returns
    `Links`. The order of rows changes nothing.

    A record marked confidential is compared by names, birth date, sex and numbers alone: its addresses, postcode,
    UPRN, telephone and e-mail are no evidence, for it or against it.

    Raises `RequestError` for records or decisions that are not of this shape.

    Source: Fellegi and Sunter, A theory for record linkage (1969); Splink 5.

    >>> import datetime as dt, pandas as pd
    >>> given = [("school:1", "Ada", "Okafor"), ("police:9", "Ada", "Okafor"), ("police:8", "Ben", "Okafor")]
    >>> records = pd.DataFrame(given, columns=["record_id", "first_name", "last_name"])
    >>> records["date_of_birth"], records["postcode"] = dt.date(2015, 2, 1), "PO1 2AB"
    >>> links = link_people(records)
    >>> links, links.persons["person"].tolist()
    (<Links: 3 records, 2 people, 0 questions to people>, ['police:8', 'police:9', 'police:9'])
    >>> links.pairs.query("outcome == 'same'").iloc[0][["first_name", "date_of_birth"]].tolist()
    ['first name: same', 'birth date: same']
    """
    rules = rules or load_link_rules()
    cards = Cards(_checked(records), rules)
    at = {record: n for n, record in enumerate(cards.ids)}
    return _Linking(cards, rules, model).links(latest_words(decisions, at), kept_apart(never, at))


class _Linking:
    """One linking of a set of cards."""

    def __init__(self, cards: Cards, rules: LinkRules, model: Mapping[str, Any] | None) -> None:
        self.cards, self.rules = cards, rules
        self.suppliers = [c["supplier"] for c in cards.cards]
        self.looks: dict[tuple[int, int], Look] = {}
        self.doubted = self._doubt_numbers()
        self.looks.clear()
        self.pairing = Pairing(cards.table(), comparisons(rules), BLOCKS, rules.caps.one_block)
        self.shares, self.chance, self.is_trained, said = self._parameters(model)
        self.model = self._model(said)

    def _doubt_numbers(self) -> set[tuple[int, int]]:
        """Take NHS numbers and UPNs that two different people bear off their cards; the pairs that bore one together."""
        bearers: dict[tuple[str, str], list[int]] = defaultdict(list)
        for n, card in enumerate(self.cards.cards):
            for column in NUMBERS:
                if card[column] is not None:
                    bearers[column, card[column]].append(n)
        shared = {k: v for k, v in bearers.items() if len(v) > 1}
        few = {k: v for k, v in shared.items() if len(v) <= self.rules.caps.one_person}
        pairs = {k: [(a, b) for i, a in enumerate(v) for b in v[i + 1 :]] for k, v in few.items()}
        asked = sorted({p for some in pairs.values() for p in some})
        if not shared:
            return set()
        self.pairing = Pairing(self.cards.table(), comparisons(self.rules), (), 1)
        looks = self._seen(asked)
        doubted: set[tuple[int, int]] = set()
        for key, who in shared.items():
            differ = [p for p in pairs.get(key, ()) if _two_people(looks[p])]
            if key not in few or differ:
                self.cards.doubt(key[0], who)
                doubted.update(pairs.get(key, ()))
        return doubted

    def _parameters(self, model: Mapping[str, Any] | None) -> tuple[Shares, float, bool, str]:
        declared = {n: {w: (s.m, s.u) for w, s in ways.items()} for n, ways in self.rules.columns.items()}
        wanted = self.rules.training
        if model is not None:
            return _read_model(model), float(model["chance"]), bool(model["rare_values_weigh_more"]), "an earlier model"
        made = training(self.rules)
        agreeing = self.pairing.agreeing(made.sure[0]) if len(self.cards.ids) >= wanted.records else 0
        if agreeing < wanted.agreeing_pairs:
            said = (
                f"m and u as declared: under {wanted.records:,} records, or under {wanted.agreeing_pairs:,} pairs that "
                "agree in names and birth date, are too few to estimate them from"
            )
            return declared, wanted.chance, False, said
        shares, chance = self.pairing.train(made)
        return shares, chance, True, f"m and u estimated from {len(self.cards.ids):,} records"

    def _model(self, said: str) -> dict[str, Any]:
        columns = {
            name: {way: {"m": round(m, 9), "u": round(u, 9)} for way, (m, u) in ways.items()}
            for name, ways in self.shares.items()
        }
        return {
            "schema": SCHEMA,
            "rules_version": self.rules.version,
            "made_by": said,
            "chance": round(self.chance, 12),
            "rare_values_weigh_more": self.is_trained,
            "thresholds": {"same": self.rules.thresholds.same, "ask": self.rules.thresholds.ask},
            "columns": columns,
            "not_looked_up_by": dict(sorted(self.pairing.left_out.items())),
        }

    def links(self, decided: Mapping[tuple[int, int], Decided], never: set[tuple[int, int]]) -> Links:
        """Weigh, judge, join, and say why."""
        rows = self._weighed({*decided, *never, *self.doubted})
        for pair, row in rows.items():
            row["outcome"], row["because"] = self._judge(pair, row, decided, never)
        rows = {pair: row for pair, row in rows.items() if row["outcome"]}
        group = self._join(rows, decided, never)
        self._settle(rows, group, decided, never)
        return Links(self._persons(group), self._pairs(rows), self.model, self.cards.left_out)

    def _weighed(self, more: set[tuple[int, int]]) -> dict[tuple[int, int], dict[str, Any]]:
        """Every pair over the lower threshold, and those that people or numbers name, each with its weights."""
        rows: dict[tuple[int, int], dict[str, Any]] = {}
        if len(self.cards.ids) > 1:
            found = self.pairing.weigh(self.shares, self.chance, self.rules.thresholds.ask, self.is_trained)
            names = [n for n in found.column_names if n not in ("card_l", "card_r")]
            columns = [found.column(n).to_pylist() for n in names]
            ends = zip(found.column("card_l").to_pylist(), found.column("card_r").to_pylist(), strict=True)
            for pair, *values in zip(ends, *columns, strict=True):
                rows[pair] = dict(zip(names, values, strict=True))
        for pair in sorted(more - set(rows)):
            rows[pair] = {"match_weight": None, "probability": None}
        self._seen(rows)
        return rows

    def _seen(self, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Look]:
        """How these pairs compare, column by column; each is looked at once."""
        import pyarrow as pa

        asked = sorted(p for p in set(pairs) if p not in self.looks)
        if asked:
            left, right = (pa.array(side, pa.int32()) for side in zip(*asked, strict=True))
            seen = self.pairing.look(pa.table({"card_l": left, "card_r": right})).to_pylist()
            self.looks.update({(row.pop("card_l"), row.pop("card_r")): row for row in seen})
        return self.looks

    def _judge(
        self,
        pair: tuple[int, int],
        row: Mapping[str, Any],
        decided: Mapping[tuple[int, int], Decided],
        never: set[tuple[int, int]],
    ) -> tuple[str, str]:
        if pair in never:
            return "not", "on the list of those never to be joined"
        if word := decided.get(pair):
            if word.decision in ("same", "not"):
                return word.decision, "decided by people"
            return "ask", "people could not tell" if word.decision == "cannot tell" else "people disagree"
        look, is_one_supplier = self.looks[pair], self._one_supplier(pair)
        outcome, because = verdict(look, row["probability"] or 0.0, is_one_supplier, self.rules)
        if pair in self.doubted and outcome in ("", "not") and not _two_people(look, in_all=True):
            return "ask", f"one number, {TWO_PEOPLE}, and one of the two agrees"
        return outcome, because

    def _one_supplier(self, pair: tuple[int, int]) -> bool:
        return bool(self.suppliers[pair[0]] == self.suppliers[pair[1]])

    def _join(
        self,
        rows: Mapping[tuple[int, int], dict[str, Any]],
        decided: Mapping[tuple[int, int], Decided],
        never: set[tuple[int, int]],
    ) -> list[int]:
        """The group of each card; the outcome of a link that was refused becomes `ask`."""
        links = {pair: self._link(pair, row, decided) for pair, row in rows.items() if row["outcome"] == "same"}
        apart: dict[int, set[int]] = defaultdict(set)
        for pair in [*never, *(p for p, word in decided.items() if word.decision == "not")]:
            _put(apart, pair)
        doubtful: dict[int, set[int]] = defaultdict(set)
        for pair, row in rows.items():
            if row["outcome"] == "not":
                _put(doubtful, pair)
        for part in parts(range(len(self.cards.ids)), links):
            if len(part) > LARGEST_PART:
                inside = set(part)
                for pair in [p for p, link in links.items() if p[0] in inside and not link.is_given]:
                    rows[pair].update(outcome="ask", because="it would make one person of far too many records")
                    del links[pair]
            elif len(part) > 2:
                together = [(a, b) for i, a in enumerate(part) for b in part[i + 1 :]]
                self._seen(together)
                for pair in together:
                    if are_doubtful(self.looks[pair], self._one_supplier(pair)) and pair not in links:
                        _put(doubtful, pair)
        group, refused = join(len(self.cards.ids), links.values(), apart, doubtful, self.rules.caps.one_person)
        for link in refused:
            rows[link.a, link.b].update(outcome="ask", because="joined, records that disagree would be one person")
        return group

    def _link(self, pair: tuple[int, int], row: Mapping[str, Any], decided: Mapping[tuple[int, int], Decided]) -> Link:
        if word := decided.get(pair):
            return Link((3.0, float(word.on.toordinal())), *pair, is_given=True)
        by_rule = 2.0 if row["because"].startswith("same ") else 1.0
        return Link((by_rule, row["match_weight"] or 0.0), *pair)

    def _settle(
        self,
        rows: Mapping[tuple[int, int], dict[str, Any]],
        group: Sequence[int],
        decided: Mapping[tuple[int, int], Decided],
        never: set[tuple[int, int]],
    ) -> None:
        """Questions that are answered already: by other records of the same person, or by what keeps two persons apart."""
        members: dict[int, list[int]] = defaultdict(list)
        for card, of in enumerate(group):
            members[of].append(card)
        parted = {
            _ordered(group[a], group[b])
            for a, b in [*never, *(p for p, word in decided.items() if word.decision == "not")]
        }
        asked = [p for p, row in rows.items() if row["outcome"] == "ask" and not row["because"].startswith("joined")]
        across = {
            pair: [_ordered(a, b) for a in members[group[pair[0]]] for b in members[group[pair[1]]]]
            for pair in asked
            if group[pair[0]] != group[pair[1]]
        }
        self._seen(p for some in across.values() for p in some)
        for pair in asked:
            if group[pair[0]] == group[pair[1]]:
                rows[pair].update(outcome="same", because="one person through other records")
            elif _ordered(group[pair[0]], group[pair[1]]) in parted:
                rows[pair].update(outcome="not", because="other records of the two are kept apart")
            elif pair not in decided and any(_two_people(self.looks[p]) for p in across[pair] if p != pair):
                rows[pair].update(
                    outcome="not", because="another record of one of them has another birth date or first name"
                )

    def _persons(self, group: Sequence[int]) -> pd.DataFrame:
        import pandas as pd

        ids = self.cards.ids
        hidden = {group[n] for n, record in enumerate(ids) if record in self.cards.confidential}
        rows = [(record, ids[group[n]], group[n] in hidden) for n, record in enumerate(ids)]
        return pd.DataFrame(rows, columns=["record_id", "person", "is_confidential"])

    def _pairs(self, rows: Mapping[tuple[int, int], Mapping[str, Any]]) -> pd.DataFrame:
        import pandas as pd

        ids, made = self.cards.ids, []
        weights = [f"{name}_weight" for name in COLUMNS]
        for (a, b), row in sorted(rows.items()):
            look = self.looks[a, b]
            said = [NOTHING_SAID if look[n] == NOTHING else self.rules.columns[n][look[n]].says for n in COLUMNS]
            made.append((ids[a], ids[b], *(row.get(n) for n in PAIR[2:]), *said, *(row.get(w) for w in weights)))
        frame = pd.DataFrame(made, columns=[*PAIR, *COLUMNS, *weights])
        return frame.astype(dict.fromkeys(["match_weight", "probability", *weights], "float64"))


NOTHING_SAID = ""
"""What is said of a column in which one of two records has nothing."""


def _ordered(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


def _put(where: dict[int, set[int]], pair: tuple[int, int]) -> None:
    where[pair[0]].add(pair[1])
    where[pair[1]].add(pair[0])


def _two_people(look: Look, in_all: bool = False) -> bool:
    """Whether birth dates or first names are those of two people; `in_all`: both of them."""
    signs = (look["date_of_birth"] in ("two_figures", "different"), look["first_name"] == "different")
    return all(signs) if in_all else any(signs)


def _checked(records: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    if not isinstance(records, pd.DataFrame) or "record_id" not in records.columns:
        raise RequestError(
            "records is not what read_linkage gives. Write records = fj.read_linkage(data).records first."
        )
    odd = [str(c) for c in records.columns if c not in RECORD]
    if odd:
        raise RequestError(
            f"records has the column '{odd[0]}'.{did_you_mean(odd[0], RECORD)} Columns: {listed(RECORD, 20)}."
        )
    ids = records["record_id"]
    if not all(isinstance(i, str) and ":" in i for i in ids):
        raise RequestError(
            "a record_id is written <supplier>:<id>, and one of these is not. Look at the column record_id."
        )
    return records


def _read_model(model: Mapping[str, Any]) -> Shares:
    try:
        if model["schema"] != SCHEMA:
            raise KeyError
        return {n: {w: (model["columns"][n][w]["m"], model["columns"][n][w]["u"]) for w in COLUMNS[n]} for n in COLUMNS}
    except (KeyError, TypeError):
        raise RequestError(
            "model is not what an earlier link_people gave as `.model`, or is of another version."
        ) from None
