"""The same check as in pandas_pydantic, in pandas' usual way: a frame for each invoice."""

from __future__ import annotations

import re

import pandas as pd
from pydantic import ValidationError

from bench.opponents.pandas_pydantic import AMOUNTS, DATES, Invoice

__all__ = ["run"]


def run(source: str) -> dict[str, int]:
    """Check a file; count what is right and what is wrong."""
    frame = pd.read_csv(source, sep=";", dtype=str, keep_default_na=False)
    for name in DATES:
        frame[name] = pd.to_datetime(frame[name], format="%d.%m.%Y").dt.date
    for name in AMOUNTS:
        frame[name] = frame[name].str.replace(" ", "", regex=False).str.replace(",", ".", regex=False)
    ready = invalid = 0
    for number, group in frame.groupby("Laskunro", sort=False):
        try:
            Invoice.model_validate({**group.iloc[0], "lines": group.to_dict("records")})
            ready += 1
        except ValidationError as error:
            print(number, re.sub(r"\s+", " ", str(error)))
            invalid += 1
    return {"ready": ready, "invalid": invalid}
