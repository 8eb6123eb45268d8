"""The program: where it is, a run of it, and its errors."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Union

PathLike = Union[str, "os.PathLike[str]"]
PREFIX = "undertone: "  # The start of the program's errors and warnings; other lines of standard error are progress.


class UndertoneError(Exception):
    """A run that failed.

    message: the program's own line, such as "clip.wav: no such file".
    status: its exit status: 64 wrong usage, 65 bad data, 66 no such file, 73 a result that cannot be written, 70 an
        internal error, 127 no program.
    output: what it had printed before: the results of a batch's other files.
    """

    def __init__(self, message: str, status: int, output: str = "") -> None:
        super().__init__(f"{message} (status {status})")
        self.message, self.status, self.output = message, status, output


def find(program: PathLike | None = None) -> str:
    """The program's path: the argument, else the environment variable UNDERTONE, else `undertone` in the PATH."""
    name = os.fspath(program or os.environ.get("UNDERTONE") or "undertone")
    path = shutil.which(name)
    if path is None:
        raise UndertoneError(
            f"{name}: no such program; build it (make install), or name it: program=, or the variable UNDERTONE", 127)
    return path


def run(command: str, *arguments: PathLike, program: PathLike | None = None, **options: Any) -> str:
    """Runs a command, and returns what it prints.

    run("train", "cnnatt", data="train.csv", epochs=5, overwrite=True) runs
    `undertone train cnnatt --data train.csv --epochs 5 --overwrite`; progress goes to standard error line by line.

    command: words such as "explain" or "corpus synthesize".
    arguments: files and names. Options in the program's own form come by keyword only.
    options: True is a flag, None and False leave the option out, a list is joined by commas (`model`, which
        is repeated instead), and underscores become hyphens.
    """
    line = [find(program), *command.split()]
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            line.append(option)
        elif name == "model" and isinstance(value, (list, tuple)):
            line += [word for model in value for word in (option, os.fspath(model))]
        elif value is not None and value is not False:
            several = isinstance(value, (list, tuple))
            line += [option, ",".join(map(str, value)) if several else str(value)]
    # After "--" a file may begin with a hyphen.
    line += ["--", *(os.fspath(argument) for argument in arguments)] if arguments else []
    messages: list[str] = []
    # Standard output into a file, so that neither of two pipes can fill up while the other is read.
    with tempfile.TemporaryFile() as printed:
        with subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.PIPE, encoding="utf-8", errors="replace"
        ) as process:
            assert process.stderr is not None
            for text in process.stderr:
                if text.startswith(PREFIX):
                    messages.append(text.removeprefix(PREFIX).rstrip("\n"))
                else:
                    sys.stderr.write(text)
        printed.seek(0)
        output = printed.read().decode()
    if process.returncode != 0:
        raise UndertoneError(messages[0] if messages else "it ended without a message", process.returncode, output)
    for message in messages:
        warnings.warn(message, stacklevel=3)
    return output


def program_version(program: PathLike | None = None) -> str:
    """The version that the program prints."""
    return subprocess.run([find(program), "--version"], check=True, capture_output=True, text=True).stdout.strip()


def listed(files: PathLike | Iterable[PathLike]) -> list[PathLike]:
    """One path or many, as a list; at least one."""
    paths: list[PathLike] = [files] if isinstance(files, (str, Path)) else list(files)  # type: ignore[arg-type]
    if not paths:
        raise ValueError("no files")
    return paths


def extra(name: str) -> ModuleType:
    """An optional library; an error that names the extra where it is missing."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ModuleNotFoundError(
            f"this needs {name}: pip install \"undertone[{name}]\", from Sources/Python", name=name) from None
