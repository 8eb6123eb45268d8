"""Explanations: attributions with their axes and features."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._program import PathLike, extra, listed, run

if TYPE_CHECKING:
    import xarray

FEATURE_UNITS = {"waveform": "amplitude", "spectrogram": "magnitude", "mel": "dB", "mfcc": "dB"}


@dataclass(frozen=True)
class Axis:
    """One axis of an array: its name, its unit ("" of coefficients), and the value at each index."""

    name: str
    unit: str
    values: NDArray[np.float32]


@dataclass(frozen=True)
class Explanation:
    """A prediction, and the attribution of one method at the inputs of a model; the fields are those of the JSON."""

    file: str
    #: Seconds of the file between which the model uses it: its quiet ends are trimmed.
    start: float
    end: float
    model: str
    method: str
    #: The method's options, such as {"steps": "50"}.
    parameters: dict[str, str | int | float]
    #: The output explained; where `versus` is not None, its difference from that output.
    target: str
    #: Of each input: shape, unit, sum, of complete methods score, baseline_score (of lrp biases) and gap, and the files of its arrays.
    inputs: dict[str, dict[str, Any]]
    versus: str | None = None
    #: The likeliest class; None of a model of dimensions only.
    predicted: str | None = None
    #: Of each class; they sum to 1.
    probabilities: dict[str, float] = field(default_factory=dict)
    #: Of each dimension, such as arousal.
    values: dict[str, float] = field(default_factory=dict)
    #: Seconds of the file between which the window lies; None where the whole clip is explained.
    window: tuple[float, float] | None = None
    figures: list[str] = field(default_factory=list)
    #: The folder at which relative paths of arrays begin.
    folder: Path = field(default_factory=Path, repr=False)
    _arrays: dict[str, NDArray[np.float32]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, line: str, folder: PathLike = ".") -> Explanation:
        """An explanation from one line of `undertone explain --json`; its arrays are read when they are asked for."""
        found = json.loads(line)
        known = {name: found[name] for name in cls.__dataclass_fields__ if name in found}
        if "window" in known:
            known["window"] = tuple(known["window"])
        return cls(**known, folder=Path(folder))

    def attribution(self, input: str | None = None) -> NDArray[np.float32]:
        """The attribution at an input (which may be left out where it is the only one), in `unit`.

        waveform [samples], spectrogram [513 bins, frames], mel [128 bands, frames], mfcc [40 coefficients, frames].
        """
        return self._array(self._name(input), "array")

    def feature(self, input: str | None = None) -> NDArray[np.float32]:
        """What the model was given at an input, in the attribution's shape: amplitudes of the waveform, log-mel in dB."""
        return self._array(self._name(input), "feature")

    def unit(self, input: str | None = None) -> str:
        """The attribution's unit, such as "logit/dB"."""
        return str(self.inputs[self._name(input)]["unit"])

    def axes(self, input: str | None = None) -> list[Axis]:
        """One axis for each dimension of the arrays: frequency in Hz or coefficient, and time in seconds of the file."""
        name = self._name(input)
        found = self.inputs[name].get("axes", [])
        return [Axis(axis["name"], axis.get("unit", ""), self._load(name, axis)) for axis in found]

    def to_xarray(self, input: str | None = None) -> xarray.Dataset:
        """Attribution and feature at an input with their coordinates; the attributes have method, target and model."""
        xr = extra("xarray")
        name = self._name(input)
        axes = self.axes(name)
        dimensions = [axis.name for axis in axes]
        attributes = {"file": self.file, "model": self.model, "method": self.method, "target": self.target, "input": name}
        if self.versus is not None:
            attributes["versus"] = self.versus
        attributes |= {key: value for key, value in self.parameters.items() if key not in attributes}
        if self.predicted is not None:
            attributes["predicted"] = self.predicted
        feature_unit = FEATURE_UNITS.get(name, "")
        return xr.Dataset(
            {
                "attribution": (dimensions, self.attribution(name), {"units": self.unit(name), "long_name": self.method}),
                "feature": (dimensions, self.feature(name), {"units": feature_unit, "long_name": name}),
            },
            coords={axis.name: (axis.name, axis.values, {"units": axis.unit}) for axis in axes},
            attrs=attributes,
        )

    def _name(self, input: str | None) -> str:
        if input is None and len(self.inputs) == 1:
            return next(iter(self.inputs))
        if input not in self.inputs:
            raise KeyError(f"{input or 'no input is named'}; explained are {', '.join(self.inputs)}")
        return input

    def _array(self, name: str, key: str) -> NDArray[np.float32]:
        return self._load(name, self.inputs[name], key)

    def _load(self, name: str, entry: dict[str, Any], key: str = "array") -> NDArray[np.float32]:
        if key not in entry:
            raise ValueError(f"the {name} of {self.file} was explained without --arrays")
        path = entry[key]
        if path not in self._arrays:
            self._arrays[path] = np.load(self.folder / path)
        return self._arrays[path]


def explain(
    files: PathLike | Iterable[PathLike], method: str | list[str] = "saliency", input: str | list[str] = "mel",
    model: PathLike | None = None, target: str | None = None, versus: str | None = None,
    output: PathLike | None = None, program: PathLike | None = None, **options: Any,
) -> list[Explanation]:
    """Explains the predictions for files: one explanation for each file, window and method, in the program's order.

    input: waveform, spectrogram, mel, mfcc, or a list of them.
    model: a model's folder; the built-in one by default.
    target: a class or dimension; the predicted one by default. With `versus`, the difference of the two.
    output: the folder that keeps figures and arrays. Without it they are read into memory and no figure is kept.
    options: all others of `undertone explain --help`: window=5, steps=100, baseline="blurred", seed=1.
    """
    chosen = dict(options, method=method, input=input, model=model, target=target, versus=versus)
    if output is not None:
        return _explained(files, os.path.abspath(output), program, chosen)
    with tempfile.TemporaryDirectory() as folder:
        explanations = _explained(files, folder, program, chosen)
        for explanation in explanations:
            for name in explanation.inputs:
                explanation.attribution(name), explanation.feature(name), explanation.axes(name)
            explanation.figures.clear()
    return explanations


def _explained(
    files: PathLike | Iterable[PathLike], output: str, program: PathLike | None, options: dict[str, Any]
) -> list[Explanation]:
    text = run("explain", *listed(files), program=program, output=output, arrays=True, json=True, **options)
    return [Explanation.from_json(line) for line in text.splitlines()]


def read(path: PathLike, folder: PathLike = ".") -> list[Explanation]:
    """Explanations that `undertone explain --arrays --json > path` printed.

    folder: where the command was run: relative paths of arrays begin there.
    """
    return [Explanation.from_json(line, folder) for line in Path(path).read_text("utf-8").splitlines() if line.strip()]
