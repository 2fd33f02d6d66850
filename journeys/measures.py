"""A function per measure, always with its base: small tidy frames, each share beside its counts.

Nothing here ranks agencies: rows that name one are in order of the day it first met a family, then by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from journeys import areas, columns, overlays, spending
from journeys.areas import links
from journeys.asking import demand
from journeys.causes import OTHER, explained
from journeys.firingmeasures import chances, knowledge, once, opened, triggers
from journeys.flow import handovers as _handovers
from journeys.flow import switches as _switches
from journeys.flowmeasures import assessments, needs, professionals, referral_flow, story, value
from journeys.journey import Journeys, check_review
from journeys.leaving import note
from journeys.life import improvement, life, life_lines
from journeys.months import beyond_noise, month_by_month, supplied
from journeys.navigatornet import navigator
from journeys.register import as_frame, lint, load_measures
from journeys.series import attendance, between_crises, monthly
from lib.limits import median_wait

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from lib.engine import Table

__all__ = [
    "agencies",
    "assessments",
    "attendance",
    "between_crises",
    "beyond_noise",
    "chances",
    "conditions",
    "cost_so_far",
    "costs",
    "demand",
    "families",
    "faults",
    "handovers",
    "improvement",
    "knowledge",
    "life",
    "life_lines",
    "links",
    "month_by_month",
    "monthly",
    "navigator",
    "needs",
    "once",
    "opened",
    "own_rules",
    "professionals",
    "referral_flow",
    "register",
    "set_aside",
    "story",
    "supplied",
    "switches",
    "totals",
    "triggers",
    "uncosted",
    "value",
    "variants",
    "what_they_miss",
]

FAMILIES = """
SELECT f.name AS family_id, count(*) AS contacts, count(*) FILTER (WHERE s.moment IS NOT NULL) AS in_moments,
  count(*) FILTER (WHERE c.nature IN ('touch', 'referral')) AS touches_and_referrals,
  count(DISTINCT CASE WHEN c.nature IN ('touch', 'referral') THEN c.agency END) AS agencies,
  count(DISTINCT CASE WHEN c.nature IN ('touch', 'referral') AND c.professional_id IS NOT NULL
    THEN concat(c.agency, chr(31), c.professional_id) END) AS professionals,
  count(*) FILTER (WHERE c.nature IN ('touch', 'referral') AND c.professional_id IS NULL) AS professional_unknown,
  max(s.moment) AS moments, DATE '1970-01-01' + min(s.earliest) AS first_contact, DATE '1970-01-01' + max(s.latest) AS last_contact
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
GROUP BY f.name ORDER BY family_id
"""

AGENCIES = """
SELECT c.agency, count(DISTINCT s.c) AS contacts, count(DISTINCT s.family) AS families,
  count(DISTINCT CASE WHEN c.nature = 'touch' THEN s.c END) AS touches,
  count(DISTINCT CASE WHEN c.nature = 'referral' THEN s.c END) AS referrals,
  count(DISTINCT CASE WHEN c.nature = 'decision' THEN s.c END) AS decisions,
  count(DISTINCT CASE WHEN c.nature IN ('record', 'signal', 'status', 'unknown') THEN s.c END) AS other,
  DATE '1970-01-01' + min(s.earliest) AS first_contact, DATE '1970-01-01' + max(s.latest) AS last_contact
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c WHERE c.nature <> 'life'
GROUP BY c.agency ORDER BY first_contact, c.agency
"""

VARIANTS = """
SELECT variant, count(*) AS families, min(moments) AS moments FROM (
  SELECT family, string_agg(inside, ' > ' ORDER BY moment) AS variant, count(*) AS moments FROM (
    SELECT s.family, s.moment, string_agg(a.name, ' + ' ORDER BY a.name) AS inside
    FROM {steps} AS s JOIN {at}activities AS a ON s.activity = a.code WHERE s.moment IS NOT NULL GROUP BY s.family, s.moment
  ) AS m GROUP BY family
) AS v GROUP BY variant ORDER BY families DESC, variant
"""


def _select(review: Journeys, select: str) -> pd.DataFrame:
    check_review(review)
    review.engine.tell_if_old()
    return review.engine.frame(select.format(steps=review.coded, contacts=review.session.contacts, at=review.codes))


def families(review: Journeys) -> pd.DataFrame:
    """One row per family: its contacts, the distinct agencies and professionals it met, its moments, first and last day.

    Agencies and professionals are counted on touches and referrals; a contact that names no professional is counted
    apart, as unknown, and is nobody. A child of two families counts in both; `totals` counts it once.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> review = build_journeys(read_contacts("sample"))
    >>> families(review).columns.tolist()[:3]
    ['family_id', 'contacts', 'in_moments']
    """
    return _select(review, FAMILIES)


def totals(review: Journeys) -> pd.DataFrame:
    """One row: families, contacts (each once), how many of them are shared by two families, agencies, professionals."""
    return _select(
        review,
        """
        SELECT count(DISTINCT s.family) AS families, count(DISTINCT s.c) AS contacts,
          count(*) - count(DISTINCT s.c) AS shared,
          count(DISTINCT CASE WHEN c.nature IN ('touch', 'referral') THEN c.agency END) AS agencies,
          count(DISTINCT CASE WHEN c.nature IN ('touch', 'referral') AND c.professional_id IS NOT NULL
            THEN concat(c.agency, chr(31), c.professional_id) END) AS professionals,
          count(DISTINCT CASE WHEN c.nature IN ('touch', 'referral') AND c.professional_id IS NULL THEN s.c END)
            AS professional_unknown,
          count(DISTINCT CASE WHEN c.nature IN ('touch', 'referral') AND s.moment IS NULL THEN s.c END) AS imprecise,
          count(DISTINCT CASE WHEN c.nature = 'unknown' THEN s.c END) AS unmapped,
          count(DISTINCT CASE WHEN c.activity = 'present' THEN s.c END) AS present_marks
        FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c
        """,
    )


def agencies(review: Journeys) -> pd.DataFrame:
    """One row per agency, in the order in which they first met a family: contacts (each once), families, by nature."""
    return note(_select(review, AGENCIES), "agencies", lambda: areas.agencies(review))


def completeness(review: Journeys) -> pd.DataFrame:
    """One row per agency, in the order in which they first met a family: how many contacts it recorded of each family.

    A column per family, and `families` that it recorded at all. Nought says that it recorded nothing of that family,
    which is not the same as that nothing happened; the days that its records cover stand beside.
    """
    select = """
    SELECT c.agency, f.name AS family, count(*) AS n FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c
    JOIN {at}families AS f ON s.family = f.code WHERE c.nature <> 'life' GROUP BY c.agency, f.name ORDER BY c.agency, family
    """
    order = agencies(review)["agency"].tolist()
    wide = _select(review, select).pivot_table(
        index="agency", columns="family", values="n", fill_value=0, aggfunc="sum"
    )
    wide = wide.reindex(index=order, columns=list(review.families), fill_value=0).astype(int)
    cover = review.coverage.set_index("agency")[["from_date", "to_date"]].reindex(order)
    wide.insert(0, "families", (wide > 0).sum(axis=1))
    wide.columns.name = None
    return cover.join(wide).reset_index()


def variants(review: Journeys) -> pd.DataFrame:
    """Families whose activities run in the same order: the order, how many families, how many moments.

    Activities in one moment are joined by `+`, in order of name, since the records give them no order.
    """
    return _select(review, VARIANTS)


def switches(review: Journeys) -> pd.DataFrame:
    """One row per family: its moves, how many of them are switches of agency, and the share that rests on a tie."""
    import pandas as pd

    rows = _switches(review).sql(
        "select family_id, sum(weight) as switches, count(distinct case when rests_on_tie then moment end) as tied "
        "from this group by family_id"
    )
    base = families(review)[["family_id", "moments"]].rename(columns={"moments": "moves"})
    base["moves"] = (base["moves"] - 1).clip(lower=0).fillna(0)
    joined = base.merge(rows.df(), on="family_id", how="left", validate="one_to_one")
    joined["switches"] = joined["switches"].fillna(0.0).round(6)
    joined["tied"] = joined["tied"].fillna(0).astype(int)
    joined = joined.rename(columns={"tied": "switches_on_ties"})
    return pd.DataFrame(joined)


def handovers(review: Journeys) -> pd.DataFrame:
    """One row per kind: how many, answered, open, not answered; and the days by which half had been answered.

    `days_median` counts those without an answer for as long as they have waited, and is empty where half have none. An
    answer whose days of waiting are not known, and in a published case any without an answer, leaves no median either.
    """
    import pandas as pd

    frame = _handovers(review).df()
    rows = []
    for kind in ("referral", "responsibility"):
        some = frame[frame["kind"] == kind]
        answered = some["answered_on"].notna()
        is_open = some["is_open"].fillna(False)
        waits, waiting = some.loc[answered, "days_wait"], some.loc[~answered, "referred_on"]
        so_far = [max((review.over_by - day.date()).days, 0) for day in waiting.dropna()]
        is_told = waits.notna().all() and len(so_far) == len(waiting) and not (so_far and review.about.published)
        median = median_wait([*waits.astype(float)], so_far) if is_told else None
        numbers = (len(some), int(answered.sum()), int(is_open.sum()), int((~answered & ~is_open).sum()), median)
        rows.append((kind, some["family_id"].nunique(), *numbers))
    names = ["kind", "families", "handovers", "answered", "open", "not_answered", "days_median"]
    return pd.DataFrame(rows, columns=names)


def costs(costs: Table, by: str = "agency", demand: Mapping[str, str] | pd.DataFrame | None = None) -> pd.DataFrame:
    """What was spent by agency, financial year, bearer, family, activity or class of demand; the last row is all of it.

    `costs` from `fj.costs`; `demand` goes with by="demand": the class (value, failure, unknown) of each contact, as a
    mapping or as a frame with contact_id and label; one without a class is unknown. Columns: the group, contacts, and in
    pounds `fiscal_low`, `fiscal`, `fiscal_high`, `economic` and `social`, which are never added to one another and are
    empty where no contact has such a figure. The groups add up to the last row to the penny. A child of two families has
    a row of its own by family; a period counts as a contact in each year it touches, its days in the year they fall; a
    contact that may lie in two years stands under `not known`. What has no unit cost is in `uncosted`.

    Raises RequestError for a saving, cashable or not: what was spent is none of these.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.costing import costs as _costs
    >>> from journeys.journey import build_journeys
    >>> costs(_costs(build_journeys(read_contacts("sample"))), by="bearer")["bearer"].tolist()
    ['NHS', 'Local Authority', 'All']
    """
    return spending.add_up(costs, by, demand)


def cost_so_far(costs: Table, family: str, kind: str = "fiscal") -> pd.DataFrame:
    """One family's spending, day by day: day, and low, value and high in pounds by its end, a row per day it grew.

    A contact counts from the last day on which it may have happened; a period day by day. A contact shared with another
    family is in both families' sums.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.costing import costs as _costs
    >>> from journeys.journey import build_journeys
    >>> cost_so_far(_costs(build_journeys(read_contacts("sample"))), "F0003").columns.tolist()
    ['day', 'low', 'value', 'high']
    """
    return spending.so_far(costs, family, kind)


def uncosted(costs: Table) -> pd.DataFrame:
    """One row per agency, activity and reason: contacts that have no unit cost, and why. They are in no sum, and not £0.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.costing import costs as _costs
    >>> from journeys.journey import build_journeys
    >>> uncosted(_costs(build_journeys(read_contacts("sample")))).columns.tolist()
    ['agency', 'activity', 'nature', 'contacts', 'why']
    """
    spending.read(costs)
    return costs.owner.uncosted()


def register(review: Journeys) -> pd.DataFrame:
    """Every measure that the kit prints, as rules/measures.yml and the folder's own lines declare it: one row each."""
    return as_frame(load_measures(review.session.folder.rule_files("measures.yml")))


def what_they_miss(review: Journeys, names: Iterable[str]) -> str:
    """What a set of measures, by their names in the register, cannot tell: all outputs say nothing of life."""
    return lint(names, load_measures(review.session.folder.rule_files("measures.yml")))


def conditions(review: Journeys, chances: Table | None = None) -> pd.DataFrame:
    """What was seen of the events that each condition explains: a row per condition and effect, none left out.

    `review` from `build_journeys`; `chances` from `find_chances`, if they are at hand. Returns a frame with the columns of
    `columns.TABLES["condition_effects"]`, in the order of `fj.conditions`, hunches last. An event may show several
    effects, so the rows of a condition need not add up to its events. Raises what `fj.conditions` raises.
    """
    import pandas as pd

    found, rows = explained(review, chances), []
    for one in found.conditions:
        shown = [(wheres, found.effects_of(wheres)) for wheres in one.events.values()]
        for name in (*found.effects, OTHER):
            some = [wheres for wheres, seen in shown if name in seen]
            families = {family for wheres in some for family, _ in wheres}
            of = (len(one.events), len(one.families))
            rows.append((one.words, one.category, one.is_hunch, name, found.says(name), len(some), len(families), *of))
    return pd.DataFrame(rows, columns=[c.name for c in columns.TABLES["condition_effects"]])


def own_rules(review: Journeys) -> pd.DataFrame:
    """What the data folder's own rules add to the kit's, or change in them: one row per line."""
    return overlays.own_rules(review.session.folder)


def faults(faults: Table) -> pd.DataFrame:
    """One row per kind of fault: how often, how many contacts or records it touches, and the first of them in a sentence.

    A page is read by more people than look after the data: what a supplier called a kind of contact that nobody has
    agreed may name somebody, and is told by `fj.check_contacts` and the command `check` alone.
    """
    frame = faults.sql(
        "select fault, count(*) as times, sum(contacts) as contacts, min(says) as says from this group by fault order by fault"
    ).df()
    frame.loc[frame["fault"] == "unmapped", "says"] = UNMAPPED
    return frame


UNMAPPED = (
    "Contacts of kinds that are in no line of activities.yml: kept under the supplier's own words, and in no move. "
    "python -m journeys check names them: add them to data/<name>/rules/activities.yml."
)


def set_aside(aside: Table) -> pd.DataFrame:
    """One row per file and reason: how many records, the first line, and what to do."""
    return aside.sql(
        "select source_file, reason, count(*) as records, min(source_line) as first_line, min(fix) as what_to_do from this "
        "group by source_file, reason order by source_file, reason"
    ).df()
