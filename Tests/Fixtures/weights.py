"""Writes the folder weights beside this file: what `torch.save` makes of small tables of tensors, and what others could
put into such a file. Run with torch installed: python3 weights.py

All values are `count(…)`: 0.5, 1.5, 2.5 …, which float16 and bfloat16 hold exactly.
"""

import collections
import os
import pathlib
import zipfile

import torch

folder = pathlib.Path(__file__).parent / "weights"
folder.mkdir(exist_ok=True)


def count(*shape, dtype=torch.float32):
    """0.5, 1.5, 2.5 … in the order of the indices."""
    size = torch.Size(shape).numel()
    return (torch.arange(size, dtype=torch.float32) + 0.5).reshape(shape).to(dtype)


class Call:
    """A value whose pickle asks for a call, as os.system("true") here."""

    def __init__(self, function, *arguments):
        self.parts = (function, arguments)

    def __reduce__(self):
        return self.parts


def save(name, value, **options):
    torch.save(value, folder / name, **options)


class Module(torch.nn.Module):
    """A module with a parameter, a buffer of counts and a part, whose state_dict has _metadata."""

    def __init__(self):
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(3)
        self.scale = torch.nn.Parameter(count(2, 3))


state = Module().state_dict()
save("plain.bin", state)
save("protocol-4.bin", state, pickle_protocol=4)
save("protocol-5.bin", state, pickle_protocol=5)
save("legacy.bin", state, _use_new_zipfile_serialization=False)
save("nested.bin", {"state_dict": state, "epoch": 7, "rate": 0.125, "groups": [{"betas": (0.9, 0.999)}, None, True]})
save("parameters.bin", {"weight": torch.nn.Parameter(count(2, 2)), "frozen": torch.nn.Parameter(count(3), False)})
save("types.bin", {
    "half": count(2, 3, dtype=torch.float16),
    "bfloat16": count(5, dtype=torch.bfloat16),
    "double": count(2, dtype=torch.float64),
    "long": torch.tensor([-3, 1 << 40]),
    "int": torch.tensor(-7, dtype=torch.int32),
    "byte": torch.tensor([0, 255], dtype=torch.uint8),
    "bool": torch.tensor([True, False]),
    # Every kind of half: zero, the least and the greatest subnormal, the least and the greatest normal, infinity, NaN.
    "bits": torch.tensor([0x8000, 1, 0x83FF, 0x0400, 0x7BFF, 0xFC00, 0x7E01], dtype=torch.uint16).view(torch.float16),
})
whole = count(4, 3)
save("views.bin", {
    "whole": whole,
    "transposed": whole.t(),
    "rows": whole[1:3],
    "columns": whole[:, 1:],
    "every other": whole.reshape(-1)[::2],
    "permuted half": count(2, 3, 4, dtype=torch.float16).permute(2, 0, 1),
    "positions": torch.arange(5).expand((1, -1)),
    "none": torch.zeros(0, 3),
    "scalar": torch.tensor(2.5),
})
save("repeated.bin", {"repeated": torch.tensor([1.5]).expand(1000)})
save("short.bin", {"short": torch.tensor([1], dtype=torch.int16)})
save("module.bin", Module())
save("numbers.bin", {"epoch": 3, "model": {"weight": count(1)}})
save("calls-os.bin", {"weight": count(2), "more": Call(os.system, "true")})
save("calls-eval.bin", {"weight": count(2), "more": Call(eval, "1")})
save("calls-dictionary.bin", {"weight": Call(collections.OrderedDict, [("a", 1)])})


def zipped(source, name, method=zipfile.ZIP_STORED, **others):
    """A file's entries, some of them with other content, as Python's zipfile writes them: without zip64's ends, with
    sizes in the headers, arrays on any byte."""
    with zipfile.ZipFile(folder / source) as given, zipfile.ZipFile(folder / name, "w") as written:
        for entry in given.namelist():
            content = others.get(entry.split("/")[-1], given.read(entry))
            written.writestr(zipfile.ZipInfo(entry), content, method)


zipped("views.bin", "packed.bin")
zipped("plain.bin", "compressed.bin", zipfile.ZIP_DEFLATED)
zipped("plain.bin", "big-endian.bin", byteorder=b"big")
print(sum(file.stat().st_size for file in folder.iterdir()), "bytes in", len(list(folder.iterdir())), "files")
