"""How each invented agency supplies its log: columns, words, dates, encoding, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from journeys.columns import CONTACT_LOG
from journeys.sample.dates import END, START

DAY, STAMP, ISO = "%d/%m/%Y", "%d/%m/%Y %H:%M", "%Y-%m-%d"
PLAIN = {name: "activity" if name == "contact_type" else name for name in CONTACT_LOG}


@dataclass(frozen=True)
class Supplier:
    """How one agency supplies its log: the columns in their order, the words, the dates, and what is wrong with it."""

    stem: str
    columns: dict[str, str]
    """header -> the kit's column, or nothing where no format lists it."""
    mess: tuple[str, ...] = ()
    words: dict[str, str] = field(default_factory=dict)
    ids: str = ""
    dates: str = DAY
    named_format: str = ""
    delimiter: str = ","
    encoding: str = "utf-8"
    newline: str = "\n"
    agency: str = ""
    covers: tuple[date, date] = (START, END)
    worker: str = ""
    """How its professionals' numbers begin, where the log says who it was."""
    is_shared: bool = False
    """Its numbers for people are those of the other health services."""

    @property
    def who(self) -> str:
        """The agency that it writes for: its own name, unless three files are one agency's."""
        return self.agency or self.stem

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.stem}.csv"

    def header(self, column: str) -> str:
        """Under which header it writes a column of the kit's, if it does."""
        return next((header for header, name in self.columns.items() if name == column), "")


SUPPLIERS = (
    Supplier(
        "attendance",
        {
            "mark_no": "contact_id",
            "pupil": "person_id",
            "date": "date",
            "mark": "activity",
            "recorded": "recorded_on",
            "session": "",
        },
        ("repeat", "repeat", "repeat with another colour", "31 February", "footer"),
        ids="M",
        encoding="utf-8-sig",
        newline="\r\n",
        agency="school",
    ),
    Supplier(
        "academy_register",
        {
            "Ref": "contact_id",
            "Student": "person_id",
            "Day": "date",
            "Code": "activity",
            "Entered": "recorded_on",
        },
        ("repeat", "empty person"),
        ids="A-",
        dates=ISO,
        agency="school",
    ),
    Supplier(
        "school_log",
        PLAIN | {"case_colour": ""},
        ("repeat",),
        {"call": "phone call", "letter_sent": "letter", "case_note": "note", "visit": "school visit"},
        ids="SL",
        named_format="contact_log",
        worker="T",
        agency="school",
    ),
    Supplier(
        "social_care",
        {
            "RecordRef": "contact_id",
            "ChildNumber": "person_id",
            "EventDate": "date",
            "EventType": "activity",
            "NeedRef": "need_id",
            "Outcome": "outcome",
            "PassedTo": "referred_to",
            "WorkerRef": "professional_id",
            "EnteredOn": "recorded_on",
            "case_colour": "",
        },
        ("repeat", "repeat with another colour", "amended", "amended", "amended without an order"),
        {
            "csc_contact": "Contact received",
            "csc_referral": "Referral accepted",
            "visit": "Home visit",
            "assessment": "Child and family assessment",
            "no_further_action": "NFA",
            "no_reply_visit": "No access",
            "case_note": "File note",
        },
        ids="CS/",
        newline="\r\n",
        worker="SW",
    ),
    Supplier(
        "early_help",
        PLAIN,
        ("repeat with spaces", "amended"),
        {"help_started": "Support begins", "support_session": "Family support", "visit": "home_visit"},
        ids="EH",
        named_format="contact_log",
        worker="EH",
    ),
    Supplier(
        "police",
        PLAIN | {"beat": ""},
        ("repeat", "repeat with spaces", "31 February", "capitals"),
        {"domestic_abuse_incident": "DA incident", "safety_check": "welfare check"},
        ids="INC-",
        dates=STAMP,
        named_format="contact_log",
        newline="\r\n",
        worker="PC",
    ),
    Supplier(
        "health_visitor",
        {
            "ID": "contact_id",
            "Child": "person_id",
            "Seen on": "date",
            "Contact": "activity",
            "Passed to": "referred_to",
            "Need": "need_id",
            "Worker": "professional_id",
            "Entered": "recorded_on",
        },
        ("repeat", "empty person", "capitals"),
        {"appointment": "clinic", "appointment_missed": "was not brought", "no_reply_visit": "no reply"},
        ids="HV",
        worker="HV",
        covers=(START, date(2024, 12, 31)),
    ),
    Supplier(
        "gp",
        {
            "Patient": "person_id",
            "Consulted": "date",
            "Type": "activity",
            "Reason": "reason",
            "Clinician": "professional_id",
            "Surgery code": "",
        },
        (),
        {"consult": "GP consultation", "appointment_missed": "DNA"},
        delimiter=";",
        encoding="cp1252",
        newline="\r\n",
        worker="DR",
    ),
    Supplier(
        "hospital",
        {
            "AttendanceID": "contact_id",
            "Patient": "person_id",
            "ArrivedAt": "date",
            "Kind": "activity",
            "Complaint": "reason",
            "LoadedOn": "recorded_on",
            "Ward colour": "",
        },
        ("repeat", "amended"),
        {"ae_attendance": "ED attendance", "appointment": "clinic_appointment", "appointment_missed": "did not attend"},
        ids="H",
        dates="%Y-%m-%dT%H:%M:%S",
        is_shared=True,
    ),
    Supplier(
        "housing",
        {
            "Case ref": "contact_id",
            "Tenant": "person_id",
            "Date": "date",
            "Action": "activity",
            "Officer": "professional_id",
            "Need": "need_id",
            "Comments": "reason",
            "Block": "",
        },
        ("repeat", "31 February", "footer", "capitals", "trailing spaces"),
        {"rent_arrears": "arrears stage 1", "homelessness_approach": "Homeless application", "chase": "chasing"},
        ids="T",
        dates="%d-%m-%Y",
        worker="HO",
    ),
    Supplier(
        "mental_health",
        {
            "ref": "contact_id",
            "patient": "person_id",
            "appt_date": "date",
            "what": "activity",
            "outcome": "outcome",
            "clinician": "professional_id",
            "recorded": "recorded_on",
        },
        ("empty person",),
        {"appointment": "appt attended", "appointment_missed": "did not attend", "assessment": "initial assessment"},
        ids="AMH",
        worker="CPN",
        is_shared=True,
    ),
    Supplier(
        "camhs",
        {
            "ref": "contact_id",
            "patient": "person_id",
            "date": "date",
            "what": "activity",
            "need": "need_id",
            "until": "ends_on",
        },
        (),
        {"waiting_list": "Waiting list"},
        ids="C",
        delimiter="|",
        is_shared=True,
    ),
    Supplier(
        "benefits",
        {
            "NotificationId": "contact_id",
            "Claimant": "person_id",
            "From": "date",
            "Until": "ends_on",
            "Notice": "activity",
            "Entered": "recorded_on",
            "Office": "",
        },
        ("repeat", "amended without an order"),
        {"benefit_award": "UC award", "benefit_sanction": "sanction", "call": "telephone"},
        ids="N",
        newline="\r\n",
    ),
    Supplier(
        "youth_justice",
        {
            "YJ ref": "contact_id",
            "Young person": "person_id",
            "Date": "date",
            "Clock": "time",
            "Contact": "activity",
            "Worker": "professional_id",
            "Recorded": "recorded_on",
        },
        (),
        {"case_note": "file note"},
        ids="YJ",
        worker="YJ",
    ),
    Supplier(
        "voluntary",
        {
            "entry": "contact_id",
            "family": "family_id",
            "when": "date",
            "what": "activity",
            "worker": "professional_id",
            "how it went": "outcome",
            "tea or coffee": "",
        },
        ("footer", "trailing spaces"),
        {"help_started": "support begins", "support_session": "support session", "request_for_help": "walk-in"},
        ids="V",
        worker="VO",
    ),
    Supplier(
        "family",
        {"entry": "contact_id", "family": "family_id", "when": "date", "event": "activity", "in their words": ""},
        (),
        {"moved_home": "moved"},
        ids="L",
        covers=(date(2015, 1, 1), END),
    ),
)
"""The sixteen files of fourteen agencies; three of the files are schools', and one is the families' own account."""

BY_STEM = {supplier.stem: supplier for supplier in SUPPLIERS}
REGISTERS = frozenset({"attendance", "academy_register"})
"""The schools' registers: a mark a day for each pupil."""


def agency_of(stem: str) -> str:
    """The agency whose file this is: three of the files are schools'.

    >>> agency_of("academy_register"), agency_of("police")
    ('school', 'police')
    """
    return BY_STEM[stem].who


def log_of(agency: str) -> str:
    """The file in which an agency writes its contacts."""
    return "school_log" if agency == "school" else agency
