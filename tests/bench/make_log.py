"""Write a seeded, invented contact log, for the benchmark and for nothing else.

The data are invented. They copy the awkward shape of real logs: skewed family sizes and a few very large families,
three contacts in ten with no time (so ties), agencies that stay with a family for a while, rows in no order. Activities
are ones that the kit's rules know, so that triggers, switches and handovers have something to find.

One row per contact: contact_id, person_id, family_id, date, agency, contact_type, reason, need_id, outcome, referred_to,
professional_id. The same arguments, with the same library versions, give the same file. Needs numpy and pyarrow only.

    python make_log.py --rows 1000000 contacts.parquet
    python make_log.py --rows 1000000 contacts.csv           UK dates: dd/mm/yyyy, or dd/mm/yyyy HH:MM
    python make_log.py --rows 100000 --timed contacts.parquet   every timestamp its own, none at midnight
    python make_log.py --rows 100000 --every-rule contacts.parquet   something for every trigger, in force or not
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

# Agency: its share of contacts, and how often each activity is what it records.
AGENCIES: dict[str, tuple[float, dict[str, float]]] = {
    "school": (0.28, {"absence_unexplained": 45, "call": 20, "meeting": 20, "referral": 10, "message": 5}),
    "health_visitor": (0.14, {"visit": 60, "appointment": 20, "call": 10, "referral": 10}),
    "police": (0.12, {"incident": 45, "domestic_abuse_incident": 30, "missing_episode": 10, "referral": 15}),
    "social_care": (0.14, {"visit": 35, "assessment": 20, "csc_referral": 20, "meeting": 15, "closed": 10}),
    "early_help": (
        *(0.10,),
        {"support_session": 35, "visit": 30, "help_started": 10, "first_key_visit": 10, "referral": 10, "closed": 5},
    ),
    "gp": (0.08, {"consult": 80, "referral": 20}),
    "housing": (0.06, {"call": 30, "rent_arrears": 30, "visit": 20, "homelessness_approach": 10, "referral": 10}),
    "mental_health": (0.05, {"appointment": 60, "appointment_missed": 20, "call": 10, "referral": 10}),
    "hospital": (0.03, {"ae_attendance": 80, "referral": 20}),
}


def shares(text: str) -> dict[str, float]:
    """How often each activity is what an agency records: `visit 60, call 10`."""
    return {name: float(weight) for name, weight in (part.split() for part in text.split(","))}


MORE_FOR_EVERY_RULE = {
    "school": shares(
        "present 1500, absence_ill 40, absence_authorised 20, absence_unauthorised 15, exclusion 4, exclusion_permanent 1, "
        "pupil_joined 3, pupil_return 3, concern_noted 10"
    ),
    "health_visitor": shares("concern_noted 5, no_reply_visit 10"),
    "police": shares(
        "police_notice_green 20, police_notice_amber 10, police_notice_red 5, dash_high_risk 5, marac_referral 5, "
        "offence 10, antisocial_behaviour 10"
    ),
    "social_care": shares(
        "csc_contact 30, no_further_action 10, strategy_discussion 5, assessment_authorised 15, protection_conference 4, "
        "core_group 8, review_conference 3, return_interview 5"
    ),
    "early_help": shares("not_eligible 5"),
    "housing": shares("homelessness_duty 10"),
    "hospital": shares("admission 15, injury_seen 10"),
}
"""With these beside the activities above, every trigger of the kit has something to look at. Half of such a log is a
school's, most of it a register of one child in each family, of which one mark in fourteen is an absence."""

REGISTER = ("present", "absence_unexplained", "absence_ill", "absence_authorised", "absence_unauthorised")
TOUCHES_AND_REFERRALS = (
    *("appointment", "ae_attendance", "assessment", "call", "consult", "domestic_abuse_incident", "first_key_visit"),
    *("help_started", "homelessness_approach", "incident", "meeting", "message", "missing_episode", "referral"),
    *("support_session", "visit"),
)
"""Those of the activities above on which moves rest: what another tool must keep to map the same contacts."""

REASONS = {"routine": 45, "behaviour": 15, "debt": 10, "housing need": 10, "mental health": 10, "neglect": 10}
OUTCOMES = {"no action": 50, "information shared": 30, "help offered": 20}

DAY = 86_400
FIRST_SECOND = int(np.datetime64("2021-01-01", "s").astype(np.int64))
FIRST_DAY, LAST_DAY = "2021-01-01", "2025-12-31"
PERIOD = 5 * 365 * DAY
SHARE_WITHOUT_TIME = 0.30
SHARE_THAT_STAYS = 0.45
CONTACTS_PER_FAMILY = 20


def family_sizes(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Contacts of each family, adding up to `rows`: log-normal, and a few families of thousands (fewer in small logs)."""
    families = max(1, rows // CONTACTS_PER_FAMILY)
    weights = rng.lognormal(0, 0.9, families)
    sizes = np.zeros(families, dtype=np.int64)
    large = min(max(3, families // 20_000), families - 1)
    if large:
        which = rng.choice(families, large, replace=False)
        wanted = rng.integers(2_000, 5_000, large)
        sizes[which] = wanted if wanted.sum() <= rows // 2 else wanted * (rows // 2) // wanted.sum()
        weights[which] = 0
    return sizes + rng.multinomial(rows - sizes.sum(), weights / weights.sum())


def seconds(rng: np.random.Generator, sizes: np.ndarray, timed: bool) -> np.ndarray:
    """When each contact happened: each family has its own start and span, and its contacts fall anywhere inside it."""
    rows = int(sizes.sum())
    if timed:
        # No second twice, and none at midnight: there is then one order, and every tool must find it.
        found = np.unique(rng.integers(0, PERIOD, rows * 2))
        found = found[found % DAY > 0]
        return FIRST_SECOND + rng.permutation(found)[:rows]
    start = np.repeat(rng.integers(0, PERIOD // 2, len(sizes)), sizes)
    span = np.repeat(rng.integers(60 * DAY, PERIOD // 2, len(sizes)), sizes)
    found = FIRST_SECOND + start + (rng.random(rows) * span).astype(np.int64)
    without = rng.random(rows) < SHARE_WITHOUT_TIME
    found[without] -= found[without] % DAY
    return found


def recorded(every_rule: bool) -> dict[str, tuple[float, dict[str, float]]]:
    """Each agency's share of contacts, and what it records: as above, or with something for every rule."""
    if not every_rule:
        return AGENCIES
    more = {a: (share, what | MORE_FOR_EVERY_RULE.get(a, {})) for a, (share, what) in AGENCIES.items()}
    others = {a: (share * 0.48 / 0.72, what) for a, (share, what) in more.items()}
    benefits = {"out_of_work_benefit": 60.0, "benefit_award": 40.0}
    return others | {"school": (0.5, more["school"][1]), "benefits": (0.02, benefits)}


def make_log(rows: int, seed: int = 7, timed: bool = False, every_rule: bool = False) -> pa.Table:
    """The log as an Arrow table."""
    agencies = recorded(every_rule)
    rng = np.random.default_rng(seed)
    sizes = family_sizes(rng, rows)
    family = np.repeat(np.arange(1, len(sizes) + 1, dtype=np.int64), sizes)
    when = seconds(rng, sizes, timed)
    order = np.lexsort((when, family))
    when = when[order]

    names = list(agencies)
    agency = rng.choice(len(names), rows, p=[share for share, _ in agencies.values()])
    first = np.r_[True, family[1:] != family[:-1]]
    stays = (rng.random(rows) < SHARE_THAT_STAYS) & ~first
    agency = agency[np.maximum.accumulate(np.where(stays, 0, np.arange(rows)))]

    activities = sorted({a for _, shares in agencies.values() for a in shares})
    activity = np.empty(rows, dtype=np.int64)
    for code, (_, shares) in enumerate(agencies.values()):
        of_it = agency == code
        weights = np.array(list(shares.values())) / sum(shares.values())
        activity[of_it] = rng.choice([activities.index(a) for a in shares], int(of_it.sum()), p=weights)
    to = (agency + rng.integers(1, len(names), rows)) % len(names)
    person = family * 10 + rng.integers(0, 5, rows)
    if every_rule:
        marked = np.isin(activity, [activities.index(a) for a in REGISTER])
        person[marked] = family[marked] * 10
    need = family * 10 + rng.integers(0, 3, rows)
    professional = agency * 100_000 + (family % 500) * 10 + rng.integers(0, 9, rows)

    # Ids follow the agencies' extracts, joined end to end; the rows are then shuffled.
    ids = np.empty(rows, dtype=np.int64)
    ids[np.lexsort((when, agency))] = np.arange(1, rows + 1)
    o = rng.permutation(rows)
    return pa.table(
        {
            "contact_id": ids[o],
            "person_id": person[o],
            "family_id": family[o],
            "date": pa.array(when[o].astype("datetime64[s]")).cast(pa.timestamp("us")),
            "agency": _text(agency[o], names),
            "contact_type": _text(activity[o], activities),
            "reason": _text(_drawn(rng, REASONS, rows), list(REASONS)),
            "need_id": need[o],
            "outcome": _text(_drawn(rng, OUTCOMES, rows), list(OUTCOMES)),
            "referred_to": _text(to[o], names, activity[o] != activities.index("referral")),
            "professional_id": professional[o],
        }
    )


def _drawn(rng: np.random.Generator, shares: dict[str, int], rows: int) -> np.ndarray:
    return rng.choice(len(shares), rows, p=np.array(list(shares.values())) / sum(shares.values()))


def _text(codes: np.ndarray, names: list[str], empty: np.ndarray | None = None) -> pa.Array:
    coded = pa.array(codes.astype(np.int8), mask=empty)
    return pa.DictionaryArray.from_arrays(coded, pa.array(names)).cast(pa.string())


def as_written_by_hand(log: pa.Table) -> pa.Table:
    """The same log with its dates as an agency's CSV has them; a midnight is a contact without a time."""
    at = log.column("date")
    midnight = pc.equal(pc.add(pc.add(pc.hour(at), pc.minute(at)), pc.second(at)), 0)
    text = pc.if_else(midnight, pc.strftime(at, "%d/%m/%Y"), pc.strftime(at, "%d/%m/%Y %H:%M"))
    return log.set_column(log.column_names.index("date"), "date", text)


def write(log: pa.Table, path: Path) -> None:
    """Write the log as parquet, or as CSV with UK dates, as the file's ending says."""
    if path.suffix == ".csv":
        plain = pa_csv.WriteOptions(include_header=False, quoting_style="none")
        with open(path, "wb") as file:
            file.write(",".join(log.column_names).encode() + b"\n")
            pa_csv.write_csv(as_written_by_hand(log), file, plain)
    else:
        pq.write_table(log, path, compression="zstd", row_group_size=1_000_000)


def main() -> None:
    """Make one or more files of the same log."""
    parser = argparse.ArgumentParser(description="Write an invented contact log, as parquet or CSV.")
    parser.add_argument("out", nargs="+", type=Path, help="contacts.parquet, contacts.csv, or both")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--timed", action="store_true", help="every timestamp its own, none at midnight")
    parser.add_argument("--every-rule", action="store_true", help="something for every trigger of the kit")
    asked = parser.parse_args()
    log = make_log(asked.rows, asked.seed, asked.timed, asked.every_rule)
    for path in asked.out:
        write(log, path)


if __name__ == "__main__":
    main()
