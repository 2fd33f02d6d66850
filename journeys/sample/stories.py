"""The invented families: eight stories told episode by episode, and a comparison group.

Nobody in them is real. The shape of the eight follows what the LGA's councillor workbook says of Portsmouth's review
of 2013: many professionals and agencies, none of which had all the information, and little improvement. It gives no
counts, so these are ours. Every episode that could matter to an answer is planted by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from journeys.sample.dates import END, is_working, next_working, plus_months
from journeys.sample.ordinary import FALLING, UNTIL_MOVE, ordinary
from journeys.sample.planted import Contact, Family, Person, separated
from journeys.sample.planter import Planter

Story = Callable[[Planter, Family, dict[str, Family | None]], None]


def three_absences(
    p: Planter, family: Family, pupil: Person, stem: str, days: Sequence[date], late: int = 0
) -> list[Contact]:
    """Unexplained absences that fire; the last one recorded late, if at all."""
    marks = [p.absent(pupil, stem, day, late=late if day == days[-1] else 0) for day in days]
    for each in pupil.families(days[0]):
        p.episode("absence", each, marks, 28)
    p.fires("unexplained_absence", marks)
    return marks


def not_three(
    p: Planter, family: Family, pupil: Person, stem: str, days: Sequence[date], name: str, why: str, excused: int = -1
) -> None:
    """Unexplained absences that must not fire."""
    marks = [p.absent(pupil, stem, day, excused_after=6 if n == excused else 0) for n, day in enumerate(days)]
    p.episode("absence", family, marks, 28)
    p.decoy(name, family, "unexplained_absence", marks, why)


def _life(p: Planter, f: Family, event: str, about: str, precision: str) -> None:
    """Something in the family's life, as the family tells it: the day, or only the month or the year."""
    p.place("family", f, event, f.near(about), precision=precision)


def helped_early(p: Planter, f: Family, others: dict[str, Family | None]) -> None:
    """The school sees it first, one worker answers within the fortnight, and there is less and less to do."""
    mother, girl, boy, _baby = f.person("adult"), f.person("child"), f.person("child"), f.person("baby")
    need = f"{f.name}-N1"
    _life(p, f, "birth", "2015-07-01", "year")
    _life(p, f, "separation", "2022-05-09", "month")
    _life(p, f, "household_change", "2022-08-08", "day")
    p.place("housing", mother, "intake", f.near("2022-06-06"), professional=p.worker(f, "housing"))
    absences = three_absences(p, f, girl, "attendance", f.school_days("2022-09-12", 7, 14))
    asked = p.refer(girl, "school_log", "early_help", next_working(absences[-1].day + timedelta(days=2)), need=need)
    begun = p.answer(asked, "help_started", 7)
    p.place("early_help", mother, "assessment", next_working(begun.day + timedelta(days=8)), need=need)
    for fortnight in range(1, 13):
        day = next_working(begun.day + timedelta(days=14 * fortnight))
        p.place("early_help", mother, "support_session", day, need=need, professional=begun.professional)
    _life(p, f, "new_job", "2023-09-11", "day")
    days = f.school_days("2023-11-06", 15)
    why = "two absences, with a month of present marks between and around them, are still two"
    not_three(p, f, girl, "attendance", days, "present marks between", why)
    amounts = {"school_log": 14, "gp": 16, "health_visitor": 10, "hospital": 5, "housing": 10, "benefits": 6}
    ordinary(p, f, {**amounts, "early_help": 6, "voluntary": 4}, FALLING)
    for pupil in (girl, boy):
        p.register(pupil, "attendance", (0.22, 0.16, 0.06, 0.03))
    p.truth.improving.append(f.name)


def side_by_side(p: Planter, f: Family, others: dict[str, Family | None]) -> None:
    """Eleven agencies, each doing its own work for three years; nothing gets worse and nothing gets better."""
    mother, girl, boy, teen, baby = (f.person(role) for role in ("adult", "child", "child", "teen", "baby"))
    p.number(girl, "attendance")
    _life(p, f, "birth", "2022-04-18", "day")
    _life(p, f, "job_lost", "2022-10-10", "month")
    _life(p, f, "bereavement", "2024-01-15", "day")
    received = p.place("social_care", boy, "csc_referral", f.near("2022-06-13"), outcome="assessment")
    p.place("social_care", boy, "assessment", next_working(received.day + timedelta(days=20)))
    p.place("social_care", boy, "no_further_action", next_working(received.day + timedelta(days=40)))
    turns = []
    for week in range(6):
        stem = ("school_log", "health_visitor")[week % 2]
        day = next_working(date(2022, 9, 20) + timedelta(days=7 * week))
        turns.append(p.place(stem, (girl, baby)[week % 2], "visit", day, professional=p.worker(f, stem)))
    p.decoy("side by side", f, "handover", turns, "two agencies take turns; neither passes the family on")
    asked = f.near("2022-11-07")
    low = p.place("mental_health", mother, "assessment", asked, professional=p.worker(f, "mental_health"))
    p.knows("low mood", low)
    days = f.school_days("2023-01-16", 14)
    marks = [p.absent(girl, "attendance", days[0]), *(p.absent(who, "attendance", days[1]) for who in (girl, boy))]
    p.episode("absence", f, marks, 28)
    p.fires("unexplained_absence", marks)
    again = p.place("social_care", boy, "csc_referral", f.near("2023-03-20"), outcome="assessment")
    p.fires("re_referral", [received, again])
    p.place("social_care", boy, "assessment", next_working(again.day + timedelta(days=25)))
    p.place("social_care", boy, "no_further_action", next_working(again.day + timedelta(days=41)))
    arrears = p.place("housing", mother, "homelessness_approach", f.near("2023-06-19"))
    p.place("early_help", mother, "assessment", f.near("2023-09-18"), professional=p.worker(f, "early_help"))
    low_mood = p.place("gp", mother, "consult", f.near("2023-10-16"), reason="low mood")
    p.place("gp", mother, "consult", low_mood.day, reason="low mood", professional=low_mood.professional)
    p.truth.mess.append({"file": "gp.csv", "kind": "identical rows with no id", "rows": 2})
    p.knows("homeless", arrears)
    for walk in ("2023-02-13", "2024-07-08"):
        p.place("voluntary", f, "befriending walk", f.near(walk))
    three_absences(p, f, girl, "attendance", f.school_days("2024-02-26", 7, 28))
    days = f.school_days("2024-09-16", 9)
    why = "two families' pupils have one number in two schools' registers; neither has three absences"
    not_three(p, f, girl, "attendance", days, "one number, two suppliers", why)
    amounts = {"school_log": 9, "social_care": 12, "early_help": 9, "police": 8, "health_visitor": 8, "gp": 12}
    amounts |= {"hospital": 8, "housing": 12, "mental_health": 10, "benefits": 10, "voluntary": 4}
    ordinary(p, f, amounts)
    for pupil, stem in ((girl, "attendance"), (boy, "attendance"), (teen, "academy_register")):
        p.register(pupil, stem, (0.12, 0.12, 0.12, 0.12))
    p.truth.flat.append(f.name)


def three_incidents(p: Planter, f: Family, others: dict[str, Family | None]) -> None:
    """Police are called three times in a year; help comes a day too late; a boy goes to a grandparent."""
    mother, girl = f.person("adult"), f.person("child")
    grandmother, moved = others["comparison"], date(2024, 1, 8)
    because = "went to live with a grandparent"
    teen = f.person("teen", None, moved, because)
    if grandmother:
        teen.spans.append((grandmother, moved, None, because))
        grandmother.people.append(teen)
    _life(p, f, "moved_home", "2022-08-08", "month")
    _life(p, f, "separation", "2023-06-05", "month")
    p.place("housing", mother, "intake", f.near("2022-08-22"), professional=p.worker(f, "housing"))
    first = f.near("2022-11-07")
    while not is_working(plus_months(first, 12) + timedelta(days=32)):
        first += timedelta(days=1)
    incidents = [p.abuse(mother, girl, first, heard=3)]
    p.knows("domestic abuse", incidents[0])
    p.knows("domestic abuse", f.contacts[-1])
    incidents.append(p.abuse(mother, girl, f.near("2023-04-17"), heard=None))
    absences = f.school_days("2023-09-11", 9, 18, spread=7)
    p.knows("absent from school", three_absences(p, f, girl, "attendance", absences, late=17)[-1])
    incidents.append(p.abuse(mother, girl, plus_months(first, 12), heard=6, late=1))
    p.episode("abuse", f, incidents, 366)
    p.fires("domestic_abuse_three", incidents)
    p.place("early_help", mother, "help_started", incidents[-1].recorded + timedelta(days=31))
    days = [date(2023, 12, 13) + timedelta(days=f.rng.randrange(2)), date(2023, 12, 19), date(2024, 1, 9)]
    marks = [p.absent(teen, "academy_register", day) for day in days]
    why = "three absences in 28 days, but the pupil changed family between the second and the third"
    p.decoy("changed family", f, "unexplained_absence", marks, why)
    p.episode("absence", f, marks, 28)
    if grandmother:
        p.episode("absence", grandmother, marks, 28)
        p.place("youth_justice", teen, "meeting", f.near("2024-02-05"), time="10:30")
        p.place("school_log", teen, "meeting", f.near("2024-03-04"), professional=p.worker(grandmother, "school_log"))
    received = p.place("social_care", girl, "csc_referral", f.near("2024-01-15"), outcome="assessment")
    p.place("social_care", girl, "assessment", next_working(received.day + timedelta(days=30)))
    why = "three absences in 28 days, of which the second was put down to illness six days later"
    days = f.school_days("2024-04-22", 8, 16)
    not_three(p, f, girl, "attendance", days, "amended to illness", why, excused=1)
    day = f.near("2024-10-07")
    while not is_working(day) or not is_working(day + timedelta(days=31)):
        day += timedelta(days=1)
    again = p.place("social_care", girl, "csc_referral", day, late=1, outcome="assessment")
    p.fires("re_referral", [received, again])
    p.place("social_care", girl, "assessment", next_working(again.day + timedelta(days=12)))
    p.place("voluntary", f, "support_session", again.recorded + timedelta(days=30))
    amounts = {"school_log": 9, "social_care": 16, "early_help": 6, "police": 10, "gp": 12, "hospital": 8}
    ordinary(p, f, {**amounts, "housing": 8, "mental_health": 8, "youth_justice": 6, "benefits": 6})
    p.register(girl, "attendance", (0.1, 0.12, 0.14, 0.1))
    p.register(teen, "academy_register", (0.15, 0.18, 0.2, 0.15))


def sent_to_and_fro(p: Planter, f: Family, others: dict[str, Family | None]) -> None:
    """Too much for one agency and too little for another: the same need goes there and back."""
    mother, boy, teen = f.person("adult"), f.person("child"), f.person("teen")
    home, mind, key = (f"{f.name}-N{number}" for number in (1, 2, 3))
    _life(p, f, "bereavement", "2019-07-01", "year")
    _life(p, f, "job_lost", "2022-07-04", "month")
    _life(p, f, "moved_home", "2024-08-12", "day")
    p.place("housing", mother, "intake", f.near("2022-09-05"), need=home, professional=p.worker(f, "housing"))
    rejected = p.refer(boy, "school_log", "early_help", f.near("2022-10-03", 6), need=home)
    p.answer(rejected, "not_eligible", 14)
    day = f.near("2022-11-07", 6)
    while not is_working(plus_months(next_working(day + timedelta(days=7)), 12) + timedelta(days=1)):
        day = next_working(day + timedelta(days=1))
    accepted = p.answer(p.refer(boy, "school_log", "social_care", day, need=home), "csc_referral", 7)
    p.place("social_care", boy, "assessment", next_working(accepted.day + timedelta(days=21)), need=home)
    there = p.refer(boy, "social_care", "early_help", f.near("2023-01-16", 6), need=home)
    day = next_working(there.shown_by.day + timedelta(days=14))
    back = p.refer(boy, "early_help", "social_care", day, need=home, answers=there)
    p.bounce(there, back)
    p.answer(back, "visit", 12)
    waits = p.refer(teen, "school_log", "camhs", f.near("2023-05-15"), need=mind)
    for months in (1, 9):
        day = next_working(plus_months(waits.shown_by.day, months))
        p.place("camhs", teen, "waiting_list", day, need=mind, ends=min(plus_months(day, 8), END))
    held = p.worker(f, "social_care")
    p.place("social_care", boy, "first_key_visit", f.near("2023-09-18"), need=key, professional=held)
    again = p.place("social_care", boy, "csc_referral", plus_months(accepted.day, 12) + timedelta(days=1))
    why = "the second referral came 12 months and a day after the first"
    p.decoy("second referral a day late", f, "re_referral", [accepted, again], why)
    p.place("social_care", boy, "assessment", next_working(again.day + timedelta(days=30)), need=home)
    p.place("school_log", boy, "visit", f.near("2023-12-04", 6), need=key)
    p.place("early_help", mother, "first_key_visit", f.near("2024-01-22"), need=key)
    p.place("early_help", mother, "assessment", f.near("2024-02-12", 6), need=key)
    why = "early help passed the family to another of its own teams"
    own = p.place("early_help", mother, "referral", f.near("2024-03-11"), referred_to="early_help", need=key)
    p.decoy(
        "referral to one's own agency", f, "handover", [own], "early help passed the family to another of its teams"
    )
    days = f.school_days("2024-06-10", 14, 29, spread=5)
    why = "the third absence came on day 29"
    not_three(p, f, boy, "attendance", days, "29 days apart", why)
    amounts = {"school_log": 10, "social_care": 14, "early_help": 10, "gp": 10, "hospital": 6, "police": 6}
    ordinary(p, f, {**amounts, "housing": 10, "mental_health": 6, "benefits": 6, "youth_justice": 6})
    p.register(boy, "attendance", (0.1, 0.13, 0.15, 0.17))
    p.register(teen, "academy_register", (0.2, 0.2, 0.2, 0.2))


def two_homes(p: Planter, f: Family, others: dict[str, Family | None]) -> None:
    """Parents separate; the child is in two families, and each agency knows one of the homes."""
    _mother, child, baby = f.person("adult"), f.person("child"), f.person("baby")
    other, since = others["next"], date(2023, 1, 9)
    if other:
        separated(child, other, since)
    p.place("family", f, "separation", since, precision="month")
    _life(p, f, "new_job", "2024-09-09", "day")
    need = f"{f.name}-N1"
    asked = p.refer(baby, "health_visitor", "early_help", f.near("2022-10-10"), need=need)
    p.answer(asked, "first_key_visit", 10)
    absences = three_absences(p, f, child, "attendance", f.school_days("2023-10-30", 8, 18, spread=6))
    p.place("voluntary", f, "help_started", next_working(absences[-1].day + timedelta(days=12)))
    for month in range(1, 5):
        p.place("voluntary", f, "support_session", next_working(plus_months(absences[-1].day, month)))
    p.place("voluntary", f, "befriending walk", f.near("2024-05-13"))
    amounts = {"school_log": 8, "gp": 14, "health_visitor": 12, "hospital": 5, "housing": 10, "benefits": 10}
    ordinary(p, f, {**amounts, "early_help": 8, "voluntary": 5})
    p.register(child, "attendance", (0.06, 0.09, 0.12, 0.08))


def the_other_home(p: Planter, f: Family, others: dict[str, Family | None]) -> None:
    """The father's home: poorly, out of work, and asked the same questions by each service in turn."""
    father = f.person("adult")
    p.place("family", f, "household_change", date(2023, 1, 9), precision="month")
    _life(p, f, "job_lost", "2023-05-15", "day")
    p.place("housing", father, "homelessness_approach", f.near("2023-01-23"))
    p.place("mental_health", father, "assessment", f.near("2023-03-06"), professional=p.worker(f, "mental_health"))
    p.place("police", father, "incident", f.near("2023-07-10"), time="00:00")
    p.truth.mess.append({"file": "police.csv", "kind": "lone midnight", "rows": 1})
    amounts = {"gp": 12, "mental_health": 16, "benefits": 12, "housing": 12, "police": 6, "hospital": 5}
    ordinary(p, f, {**amounts, "voluntary": 4})


def moves_away(p: Planter, f: Family, others: dict[str, Family | None]) -> None:
    """Known to eight agencies until the family leaves the area; two letters still follow it."""
    gone = date(2024, 2, 1)
    mother, boy = (f.person(role, None, gone, "moved out of the area") for role in ("adult", "child"))
    p.abuse(mother, boy, f.near("2022-05-09"), heard=1)
    received = f.near("2022-07-04")
    while not is_working(plus_months(received, 12)):
        received = next_working(received + timedelta(days=1))
    pair = [p.place("social_care", boy, "csc_referral", day) for day in (received, plus_months(received, 12))]
    p.fires("re_referral", pair)
    p.place("social_care", boy, "assessment", next_working(pair[1].day + timedelta(days=30)))
    christmas = p.abuse(mother, boy, date(2023, 12, 18) + timedelta(days=f.rng.randrange(4)), heard=10)
    why = "social care recorded a contact on the tenth working day, over Christmas"
    p.decoy("tenth working day, Christmas", f, "police_no_social_care", [christmas, f.contacts[-1]], why)
    p.place("family", f, "moved_home", gone)
    amounts = {"school_log": 8, "housing": 12, "police": 8, "gp": 12, "hospital": 5, "health_visitor": 8}
    ordinary(p, f, {**amounts, "social_care": 10, "benefits": 6}, UNTIL_MOVE)
    p.register(boy, "attendance", (0.08, 0.1, 0.12), last=gone - timedelta(days=1))
    p.place("gp", mother, "letter_sent", f.near("2024-02-26"))
    p.place("school_log", boy, "letter_sent", f.near("2024-02-12"))


def hardly_known(p: Planter, f: Family, others: dict[str, Family | None]) -> None:
    """Four contacts in three years; the school asked for help once, and nobody took it on."""
    mother, teen = f.person("adult"), f.person("teen")
    twin = others["second"]
    if twin:
        teen.numbers["academy_register"] = twin.people[1].numbers["attendance"]
    p.place("school_log", teen, "call", f.near("2023-11-06"), professional=p.worker(f, "school_log"))
    asked = p.refer(teen, "school_log", "social_care", f.near("2023-11-27", 4), need=f"{f.name}-N1")
    heard = p.place("social_care", teen, "csc_contact", next_working(asked.shown_by.day + timedelta(days=1)))
    why = "the school recorded a referral that social care never accepted"
    p.decoy("never accepted", f, "re_referral", [asked.shown_by, heard], why)
    p.place("gp", mother, "consult", f.near("2024-05-06"), reason="can’t sleep")
    days = f.school_days("2024-09-16", 9)
    why = "two families' pupils have one number in two schools' registers; neither has three absences"
    not_three(p, f, teen, "academy_register", days, "one number, two suppliers", why)
    p.register(teen, "academy_register", (0.04, 0.05, 0.07, 0.09))
    p.truth.switches[f.name] = 1


EIGHT: tuple[Story, ...] = (
    helped_early,
    side_by_side,
    three_incidents,
    sent_to_and_fro,
    two_homes,
    the_other_home,
    moves_away,
    hardly_known,
)
"""The stories in the order of the families' names; a ninth family lives the first story again, on other days."""
