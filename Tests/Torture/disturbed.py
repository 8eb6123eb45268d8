"""Commands that write, killed, without room, within limits, and two at once."""

import os
import re
import shutil
import subprocess
import time

import fixtures as beginnings
from fixtures import COMMANDS, normal
from program import Wrong, check_ended, check_no_litter, kill, litter, tree

MINE = "mine, and not the program's"


def begin(fixtures, command, here, has_old):
    """The folder before the command; with has_old, `out` has an earlier run's results and a file of one's own."""
    fixtures.begin(command, here)
    if has_old and command.old:
        shutil.copytree(fixtures.old_folder(command), os.path.join(here, "out"), dirs_exist_ok=True)
    if has_old:
        with open(os.path.join(here, "out", ".mine"), "w") as file:
            file.write(MINE)


def is_incidental(name):
    """Kept features are a help, not a result."""
    return name.startswith("cache/")


def check_complete(found, whole, old=()):
    """Throws unless all results are there, each as an undisturbed run makes it, and nothing else."""
    for name, digest in whole.items():
        if is_incidental(name):
            continue
        if name not in found:
            raise Wrong("lost", f"a status of 0 without {name}")
        if found[name] != digest:
            raise Wrong("lost", f"{name} is not what an undisturbed run makes")
    if more := [name for name in found if name not in whole and name not in old and name != ".mine"
                and not is_incidental(name)]:
        raise Wrong("lost", f"left behind: {', '.join(more[:5])}")


# Where some of a batch failed, these are about the rest.
SUMMARIES = re.compile(r"(^|/)(\w+\.html|(clips|agreement)\.csv|agreement\.[\w-]+\.png)$")


def check_between(found, old, whole, is_batch=False):
    """Throws unless each file of before is as it was, or as the new run makes it."""
    for name, digest in old.items():
        if name not in found:
            # The state of a training belongs to its last epoch, and a finished run has none.
            if os.path.basename(name).startswith("resume"):
                continue
            raise Wrong("lost", f"{name} is gone")
        if found[name] != digest and whole.get(name) not in (found[name],) and not is_partial_training(name) and not (
                is_batch and SUMMARIES.search(name)):
            raise Wrong("lost", f"{name} is neither what it was nor what it becomes")


def is_partial_training(name):
    """What grows epoch by epoch: whole at every one of them."""
    return os.path.basename(name) in (
        "model.safetensors", "config.json", "history.csv", "curves.png", "curves.html", "confusion.png", "misclassified.csv",
        "recipe.toml", "environment.json") or (
        os.path.basename(name).startswith("resume"))


def check_model(context, here, was_there):
    """Throws where a model that was there before cannot be used any more."""
    if was_there:
        run = context.program.run(["predict", beginnings.CLIPS[0], "--model", "out", "--threads", "1"], here)
        if run.status:
            raise Wrong("lost", f"the model of before cannot be used: {run}")


# MARK: Killed

class Killed:
    tried, accepted = 1, 0

    def __init__(self, random, here, fixtures):
        self.command = random.choice(COMMANDS)
        self.here, self.fixtures = here, fixtures
        fixtures.result(self.command)
        self.times = random.choice((1, 1, 2, 3))
        self.shares = [random.uniform(0, 1.05) for _ in range(self.times)]
        # At the moment when a file is being written beside its place.
        self.waits = [random.random() < 0.4 for _ in range(self.times)]
        self.resumes = random.random() < 0.5
        begin(fixtures, self.command, here, random.random() < 0.3)

    def commands(self, program):
        lines = []
        for share, waits in zip(self.shares, self.waits):
            seconds = share * self.fixtures.seconds[self.command.name]
            lines.append(f"timeout -s KILL {seconds:.3f} {program.path} {' '.join(self.command.arguments)}"
                         + ("  # or as soon as a file .undertone-* is in out" if waits else ""))
        return lines + [program.shown(self.command.arguments)]

    def check(self, context):
        out = os.path.join(self.here, "out")
        old = tree(out)
        for share, waits in zip(self.shares, self.waits):
            process = context.program.start(self.command.arguments, self.here)
            end = time.monotonic() + share * self.fixtures.seconds[self.command.name]
            while time.monotonic() < end:
                if waits and litter(name for _, _, files in os.walk(out) for name in files):
                    break
                time.sleep(0.0005 if waits else max(0.0, min(0.01, end - time.monotonic())))
            kill(process)
            run = context.program.finish(process)
            if run.status not in (0, -9):
                # A training that had finished is said to be so.
                if not (run.status == 64 and self.command.name == "train-resume"):
                    raise Wrong("crashed", f"before it was killed: {run}")
        arguments = self.command.arguments
        if self.command.name.startswith("train") and self.resumes and os.path.exists(os.path.join(out, "resume.json")):
            epochs = arguments[arguments.index("--epochs") + 1]
            # The state of the earlier run is that of another training.
            if ".mine" not in old:
                arguments = ["train", "--resume", "out", "--epochs", epochs, "--threads", "1"]
                if "--html" in self.command.arguments:
                    arguments.append("--html")
        run = context.program.run(arguments, self.here, seconds=120)
        if not (run.status == 64 and "train" in arguments and "--resume" in arguments):
            check_ended(run)
            if run.status:
                raise Wrong("lost", f"it does not run to its end afterwards: {run}")
            found = tree(out, normal(self.here))
            whole = dict(self.fixtures.result(self.command))
            if arguments != self.command.arguments:
                # The command is in them.
                for name in ("curves.png", "curves.html", "confusion.png"):
                    if name in whole and name in found:
                        whole[name] = found[name]
            check_complete(found, whole, old)
            self.accepted = 1
        check_no_litter(tree(out))


# MARK: Full disks

def free(folder, count):
    """Fills a file system until so many bytes are free."""
    path = os.path.join(folder, ".fill")
    with open(path, "wb") as file:
        status = os.statvfs(folder)
        size = status.f_bavail * status.f_frsize - count
        if size > 0:
            os.posix_fallocate(file.fileno(), 0, size)


class FullDisk:
    tried, accepted = 1, 0

    def __init__(self, random, here, fixtures):
        self.command = random.choice(COMMANDS)
        self.here, self.fixtures = here, fixtures
        fixtures.result(self.command)
        self.has_old = random.random() < 0.6
        self.free = random.choice((0, 0, 100_000, 1_000_000, 3_000_000, *(random.randrange(4_000_000) for _ in range(4)),
                                   *(random.randrange(300_000) for _ in range(4))))
        fixtures.link(here)
        if self.command.old and self.has_old:
            fixtures.old_folder(self.command)
        self.mounts = False

    def commands(self, program):
        return ["mkdir -p out && mount -t tmpfs -o size=64m torture out  # as root, or after unshare -rm",
                "cp -a before/. out/",
                f"fallocate -l $(($(df -B1 --output=avail out | tail -1) - {self.free})) out/.fill",
                program.shown(self.command.arguments)]

    def check(self, context):
        out = os.path.join(self.here, "out")
        os.makedirs(out)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "torture", out], check=True)
        try:
            shutil.rmtree(os.path.join(self.here, "c"), ignore_errors=True)
            for name in ("c", "m", "r"):
                if os.path.islink(os.path.join(self.here, name)):
                    os.unlink(os.path.join(self.here, name))
            begin(self.fixtures, self.command, self.here, self.has_old)
            free(out, self.free)
            self.run(context, out)
        finally:
            subprocess.run(["umount", "-l", out], check=False)

    def run(self, context, out):
        whole = self.fixtures.result(self.command)
        old = tree(out, normal(self.here))
        run = context.program.run(self.command.arguments, self.here, seconds=120)
        self.accepted = int(run.status == 0)
        found = tree(out, normal(self.here))
        check_ended(run, is_batch=self.command.is_batch)
        check_no_litter(found)
        if run.status == 0:
            check_complete(found, whole, old)
        else:
            if run.status != 73:
                raise Wrong("unclear", f"a full disk is status 73: {run}")
            check_between(found, old, whole, self.command.is_batch)
            check_model(context, self.here, "config.json" in old)
        os.unlink(os.path.join(out, ".fill"))
        old.pop(".fill")
        again(context, self.here, self.command, whole, old)


def again(context, here, command, whole, old):
    """Once there is room, the same command does it all."""
    run = context.program.run(command.arguments, here, seconds=120)
    if run.status == 64 and command.name == "train-resume":
        return
    check_ended(run)
    if run.status:
        raise Wrong("lost", f"it does not run to its end afterwards: {run}")
    check_complete(tree(os.path.join(here, "out"), normal(here)), whole, old)


# MARK: Limits

class Limited:
    tried, accepted = 1, 0

    def __init__(self, random, here, fixtures):
        self.command = random.choice(COMMANDS)
        self.here, self.fixtures = here, fixtures
        fixtures.result(self.command)
        self.kind = random.choice("vvvfffnnt")
        self.limit = {
            "v": f"ulimit -v {random.randrange(200_000, 2_000_000)}",
            "f": f"ulimit -f {random.choice((0, 1, 8, 64, random.randrange(512), random.randrange(8192)))}",
            "n": f"ulimit -n {random.choice((3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 24, 64))}",
            "t": "ulimit -t 1",
        }[self.kind]
        begin(fixtures, self.command, here, random.random() < 0.5)

    def commands(self, program):
        return [program.shown(self.command.arguments, self.limit)]

    def check(self, context):
        out = os.path.join(self.here, "out")
        whole, old = self.fixtures.result(self.command), tree(out, normal(self.here))
        run = context.program.run(self.command.arguments, self.here, self.limit, 120)
        self.accepted = int(run.status == 0)
        found = tree(out, normal(self.here))
        # The system ends a run that used up its time.
        is_ended = self.kind == "t" and run.status in (-24, -9)
        # The loader, before the program.
        is_loader = run.status == 127 and "error while loading shared libraries" in run.errors
        if not is_ended and not is_loader:
            check_ended(run, is_batch=self.command.is_batch or self.kind == "n")
            check_no_litter(found)
            if run.status == 0:
                check_complete(found, whole, old)
        if run.status:
            check_between(found, old, whole, self.command.is_batch)
            check_model(context, self.here, "config.json" in old)
        again(context, self.here, self.command, whole, old)


# MARK: Two at once

class Together:
    tried, accepted = 1, 0

    def __init__(self, random, here, fixtures):
        self.command = random.choice(COMMANDS)
        self.here, self.fixtures = here, fixtures
        fixtures.result(self.command)
        self.share = random.choice((0, random.uniform(0, 1)))
        begin(fixtures, self.command, here, random.random() < 0.3)

    def commands(self, program):
        command, delay = program.shown(self.command.arguments), self.share * self.fixtures.seconds[self.command.name]
        return [f"{command} & sleep {delay:.3f}; {command}; wait"]

    def check(self, context):
        out = os.path.join(self.here, "out")
        old = tree(out, normal(self.here))
        first = context.program.start(self.command.arguments, self.here)
        time.sleep(self.share * self.fixtures.seconds[self.command.name])
        second = context.program.start(self.command.arguments, self.here)
        runs = [context.program.finish(process, 120) for process in (first, second)]
        for run in runs:
            check_ended(run)
            if run.status not in (0, 73) and not (run.status == 64 and self.command.name == "train-resume"):
                raise Wrong("unclear", f"the other of two: {run}")
        self.accepted = int(not any(run.status for run in runs))
        if all(run.status for run in runs):
            raise Wrong("lost", f"neither of two ends well: {runs[0]}; {runs[1]}")
        found = tree(out, normal(self.here))
        check_complete(found, self.fixtures.result(self.command), old)
        check_no_litter(found)
