"""The journey map's numbers and words: which moves are bands, which run back, what is hidden, and what that says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import networkx as nx
import pandas as pd

from lib.figures import alt_text
from lib.layers import Edge, layers_of, main_order
from lib.lettering import clean, count, in_words
from lib.timescale import said

MOST_BANDS = 24
MOST_LAYERS = 7
MOST_PASSING = 14
"""Bands may pass through a layer on their way at most so often; past it the smallest go, or the map is a tangle."""

NOUNS = {"agency": ("agency", "agencies"), "activity": ("kind of contact", "kinds of contact")}


@dataclass
class Moves:
    """A map's moves, sorted into what is drawn as bands, what runs back, what repeats, and what is hidden."""

    labels: dict[str, str]
    contacts: dict[str, int]
    starts: dict[str, float]
    layer: dict[str, int]
    bands: dict[Edge, float]
    back: dict[Edge, float]
    repeats: dict[str, float]
    hidden: dict[Edge, float]
    idle: list[str]
    table: pd.DataFrame
    by: str

    @property
    def total(self) -> float:
        """Every move, drawn or not."""
        return float(self.table["moves"].sum())

    def noun(self, number: int) -> str:
        """The number of nodes with their noun, in words."""
        one, many = NOUNS.get(self.by, (self.by, f"{self.by}s"))
        return f"{in_words(number)} {one if number == 1 else many}"


def _labels(graph: nx.DiGraph) -> dict[str, str]:
    review, by = graph.graph.get("review"), graph.graph.get("by", "agency")
    words = getattr(review, "activities", None)
    found = {}
    for node in graph.nodes:
        if words is not None and by == "agency":
            found[str(node)] = clean(words.agency(node))
        elif words is not None and by == "activity":
            found[str(node)] = clean(words.label(node))
        else:
            found[str(node)] = clean(node)
    return found


def read(graph: nx.DiGraph) -> Moves:
    """Sort a graph's moves. What is drawn is chosen by size; where it stands is not."""
    labels = _labels(graph)
    moves = {(str(a), str(b)): float(d.get("moves", 0)) for a, b, d in sorted(graph.edges(data=True), key=_ends)}
    between = {edge: n for edge, n in moves.items() if edge[0] != edge[1]}
    repeats = {a: n for (a, b), n in moves.items() if a == b}
    order = main_order(between)
    place = {node: i for i, node in enumerate(order)}
    forward = [e for e in between if place[e[0]] < place[e[1]]]
    kept = sorted(forward, key=lambda e: (-between[e], e))[:MOST_BANDS]
    layer = layers_of(order, kept)
    while len(kept) > 1 and (max(layer.values()) >= MOST_LAYERS or _passing(kept, layer) > MOST_PASSING):
        kept.pop()
        layer = layers_of(order, kept)
    ahead = [e for e in between if e[0] in layer and e[1] in layer and layer[e[0]] < layer[e[1]]]
    ahead = sorted(ahead, key=lambda e: (e not in kept, -between[e], e))[: max(len(kept), 1)]
    bands = {e: between[e] for e in sorted(ahead)}
    back = {e: n for e, n in between.items() if place[e[0]] > place[e[1]] and e not in bands}
    hidden = {e: n for e, n in between.items() if e not in bands and e not in back}
    rows = [
        {"from": labels[str(a)], "to": labels[str(b)], "moves": float(d.get("moves", 0)),
         "families": d.get("families"), "days_median": d.get("days_median")}
        for a, b, d in sorted(graph.edges(data=True), key=_ends)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["from", "to", "moves", "families", "days_median"])
    table["families"] = pd.array(table["families"], dtype="Int64")
    table["days_median"] = table["days_median"].astype("float64")
    return Moves(
        labels=labels,
        contacts={str(n): int(d.get("contacts", 0)) for n, d in graph.nodes(data=True)},
        starts={str(n): float(d.get("starts", 0) or 0) for n, d in graph.nodes(data=True)},
        layer=layer,
        bands=bands,
        back=back,
        repeats=repeats,
        hidden=hidden,
        idle=sorted(labels[n] for n in labels if n not in layer),
        table=table.sort_values(["from", "to"], kind="stable", ignore_index=True),
        by=str(graph.graph.get("by", "agency")),
    )


def _ends(edge: tuple[Any, Any, dict[str, Any]]) -> tuple[str, str]:
    return str(edge[0]), str(edge[1])


def _passing(edges: list[Edge], layer: dict[str, int]) -> int:
    return sum(layer[b] - layer[a] - 1 for a, b in edges)


def finding(moves: Moves) -> str:
    """The title: how many moves, how many against the main direction, how many repeats."""
    nodes = moves.noun(len(moves.labels))
    if not moves.total:
        return f"No move from one contact to the next among {nodes}"
    back, repeats = sum(moves.back.values()), sum(moves.repeats.values())
    parts = []
    if back:
        parts.append(f"{count(back, 'ran', 'ran')} back against the main flow")
    if repeats:
        same = "the same " + NOUNS.get(moves.by, (moves.by, ""))[0]
        parts.append(f"{count(repeats, 'was', 'were')} {same} again")
    if not parts:
        return f"{count(moves.total, 'move')} among {nodes}, all in one direction"
    return f"Of {count(moves.total, 'move')} among {nodes}, {' and '.join(parts)}"


def footer(moves: Moves, graph: nx.DiGraph, level: str, notes: list[str]) -> list[str]:
    """Counts and source; order and ties; limits of use."""
    about, review = graph.graph, graph.graph.get("review")
    first = f"n = {count(moves.total, 'move')}"
    if about.get("families") is not None:
        first += f", {count(int(about['families']), 'family', 'families')}"
    first += "."
    if review is not None:
        first += f" Period {said(review.start)} to {said(review.end)}."
        first += (
            f" Source: {'invented ' if review.about.invented else ''}contact logs (data: {clean(review.about.name)})."
        )
    if moves.hidden:
        hidden = count(sum(moves.hidden.values()), "move")
        first += f" {count(len(moves.hidden), 'smaller link')}, {hidden} in all, not drawn and in the table."
    if moves.idle:
        first += f" Without a band: {', '.join(moves.idle[:6])}" + (
            f" and {len(moves.idle) - 6} more." if len(moves.idle) > 6 else "."
        )
    second = "A move is from one touch or referral to the family's next, not a handover."
    tied = about.get("tied_share")
    how = "taken in the file's order" if about.get("order") == "file" else "split evenly between the orders"
    if tied is not None:
        second += f" {tied:.0%} of moves rest on ties (one day, no time): {how}."
    imprecise = int(about.get("imprecise") or 0)
    if imprecise:
        second += f" {count(imprecise, 'contact')} not known to the day left out."
    third = "Left to right is the way most moves go, not rank; every number is about the system, not about an agency."
    third += f" Level: {level.upper()}, named readers only."
    if review is not None and review.about.marking:
        third += f" Marking: {clean(review.about.marking)}."
    return [" ".join([first, *notes]), second, third]


def alt(moves: Moves, graph: nx.DiGraph, invented: bool) -> str:
    """The alt text of a map, 350 characters at most."""
    families = graph.graph.get("families")
    whose = f" for {count(int(families), 'family', 'families')}" if families is not None else ""
    parts = [f"Journey map of {count(moves.total, 'move')} among {moves.noun(len(moves.labels))}{whose}."]
    back, repeats = sum(moves.back.values()), sum(moves.repeats.values())
    parts.append(f"{count(sum(moves.bands.values()), 'move')} drawn as {count(len(moves.bands), 'band')}.")
    parts.append(f"{count(back, 'move')} back, {count(repeats, 'repeat')}.")
    if moves.bands:
        (a, b), n = max(moves.bands.items(), key=lambda item: (item[1], item[0]))
        parts.append(f"Thickest band: {moves.labels[a][:40]} to {moves.labels[b][:40]}, {count(n, 'move')}.")
    return alt_text(*parts, invented=invented)
