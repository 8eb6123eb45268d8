"""Results of many clips, as pandas tables."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._program import PathLike, extra, listed, run

if TYPE_CHECKING:
    import pandas


def predict(
    files: PathLike | Iterable[PathLike], model: PathLike | None = None, program: PathLike | None = None, **options: Any
) -> pandas.DataFrame:
    """The predictions for files: file, start and end in seconds, predicted, and a column for each class (its
    probability) and each dimension (its value).

    options: window=5, hop=1: one row for each window of 5 s, a second apart.
    """
    pd = extra("pandas")
    text = run("predict", *listed(files), program=program, model=model, json=True, **options)
    rows = [json.loads(line) for line in text.splitlines()]
    return pd.DataFrame([
        {"file": row["file"], "start": row["start"], "end": row["end"]}
        | ({"predicted": row["predicted"]} if "predicted" in row else {})
        | row.get("probabilities", {}) | row.get("values", {})
        for row in rows
    ])


def evaluate(data: PathLike, output: PathLike | None = None, **options: Any) -> pandas.DataFrame:
    """A model on a manifest: a row for each clip, with its true and predicted emotion and all probabilities.

    `.attrs["measures"]` has the command's JSON: accuracy, macro_f1, by_class, confusion, calibration.
    """
    pd = extra("pandas")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "predictions.csv"
        text = run("evaluate", data=data, output=output or folder, predictions=table, json=True, **options)
        frame = pd.read_csv(table)
    frame.attrs["measures"] = json.loads(text)
    return frame


def trust(data: PathLike, output: PathLike | None = None, **options: Any) -> pandas.DataFrame:
    """The faithfulness of methods: a row for each method and measure, with mean, 95 % interval and clips.

    `.attrs["summary"]` has the command's JSON. options: method=["saliency", "lrp"], clips=50, input="mfcc".
    """
    return _table("trust", [], "trust.csv", output, dict(options, data=data))


def compare(
    files: PathLike | Iterable[PathLike], models: Iterable[PathLike], output: PathLike | None = None, **options: Any
) -> pandas.DataFrame:
    """The agreement of models on files: a row for each method, pair of models and measure.

    `.attrs["summary"]` has the command's JSON.
    """
    return _table("compare", listed(files), "agreement.csv", output, dict(options, model=list(models)))


def _table(
    command: str, files: list[PathLike], name: str, output: PathLike | None, options: dict[str, Any]
) -> pandas.DataFrame:
    pd = extra("pandas")
    with tempfile.TemporaryDirectory() as folder:
        place = os.fspath(output or folder)
        text = run(command, *files, output=place, json=True, **options)
        frame = pd.read_csv(Path(place) / name)
    frame.attrs["summary"] = json.loads(text)
    return frame
