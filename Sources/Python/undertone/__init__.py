"""Undertone from Python: run the program, and read its results as NumPy, pandas and xarray.

`undertone.torch`, imported on its own, loads a model folder into PyTorch.
"""

from ._explanations import Axis, Explanation, explain, read
from ._program import UndertoneError, program_version, run
from ._tables import compare, evaluate, predict, trust

__version__ = "0.1.0"
__all__ = [
    "Axis", "Explanation", "UndertoneError", "compare", "evaluate", "explain", "predict", "program_version", "read",
    "run", "trust",
]
