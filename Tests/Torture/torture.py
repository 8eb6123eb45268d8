#!/usr/bin/env python3
"""A seeded torture of the built program: what it reads is damaged, and what it writes is disturbed.

Prints how many cases of each family were handled, crashed, hung, lost something or were unclear, and how many ended with status 0;
ends with 1 where any was not handled. A case that was not is kept in --failures with its input and its commands.
"""

import argparse
import concurrent.futures
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import disturbed
import fixtures as beginnings
import large
import program as programs
import readers

VERDICTS = ("handled", "crashed", "hung", "lost", "unclear")
REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BATCH = 20
# Cases of the families that disturb, in a whole run.
DISTURBED = {
    "killed": (disturbed.Killed, 100), "disks": (disturbed.FullDisk, 150), "limits": (disturbed.Limited, 150),
    "together": (disturbed.Together, 50),
}
FAMILIES = [*readers.READERS, *DISTURBED, "large"]


class Torture:
    """All that the cases share."""

    def __init__(self, options, work):
        self.options, self.work = options, work
        self.program = programs.Program(options.undertone, options.slowness)
        self.counts = {family: dict.fromkeys(VERDICTS, 0) for family in FAMILIES}
        self.accepted, self.seconds = dict.fromkeys(FAMILIES, 0), dict.fromkeys(FAMILIES, 0.0)
        self.failures, self.lock = [], threading.Lock()

    def size(self, family):
        """How many cases a run has."""
        if family == "large":
            return large.COUNT
        if family in DISTURBED:
            return max(1, round(DISTURBED[family][1] * self.options.scale))
        share = readers.READERS[family][1] * self.options.count / sum(own for _, own in readers.READERS.values())
        return max(1, round(share / (BATCH if family == "sounds" else 1)))

    def build(self, family, number, here):
        """The case of a number, the same for the same seed."""
        generator = random.Random(f"{self.options.seed} {family} {number}")
        if family == "large":
            return large.made(generator, here, self.fixtures, number, self.options.scale)
        kind = DISTURBED[family][0] if family in DISTURBED else readers.READERS[family][0]
        return kind(generator, here, self.fixtures)

    def attempt(self, family, number):
        """Verdicts that are not `handled`, and how many things were tried."""
        # As deep as the fixtures' own runs: relative paths between folders are the same.
        here = self.fixtures.path(f"case-{family}-{number}")
        shutil.rmtree(here, ignore_errors=True)
        tried, case, wrong = 1, None, []
        try:
            case = self.build(family, number, here)
            tried = case.tried
            wrong = case.check(self) or []
        except programs.Wrong as error:
            wrong = [error]
        finally:
            shutil.rmtree(here, ignore_errors=True)
        return tried, case.accepted if case and not wrong else 0, wrong

    def note(self, family, number, tried, accepted, wrong):
        with self.lock:
            self.accepted[family] += accepted
            counts = self.counts[family]
            counts["handled"] += tried - len(wrong)
            for error in wrong:
                counts[error.verdict] += 1
            if wrong:
                self.keep(family, number, wrong)

    def keep(self, family, number, wrong):
        """The case's input and commands, to be run again."""
        place = os.path.join(self.options.failures, f"{family}-{number}")
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(self.options.failures, exist_ok=True)
        try:
            commands = self.build(family, number, place).commands(self.program)
        except Exception as error:
            commands = [f"# the case cannot be built again: {error}"]
        if family == "disks":
            disturbed.begin(self.fixtures, disturbed.FullDisk(
                random.Random(f"{self.options.seed} {family} {number}"), os.path.join(self.work, "again"), self.fixtures
            ).command, os.path.join(place, "for-before"), True)
            os.rename(os.path.join(place, "for-before", "out"), os.path.join(place, "before"))
            shutil.rmtree(os.path.join(place, "for-before"))
            shutil.rmtree(os.path.join(self.work, "again"))
        self.detach(place)
        again = (f"make torture SEED={self.options.seed} ONLY={family} CASE={number}"
                 f" COUNT={self.options.count} SCALE={self.options.scale:g}")
        script = [
            "#!/bin/sh", *(f"# {line}" for error in wrong for line in str(error).splitlines()), f"# {again}",
            'cd "$(dirname "$0")" || exit', f'UNDERTONE=${{UNDERTONE:-{self.program.path}}}', *commands]
        with open(os.path.join(place, "replay.sh"), "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n".join(script) + "\n")
        shown = os.path.relpath(place)
        for error in wrong:
            print(f"{family} {number}: {error}".encode("utf-8", "backslashreplace").decode()[:900])
        print(f"  sh {shown}/replay.sh   or   {again}", flush=True)
        self.failures.append((family, number))

    def detach(self, place):
        """Copies in place of links into the run's own folder, which is removed."""
        for here, folders, files in os.walk(place):
            for name in folders + files:
                path = os.path.join(here, name)
                if os.path.islink(path) and os.readlink(path).startswith(self.work):
                    target = os.readlink(path)
                    os.unlink(path)
                    if os.path.isdir(target):
                        shutil.copytree(target, path, symlinks=False)
                    else:
                        shutil.copy(target, path)

    def run(self, family):
        numbers = [self.options.case] if self.options.case is not None else range(self.size(family))
        began, late = time.monotonic(), []
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            running = {pool.submit(self.attempt, family, number): number for number in numbers}
            for done in concurrent.futures.as_completed(running):
                tried, accepted, wrong = done.result()
                if any(error.verdict == "hung" for error in wrong):
                    late.append(running[done])
                else:
                    self.note(family, running[done], tried, accepted, wrong)
        # Alone, once more, before it counts as hung.
        for number in late:
            self.note(family, number, *self.attempt(family, number))
        self.seconds[family] = time.monotonic() - began
        counts = self.counts[family]
        print(f"{family}: {sum(counts.values())} tried, {counts['handled']} handled, {self.seconds[family]:.0f} s", flush=True)

    def table(self, families):
        rows = [["family", "tried", *VERDICTS, "status 0", "seconds"]]
        for family in families:
            counts = self.counts[family]
            rows.append([family, sum(counts.values()), *counts.values(), self.accepted[family], round(self.seconds[family])])
        rows.append(["all", *(sum(row[column] for row in rows[1:]) for column in range(1, len(rows[0])))])
        return "\n".join(f"{row[0]:16}" + "".join(f"{value:>10}" for value in row[1:]) for row in rows)


def can_mount():
    """Whether this process can mount a file system of its own."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "torture", folder]
        if subprocess.run(mount, stderr=subprocess.DEVNULL).returncode:
            return False
        subprocess.run(["umount", folder])
        return True


def in_own_mounts():
    """Starts again where mounts are its own and end with it, as root or in a user namespace."""
    if os.environ.get("TORTURE_MOUNTS") or not shutil.which("unshare"):
        return
    way = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    if subprocess.run([*way, "true"], stderr=subprocess.DEVNULL).returncode == 0:
        os.environ["TORTURE_MOUNTS"] = "1"
        os.execvp("unshare", [*way, sys.executable, *sys.argv])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--undertone", default=".build/release/undertone", help="the program, or one built with a sanitizer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10_000, help="damaged files in all")
    parser.add_argument("--scale", type=float, help="the share of the other families (default: that of --count in 10000)")
    parser.add_argument("--only", default="", help=f"some of: {', '.join(FAMILIES)}; readers or disturbed; with commas between")
    parser.add_argument("--case", type=int, help="only the case of this number")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--slowness", type=float, default=1, help="a factor of all time limits")
    parser.add_argument("--failures", default="torture-failures")
    parser.add_argument("--work", help="the folder for scratch data (default: a temporary one)")
    options = parser.parse_args()
    if not os.access(options.undertone, os.X_OK):
        parser.error(f"{options.undertone} is not there: make build")
    if options.scale is None:
        options.scale = options.count / 10_000
    groups = {"readers": list(readers.READERS), "disturbed": list(DISTURBED)}
    wanted = [own for name in options.only.split(",") if name for own in groups.get(name, [name])] or FAMILIES
    if unknown := [name for name in wanted if name not in FAMILIES]:
        parser.error(f"no such family: {', '.join(unknown)}")
    in_own_mounts()
    began = time.monotonic()
    if options.work:
        os.makedirs(options.work, exist_ok=True)
    work = tempfile.mkdtemp(prefix="torture-", dir=options.work)
    try:
        torture = Torture(options, os.path.realpath(work))
        if torture.program.is_sanitized and "limits" in wanted:
            print("limits is left out: a sanitizer needs the whole address space")
            wanted = [name for name in wanted if name != "limits"]
        if "disks" in wanted and not can_mount():
            print("disks is left out: nothing can be mounted here, not even in a user namespace")
            wanted = [name for name in wanted if name != "disks"]
        print(f"torture of {options.undertone} with seed {options.seed}", flush=True)
        torture.fixtures = beginnings.Fixtures(
            torture.program, os.path.join(torture.work, "fixtures"), REPOSITORY, options.seed)
        # What the commands make undisturbed, and how long they take, before anything else runs beside them.
        if {"progress", *DISTURBED} & set(wanted):
            for command in beginnings.COMMANDS:
                torture.fixtures.result(command)
                if command.old:
                    torture.fixtures.result(command, "-old")
        for family in wanted:
            torture.run(family)
        print(torture.table(wanted))
        print(f"{(time.monotonic() - began) / 60:.1f} minutes, {options.jobs} at once")
        return 1 if torture.failures else 0
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
