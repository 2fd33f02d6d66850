"""The answers as a test or a trainer reads them, made from what the planter wrote down."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from journeys.sample.dates import END, START
from journeys.sample.planted import CRISES, Family, Planted
from journeys.sample.planter import Planter
from journeys.sample.suppliers import REGISTERS, agency_of

HELP_DAYS, ANSWER_DAYS = 30, 28


def answers(planter: Planter) -> Planted:
    """Every answer, once every contact has the number under which its file shows it."""
    truth = planter.truth
    for family in planter.families.values():
        _count(planter, family)
    for h in planter.handovers:
        row, reply = h.shown_by, h.answer
        answered_on = reply.day if reply else row.day if h.kind == "responsibility" else None
        waits_until = row.day + timedelta(days=ANSWER_DAYS)
        truth.handovers.append(
            {
                "family_id": h.family.name,
                "need_id": row.need or None,
                "kind": h.kind,
                "from_agency": h.from_agency,
                "to_agency": h.to_agency,
                "shown_by": row.contact_id,
                "answered_by": reply.contact_id if reply else None,
                "referred_on": row.day,
                "answered_on": answered_on,
                "days_wait": (reply.day - row.day).days if reply else None,
                "is_open": h.kind == "referral" and not reply and waits_until > END,
            }
        )
    for there, back in planter.bounces:
        truth.bounces.append(
            {
                "family_id": there.family.name,
                "need_id": there.shown_by.need,
                "agencies": (there.from_agency, there.to_agency, back.to_agency),
                "referrals": (there.shown_by.contact_id, back.shown_by.contact_id),
            }
        )
    for trigger, family, on, known, evidence in planter.firings:
        truth.firings.append(
            {
                "trigger": trigger,
                "family_id": family.name,
                "fired_on": on,
                "known_on": known,
                "evidence": [contact.contact_id for contact in evidence],
                "certainty": "certain",
                **_followed(family, on, known),
            }
        )
        if trigger == "unexplained_absence":
            truth.signs[family.name] = min(known, truth.signs.get(family.name, known))
    truth.open_silences = [
        {"trigger": "police_no_social_care", "family_id": f.name, "due_on": due, "evidence": [c.contact_id]}
        for f, due, c in planter.silences
    ]
    truth.decoys = [
        {"name": n, "family_id": f.name, "must_not": what, "contacts": [c.contact_id for c in cs], "why": why}
        for n, f, what, cs, why in planter.decoys
    ]
    truth.known = [
        {
            "family_id": f.name,
            "fact": fact,
            "agency": agency_of(c.stem),
            "known_on": c.recorded,
            "contact_id": c.contact_id,
        }
        for f, fact, c in planter.known
    ]
    for names, contacts in planter.shared.items():
        marks = sum(contact.stem in REGISTERS for contact in contacts)
        shared = {"family_ids": list(names), "contacts": len(contacts) - marks, "marks": marks}
        truth.shared.append(shared)
    return truth


def _count(planter: Planter, family: Family) -> None:
    """The counts of one family, from what was placed in it."""
    truth, name = planter.truth, family.name
    met = [contact for contact in family.contacts if contact.nature in ("touch", "referral")]
    quarters = [0] * 12
    for contact in family.contacts:
        months = (contact.day.year - START.year) * 12 + contact.day.month - START.month
        if 0 <= months < 36:
            quarters[months // 3] += 1
    if crises := [contact.day for contact in family.contacts if contact.activity in CRISES]:
        truth.crises[name] = min(crises)
    truth.told[name] = len(family.told)
    truth.contacts[name] = len(family.contacts)
    truth.marks.setdefault(name, 0)
    truth.agencies[name] = len({agency_of(contact.stem) for contact in met})
    truth.professionals[name] = len({contact.professional for contact in met if contact.professional})
    truth.unnamed[name] = sum(not contact.professional for contact in met)
    truth.quarters[name] = quarters
    truth.absence[name] = [(absent, possible) for absent, possible in planter.absence[name]]


def _followed(family: Family, fired_on: date, known_on: date) -> dict[str, Any]:
    """What help followed a firing: the first on or after it, and whether it came within the days allowed."""
    first = min((day for day in family.helped if day >= fired_on), default=None)
    last = known_on + timedelta(days=HELP_DAYS)
    in_time = first is not None and first <= last
    state = "answered" if in_time else "open" if last > END else "not answered"
    return {
        "state": state,
        "answered_on": first if in_time else None,
        "first_help_on": first,
        "lead_days": (first - known_on).days if first else None,
    }
