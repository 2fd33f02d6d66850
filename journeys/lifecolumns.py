"""The columns of the frames that tell of effort and life in time: series, life lines, and the register of measures.

Read by `journeys.columns`, which makes columns of them: name, type, meaning and, where there is one, unit.
"""

from __future__ import annotations

Row = tuple[str, str, str] | tuple[str, str, str, str]

LIFE: dict[str, tuple[Row, ...]] = {
    "contacts_a_month": (
        ("on", "date", "the first day of the month"),
        ("value", "number", "touches and referrals in it, each once; empty: no agency's records cover it", "contacts"),
        ("agencies", "whole number", "agencies whose records cover the whole month", "agencies"),
        ("of_agencies", "whole number", "agencies that ever met these families", "agencies"),
        ("families", "whole number", "families that it is counted over", "families"),
        ("is_open", "yes/no", "the month was not over"),
    ),
    "month_by_month": (
        ("measure", "text", "the measure, by its name in measures.yml"),
        ("says", "text", "the same in a few words"),
        ("kind", "text", "input, output or outcome"),
        ("on", "date", "the first day of the month"),
        ("value", "number", "its number in that month; empty: no record could show it"),
        ("agencies", "whole number", "agencies whose records cover the whole month", "agencies"),
        ("of_agencies", "whole number", "agencies that ever met these families", "agencies"),
        ("families", "whole number", "families that it is counted over", "families"),
        ("is_open", "yes/no", "the month was not over"),
    ),
    "beyond_noise": (
        ("measure", "text", "the measure, by its name in measures.yml"),
        ("says", "text", "the same in a few words"),
        ("kind", "text", "input, output or outcome"),
        ("value", "number", "its number in the last month"),
        ("before", "number", "its number in the month before, which says nothing by itself"),
        ("centre", "number", "the mean of its months"),
        ("lower", "number", "the lower natural process limit; empty under 6 months, and for what is too rare"),
        ("upper", "number", "the upper one"),
        ("months", "whole number", "months with a number", "months"),
        ("status", "text", "signal; no signal: leave it alone; or cannot be told"),
        ("reads", "text", "the same in words, with the rule that says so"),
    ),
    "attendance_a_month": (
        ("on", "date", "the first day of the month"),
        ("value", "share", "of the possible sessions, those attended; empty: no session was possible"),
        ("possible", "whole number", "sessions that a register marks present or absent", "sessions"),
        ("missed", "whole number", "of these, those marked absent", "sessions"),
        ("people", "whole number", "children whose sessions they are", "people"),
        ("families", "whole number", "families that it is counted over", "families"),
        ("is_open", "yes/no", "the month was not over"),
    ),
    "days_between_crises": (
        ("on", "date", "the day of the crisis that ended the wait; of the open one, the last day known of"),
        ("value", "number", "days from one to the other; so far, where it is open; empty: not known", "days"),
        ("since", "date", "the day of the crisis before"),
        ("families", "whole number", "families that it is counted over", "families"),
        ("is_open", "yes/no", "no crisis has ended it yet"),
    ),
    "measures": (
        ("measure", "text", "the measure, by its name in rules/measures.yml"),
        ("says", "text", "the measure in a few words"),
        ("kind", "text", "input: what it took; output: what services did; outcome: what changed for people"),
        ("better", "text", "higher, lower or neither"),
        ("whose_view", "text", "family, agency or review"),
        ("source", "text", "where its definition comes from"),
    ),
    "life": (
        ("line", "text", "the life line"),
        ("about", "text", "of what, or in whose words"),
        ("better", "text", "higher or lower"),
        ("values", "whole number", "values that have ended and are known", "values"),
        ("mean", "number", "their mean"),
        ("lower", "number", "lower limit; empty under 6 values"),
        ("upper", "number", "upper limit; empty under 6 values"),
        ("limits", "text", "too few, TRIAL or firm"),
        ("open", "number", "the wait that still runs, so far", "days"),
        ("verdict", "text", "improved, worsened, no signal of change, or too few to tell: by rule"),
        ("says", "text", "the same in a few words, with how many values"),
    ),
    "household": (
        ("*person_id", "text", "who, by number; without the supplier's name where one supplier gave them all"),
        (
            "from_date",
            "date",
            "first day in the family, or first day named in a log; empty: as far back as the logs go",
        ),
        ("to_date", "date", "first day out of it; empty: still in it"),
        ("because", "text", "how this is known"),
    ),
    "around": (
        ("what", "text", "member, held it up (who or what, as people wrote it) or agency"),
        ("name", "text", "the person's number, who or what, or the agency"),
        ("from_on", "date", "since when; for an agency, the first contact in the period"),
        ("to_on", "date", "until when; for an agency, the last touch or referral that may be"),
        ("contacts", "whole number", "touches and referrals in the period; empty where none are counted", "contacts"),
        ("line", "text", "lately, not since, cannot be told or records only; for who held it up, still or ended"),
    ),
}
