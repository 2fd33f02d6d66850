"""The columns of a table of costs: name, type, meaning, unit. `journeys.columns` declares them with the others."""

from __future__ import annotations

COSTS: tuple[tuple[str, str, str] | tuple[str, str, str, str], ...] = (
    ("family_id", "text", "whose journey; a contact of two families has a row in each, and counts once in sums"),
    ("contact_id", "text", "the contact"),
    ("kind", "text", "fiscal, economic or social: a row for each, never added to one another"),
    ("day", "date", "its day, where the records know it; of a period, the first day counted"),
    ("earliest", "date", "first day on which it may have happened"),
    ("latest", "date", "last day on which it may have happened; of a period, the last day counted"),
    ("agency", "text", "who recorded it"),
    ("activity", "text", "what kind of contact"),
    ("code", "text", "the unit cost"),
    ("per", "text", "what the unit is of: a contact, or a day, week, month or year of it"),
    ("days", "whole number", "days counted in the period under review; empty for a contact", "days"),
    ("unit", "money", "the unit cost at prices of the base year", "GBP"),
    ("low", "money", "what it cost, low; the value where the source gives no range", "GBP"),
    ("value", "money", "what it cost", "GBP"),
    ("high", "money", "what it cost, high; the value where the source gives no range", "GBP"),
    ("has_range", "yes/no", "the source gives a low and a high"),
    ("unit_low", "money", "the unit cost, low", "GBP"),
    ("unit_high", "money", "the unit cost, high", "GBP"),
    ("bearer", "text", "who bears it, as the source says; empty where it does not"),
    ("price_year", "text", "the financial year of the source's prices"),
    ("base_year", "text", "the financial year at whose prices all amounts stand"),
    ("source", "text", "where the figure comes from"),
    ("rag", "text", "the source's own rating of the figure: G, A or R"),
    ("is_shared", "yes/no", "a contact of two families under review"),
    ("is_open", "yes/no", "a period that had not ended: counted so far"),
)
