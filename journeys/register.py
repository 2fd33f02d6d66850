"""The register of measures: rules/measures.yml, and a folder's own lines over it, read and checked; and a lint over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lib import files
from lib.errors import RequestError, did_you_mean, in_words, listed

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("input", "output", "outcome")


class Measure(BaseModel):
    """One measure, as rules/measures.yml declares it."""

    model_config = ConfigDict(extra="forbid")
    says: str
    kind: Literal["input", "output", "outcome"]
    better: Literal["higher", "lower", "neither"]
    whose_view: Literal["family", "agency", "review"]
    scale: tuple[float | None, float | None] = (None, None)
    source: str


@dataclass(frozen=True)
class Register:
    """The measures in force, and their version."""

    version: str
    measures: Mapping[str, Measure]
    agreed_by: str = ""

    def __getitem__(self, name: str) -> Measure:
        if name not in self.measures:
            raise RequestError(
                f"measure '{files.visible(name)}' is not in measures.yml.{did_you_mean(name, self.measures)} Measures: "
                f"{listed(self.measures, 20)}. Correct it, or add the measure to rules/measures.yml of the data folder."
            )
        return self.measures[name]


def load_measures(paths: Iterable[Path]) -> Register:
    """Measures from rules files, the later merged over the earlier by name.

    Raises `RuleError` with file and line for a key or a value that cannot be used.

    >>> from journeys.sources import RULES
    >>> load_measures([RULES / "measures.yml"])["attendance"].kind
    'outcome'
    """
    measures: dict[str, Measure] = {}
    version, agreed = "", ""
    for path in paths:
        yaml = files.load(path)
        files.known_keys(yaml, (), ("version", "agreed_by", "measures"))
        version = " + ".join(filter(None, (version, str(yaml.data.get("version", "")))))
        agreed = str(yaml.data.get("agreed_by", agreed))
        for name, given in yaml.keys_at("measures").items():
            files.known_keys(yaml, ("measures", name), Measure.model_fields)
            before = measures[name].model_dump(exclude_unset=True) if name in measures else {}
            measures[name] = _read(yaml, name, before | dict(given or {}))
    return Register(version, measures, agreed)


def _read(yaml: files.Yaml, name: str, given: dict[str, Any]) -> Measure:
    try:
        found = Measure.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        expected = first.get("ctx", {}).get("expected")
        what = f"one of {expected} is expected" if expected else first["msg"]
        what = "it is not there" if first["type"] == "missing" else what
        raise yaml.error(f"measure '{name}', '{first['loc'][0]}': {what}.", "measures", name, first["loc"][0]) from None
    low, high = found.scale
    if low is not None and high is not None and low >= high:
        raise yaml.error(
            f"measure '{name}', 'scale': its low end comes first, and below the other.", "measures", name, "scale"
        )
    return found


def as_frame(register: Register) -> pd.DataFrame:
    """The register as a table, with the columns of `columns.TABLES["measures"]`, in the order of the files."""
    import pandas as pd

    rows = [(n, m.says, m.kind, m.better, m.whose_view, m.source) for n, m in register.measures.items()]
    return pd.DataFrame(rows, columns=["measure", "says", "kind", "better", "whose_view", "source"])


def lint(names: Iterable[str], register: Register) -> str:
    """What a set of measures cannot tell, in words; nothing where it holds an outcome.

    Raises `RequestError` for a measure that is not in the register.

    >>> from journeys.sources import RULES
    >>> own = load_measures([RULES / "measures.yml"])
    >>> lint(["contacts", "switches"], own)
    'all outputs, no outcome: nobody can tell whether life improved'
    >>> lint(["contacts", "attendance"], own)
    ''
    """
    kinds = {register[name].kind for name in names}
    if not kinds:
        return "no measure at all: nobody can tell whether life improved"
    if "outcome" in kinds:
        return ""
    held = in_words([f"{kind}s" for kind in KINDS if kind in kinds])
    return f"all {held}, no outcome: nobody can tell whether life improved"
