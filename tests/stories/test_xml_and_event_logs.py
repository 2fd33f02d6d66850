"""XML files and event logs: a record for each declared element or event, on its line, whole or set aside with the reason."""

import gzip
import itertools
import json
import shutil

import pytest

import journeys as fj
from lib import xesfiles
from lib.errors import DataError
from tests.stories.conftest import account_of, aside

COLUMNS = {"contact_id": "@id", "person_id": "../Ids/No", "date": "Opened", "outcome": "Ended/How"}
FORM = {"columns": COLUMNS, "dates": ["iso"], "part": "Children/Child/Case", "always": {"activity": "visit"}}
CASE = "<Case id='1'>\n<Opened>2024-05-01</Opened><Ended><How>well</How></Ended></Case>"


def folder_of(root, name, content, **entry):
    root.mkdir(exist_ok=True)
    (root / name).write_bytes(content.encode() if isinstance(content, str) else content)
    sources = {"purpose": "a story", "invented": True, "files": {name: {"agency": "school", "format": FORM} | entry}}
    (root / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    return root


def message(*cases, head="", child="<Ids><No>P1</No></Ids>"):
    return f"{head}<Message>\n<Children><Child>{child}\n{chr(10).join(cases)}\n</Child></Children>\n</Message>\n"


def xml(root, content, **form):
    return folder_of(root / "data", "cases.xml", content, format=FORM | form)


def read(folder):
    rows = fj.read_contacts(folder).df().sort_values("source_row")
    return [(r.contact_id, r.person_id, r.outcome) for r in rows.itertuples()]


def test_a_record_sees_its_own_elements_its_attributes_and_those_round_it(tmp_path):
    assert read(xml(tmp_path, message(CASE))) == [("cases:1", "cases:P1", "well")]


def test_what_is_round_a_record_may_stand_below_it_and_is_of_its_own_outer_element_alone(tmp_path):
    one = f"<Child>{CASE}<Ids><No>P1</No></Ids></Child>"
    other = f"<Child>{CASE.replace('1', '2', 1)}</Child>"
    folder = xml(tmp_path, f"<Message><Children>{one}{other}</Children></Message>")
    assert read(folder) == [("cases:1", "cases:P1", "well")]
    assert aside(folder) == [(2, "no person and no family")]


def test_the_line_of_a_record_is_where_its_element_begins(tmp_path):
    folder = xml(tmp_path, message(CASE, CASE.replace("05-01", "02-31").replace("'1'", "'2'")))
    assert fj.set_aside(folder).df()["source_line"].tolist() == [5]


@pytest.mark.parametrize("twice", ["<Opened>2024-05-02</Opened>", "<Ended/>"])
def test_an_element_that_stands_twice_in_a_record_sets_it_aside(tmp_path, twice):
    folder = xml(tmp_path, message(CASE.replace("</Case>", f"{twice}</Case>"), CASE.replace("'1'", "'2'")))
    ((row, why),) = aside(folder)
    assert row == 1 and why.endswith("is there several times")


def test_an_element_that_stands_twice_round_the_records_sets_all_of_them_aside(tmp_path):
    folder = xml(tmp_path, message(CASE, CASE.replace("'1'", "'2'"), child="<Ids><No>P1</No><No>P2</No></Ids>"))
    assert aside(folder) == [(n, "'../Ids/No' is there several times") for n in (1, 2)]


def test_elements_inside_a_value_set_its_record_aside(tmp_path):
    folder = xml(tmp_path, message(CASE.replace("well", "not <b>well</b>")))
    assert aside(folder) == [(1, "'Ended/How' holds other elements")]


def test_elements_that_nobody_lists_are_left(tmp_path):
    assert len(read(xml(tmp_path, message(CASE.replace("</Case>", "<More><Opened>x</Opened></More></Case>"))))) == 1


def test_prefixes_of_names_change_nothing(tmp_path):
    text = (
        message(CASE)
        .replace("<Case", "<x:Case")
        .replace("</Case", "</x:Case")
        .replace("<Message", "<Message xmlns:x='u'")
    )
    assert len(read(xml(tmp_path, text))) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_xml_is_read_in_the_encoding_that_it_names(tmp_path, encoding):
    named = encoding.removesuffix("-sig")
    text = message(CASE.replace("well", "Zoë – well"), head=f"<?xml version='1.0' encoding='{named}'?>")
    assert read(xml(tmp_path, text.encode(encoding)))[0][2] == "Zoë – well"


def test_a_list_with_no_record_is_there_if_the_element_round_it_is(tmp_path):
    assert account_of(xml(tmp_path, message())) == {"cases.xml": (0, 0, 0, 0)}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>{message(CASE)}", r"line 1: the file has a DOCTYPE"),
        ("<!DOCTYPE a SYSTEM 'http://127.0.0.1/a.dtd'><Message/>", "DOCTYPE"),
        (message(CASE)[:-30], r"line 5: .* cut short"),
        (message(CASE).replace("</Opened>", "</Shut>"), r"line 4: this is not well-formed XML \(mismatched tag\)"),
        (message(CASE).replace("well", "a & b"), "line 4: this is not well-formed"),
        (message(CASE.replace("well", "a&b;")), "line 4: this is not well-formed"),
        ("<a>" * 300, "stand 200 deep"),
        ("<Message><Kids/></Message>", r"no element 'Children' in the root 'Message', .* Found there: 'Kids'"),
        (message(CASE).replace("Child>", "Kid>"), r"no element 'Child' in 'Children', .* Found there: 'Kid'"),
        ("<?xml version='1.0' encoding='utf-9'?>" + message(CASE), "encoding"),
        ("<?xml version='1.0' encoding='shift_jis'?>" + message(CASE), "encoding"),
        (f"<Message a='{'x' * 12_000_000}'>", "longer than 10 MB"),
        ("", "is empty"),
    ],
)
def test_what_cannot_be_read_as_xml_is_refused_in_words(tmp_path, content, says):
    with pytest.raises(DataError, match=rf"cases\.xml.*{says}"):
        fj.read_contacts(xml(tmp_path, content))


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"part": None}, "nothing says which of its elements is a record"),
        ({"columns": COLUMNS | {"outcome": "../../../../a"}}, "climbs out of the file"),
        ({"columns": COLUMNS | {"outcome": "a[1]"}}, "is not a path of elements"),
    ],
)
def test_a_path_that_cannot_be_followed_says_so(tmp_path, form, says):
    with pytest.raises(DataError, match=says):
        fj.read_contacts(xml(tmp_path, message(CASE), **form))


def test_many_records_are_read_in_order_and_each_on_its_line(tmp_path):
    cases = [CASE.replace("'1'", f"'{n}'") for n in range(20_000)]
    folder = xml(tmp_path, message(*cases))
    rows = fj.read_contacts(folder).df()
    assert dict(zip(rows["source_row"], rows["contact_id"], strict=True)) == {
        n + 1: f"cases:{n}" for n in range(len(cases))
    }


# Event logs

EVENT = "<event><string key='concept:name' value='visit'/><date key='time:timestamp' value='2024-05-01T10:00:00.000+01:00'/>{}</event>"
NAME = "<string key='concept:name' value='F1'/>"


def log(root, *traces, name="log.xes", text=None, **entry):
    content = text or f"<?xml version='1.0'?><log xes.version='1849.2016'>{''.join(traces)}</log>"
    content = gzip.compress(content.encode()) if name.endswith("gz") else content
    return folder_of(root / "data", name, content, **({"format": "xes"} | entry))


@pytest.mark.parametrize("name", ["log.xes", "log.xes.gz"])
def test_an_event_is_a_contact_with_what_was_written_of_it_and_of_its_trace(tmp_path, name):
    by = "<string key='org:resource' value='W'/>"
    folder = log(tmp_path, f"<trace>{NAME}{EVENT.format(by)}</trace>", name=name)
    (row,) = fj.read_contacts(folder).df().itertuples()
    found = (row.family_id_given, row.activity, f"{row.date:%d/%m/%Y}", row.time, row.professional_id)
    assert found == ("F1", "visit", "01/05/2024", "10:00:00", "W")


def test_globals_are_not_filled_in_and_the_day_is_as_written(tmp_path):
    default = "<global scope='event'><string key='org:resource' value='somebody'/></global>"
    late = EVENT.format("<string key='org:resource' value=''/>").replace("10:00:00.000+01:00", "00:30:00+10:00")
    (row,) = fj.read_contacts(log(tmp_path, default, f"<trace>{NAME}{late}</trace>")).df().itertuples()
    assert (row.professional_id, f"{row.date:%d/%m}") != ("somebody", "30/04") and f"{row.date:%d/%m}" == "01/05"


def test_attributes_of_attributes_and_of_lists_are_named_by_a_path(tmp_path):
    form = {"columns": {"family_id": "case:concept:name", "activity": "concept:name", "date": "time:timestamp"}}
    form |= {"dates": ["iso"]}
    nested = "<list key='why'><values><string key='what' value='debt'><string key='who' value='she'/></string></values></list>"
    form["columns"] |= {"reason": "why/what", "outcome": "why/what/who"}
    (row,) = (
        fj.read_contacts(log(tmp_path, f"<trace>{NAME}{EVENT.format(nested)}</trace>", format=form)).df().itertuples()
    )
    assert (row.reason, row.outcome) == ("debt", "she")


def test_an_event_of_no_trace_and_one_with_a_key_twice_are_set_aside(tmp_path):
    twice = EVENT.format("<string key='concept:name' value='call'/>")
    folder = log(tmp_path, f"<trace>{NAME}{EVENT.format('')}{twice}</trace>", EVENT.format(""))
    assert account_of(folder) == {"log.xes": (3, 1, 2, 0)}
    assert aside(folder) == [(2, "'concept:name' is there several times"), (3, "no person and no family")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<!DOCTYPE log><log/>", "DOCTYPE"),
        ("<mxml/>", "its root is 'mxml', not 'log'"),
        (f"<log><trace>{NAME}{EVENT.format('').replace('concept:name', 'Concept:Name')}</trace></log>", "Did you mean"),
    ],
)
def test_what_is_no_event_log_is_refused_in_words(tmp_path, text, says):
    with pytest.raises(DataError, match=says):
        fj.read_contacts(log(tmp_path, text=text))


def test_a_log_that_unpacks_without_end_is_not_read_on(tmp_path, monkeypatch):
    monkeypatch.setattr(xesfiles, "SMALL", 100_000)
    events = f"<trace>{NAME}{EVENT.format('') * 20_000}</trace>"
    with pytest.raises(DataError, match="would unpack to far more"):
        fj.read_contacts(log(tmp_path, events, name="log.xes.gz"))


@pytest.mark.parametrize(("cut", "says"), [(0.6, "cut short"), (0, "not packed with gzip")])
def test_a_packed_log_that_is_damaged_says_so(tmp_path, cut, says):
    folder = log(tmp_path, f"<trace>{NAME}{EVENT.format('')}</trace>", name="log.xes.gz")
    whole = (folder / "log.xes.gz").read_bytes()
    (folder / "log.xes.gz").write_bytes(whole[: int(len(whole) * cut)] or b"no gzip")
    with pytest.raises(DataError, match=says):
        fj.read_contacts(folder)


# The same log in two clothes, where extra input is at hand

CSV = {"family_id": "case:concept:name", "activity": "concept:name", "date": "time:timestamp"}
CSV |= {"professional_id": "org:resource", "outcome": "lifecycle:transition"}


def test_the_same_log_as_xes_and_as_csv_gives_the_same_contacts_and_the_same_map(tmp_path, extra):
    """The map in the order of the file is counted again here by a loop over neighbours."""
    found = {}
    for suffix in ("xes", "csv"):
        name = f"fines.{suffix}"
        folder = folder_of(
            tmp_path / suffix, name, b"", format="xes" if suffix == "xes" else {"columns": CSV, "dates": ["iso"]}
        )
        shutil.copy(extra / "real" / "logs" / f"roadtraffic100traces.{suffix}", folder / name)
        contacts = fj.read_contacts(folder)
        assert account_of(folder) == {name: (390, 390, 0, 0)}
        rows = contacts.df().drop(columns=["contact_id", "source_file"]).sort_values("source_row", ignore_index=True)
        found[suffix] = (rows, fj.build_journeys(contacts).map(by="activity", order="file"))
    xes, csv = found["xes"], found["csv"]
    assert xes[0].equals(csv[0]) and len(xes[0]) == 390
    moves = {}
    for _, rows in csv[0].sort_values(["date", "source_row"]).groupby("family_id_given"):
        told = rows["activity"].tolist()
        for pair in itertools.pairwise(told):
            moves[pair] = moves.get(pair, 0) + 1
    for review in (xes, csv):
        assert {(a, b): n for a, b, n in review[1].edges(data="moves")} == moves
