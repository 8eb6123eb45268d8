"""What the cases start from: a small corpus, models, sounds in every format, states of interrupted runs; and the commands
that write, each with the results of a run that nothing disturbed."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

import mutations
import program as programs

CLIPS = [f"c/speaker-0{1 + number % 4}/{name}-00{1 + number}.wav" for name in ("angry", "fear", "sadness") for number in (0, 1)]


class Command:
    """A command that writes into the folder `out` below its current one.

    old: an option of an earlier run of the same kind, whose results are there before; state: a folder of Fixtures that `out`
    begins as a copy of; is_batch: each of its files can fail with a line, and the summaries are of the rest."""

    def __init__(self, name, arguments, old=None, state=None, is_batch=False):
        self.name, self.arguments, self.old, self.state, self.is_batch = name, arguments, old, state, is_batch


def split(text):
    return text.split()


PLOT = "--scale 1 --threads 1 --output out"
FIGURES = f"figures --data c/all.csv --model m --clips 2 --input mel,mfcc --html {PLOT}"
TRUST = f"trust --data c/all.csv --model m --clips 5 --method saliency --html {PLOT}"
COMPARE = f"compare --data c/all.csv --model m --model built-in --clips 1 --html {PLOT}"
TRAIN = "train cnnatt --data c/all.csv --batch 4 --threads 1 --overwrite --output out"
COMMANDS = [
    Command("train", split(TRAIN + " --epochs 4 --html"), old=["--seed", "1"]),
    Command("train-augmented", split(TRAIN + " --epochs 3 --augment crop,masks,mixup --cosine --average 0.9"), old=["--seed", "1"]),
    Command("train-cache", split(TRAIN + " --epochs 2 --cache out/cache"), old=["--seed", "1"]),
    Command("train-resume", split("train --resume out --epochs 6 --threads 1"), state="m"),
    Command("figures", split(FIGURES), old=["--seed", "1"]),
    Command("figures-resumed", split(FIGURES), state="stopped-figures"),
    Command("trust", split(TRUST), old=["--seed", "1"]),
    Command("trust-resumed", split(TRUST), state="stopped-trust"),
    Command("compare", split(COMPARE), old=["--seed", "1"], is_batch=True),
    Command("compare-resumed", split(COMPARE), state="stopped-compare", is_batch=True),
    Command(
        "explain", split(f"explain {' '.join(CLIPS[:3])} --model m --input mel --arrays --listen --html "
                         f"--format png,svg,pdf {PLOT}"), old=["--model", "built-in"], is_batch=True),
    Command("synthesize", split("corpus synthesize --clips 2 --speakers 3 --output out"), old=["--seed", "1"]),
    Command("split", split("corpus split c/all.csv --folds 2 --output out"), old=["--seed", "1"]),
    Command("prepare", split("corpus prepare r --to out/manifest.csv")),
    Command("evaluate", split(f"evaluate --data c/all.csv --model m --predictions out/p.csv --html {PLOT}"),
            old=["--model", "built-in"]),
    Command("predict", split(f"predict {' '.join(CLIPS[:3])} --model m --window 1 --format png,svg --html {PLOT}"),
            old=["--model", "built-in"], is_batch=True),
    Command("describe", split(f"corpus describe c/all.csv --format png,pdf --html {PLOT}"), old=["--seed", "1"]),
    Command("curves", split("curves m --format png,svg --html --scale 1 --output out")),
]


def earlier(command):
    """The arguments of the earlier run: an option that is there is replaced."""
    arguments, (option, value) = list(command.arguments), command.old
    if option in arguments:
        arguments[arguments.index(option) + 1] = value
        return arguments
    return arguments + [option, value]


class Fixtures:
    def __init__(self, program, folder, repository, seed):
        self.program, self.folder, self.repository, self.seed = program, folder, repository, seed
        self.results, self.seconds = {}, {}
        os.makedirs(folder)
        self.must(split(f"corpus synthesize --clips 2 --speakers 4 --seed 3 --output c"))
        # With full paths: they are in results, which are then the same from every folder.
        lines = self.read("c", "manifest.csv").decode().splitlines(keepends=True)
        with open(self.path("c", "all.csv"), "w") as file:
            file.write(lines[0] + "".join(self.path("c", line) for line in lines[1:]))
        self.must(split("train cnnatt --data c/all.csv --epochs 2 --batch 4 --threads 1 --output m"))
        self.must(split("train cnnatt --data c/all.csv --epochs 2 --batch 4 --threads 1 --cache cache --output cached"))
        self.make_names()
        self.sounds = self.make_sounds()
        for name, arguments, files, done in (
            ("figures", FIGURES, 2, lambda state: sum(own["looked"] for own in state["emotions"])),
            ("trust", TRUST, None, lambda state: state["next"]), ("compare", COMPARE, 6, lambda state: state["next"]),
        ):
            self.stop(split(arguments), f"stopped-{name}", files, done)

    def must(self, arguments):
        run = self.program.run(arguments, self.folder, seconds=300)
        if run.status:
            raise SystemExit(f"the torture cannot begin: {' '.join(arguments)}: {run}")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def repository_path(self, *names):
        return os.path.join(self.repository, *names)

    def read(self, *names):
        with open(self.path(*names), "rb") as file:
            return file.read()

    def make_names(self):
        """A folder of RAVDESS's names."""
        os.makedirs(self.path("r", "Actor_01"))
        for number, clip in enumerate(CLIPS):
            os.symlink(self.path(clip), self.path("r", "Actor_01", f"03-01-0{number % 6 + 1}-01-01-01-01.wav"))

    def make_sounds(self):
        """The content of sound files by name: those of the tests, and a clip in every format that sox writes."""
        found = {}
        places = [self.repository_path("Tests", "Fixtures", "audio")]
        if shutil.which("sox"):
            made = self.path("sounds")
            os.makedirs(made)
            for kind in ("flac", "ogg", "aiff", "aifc", "au", "caf", "w64", "wav", "voc", "mat4", "mat5", "paf", "fap",
                         "nist", "ircam", "avr", "htk", "svx", "pvf", "xi", "mp3"):
                subprocess.run(
                    ["sox", self.path(CLIPS[0]), os.path.join(made, f"sox.{kind}"), "trim", "0", "0.7"],
                    stderr=subprocess.DEVNULL)
            for bits, encoding in ((8, "unsigned"), (24, "signed"), (32, "float"), (64, "float"), (4, "ima"), (4, "ms"),
                                   (8, "mu-law"), (8, "a-law")):
                form = {"unsigned": "unsigned-integer", "signed": "signed-integer", "float": "floating-point",
                        "ima": "ima-adpcm", "ms": "ms-adpcm"}.get(encoding, encoding)
                subprocess.run(
                    ["sox", self.path(CLIPS[1]), "-e", form, *(["-b", str(bits)] if bits not in (4,) else []),
                     os.path.join(made, f"{encoding}-{bits}.wav"), "trim", "0", "0.5"], stderr=subprocess.DEVNULL)
            places.append(made)
        for place in places:
            for name in sorted(os.listdir(place)):
                path = os.path.join(place, name)
                if not name.endswith((".py", ".sh", ".f32")) and 0 < os.path.getsize(path) < 1 << 20:
                    with open(path, "rb") as file:
                        found[name] = file.read()
        found["clip.wav"] = self.read(CLIPS[0])
        return found

    def stop(self, arguments, name, files, done):
        """Keeps the folder of a run that was stopped after at least two clips and before its last: when it had written so
        many files, or, where it writes none before its end, at a time that is sought."""
        least, most = 0.0, 4.0
        for _ in range(60):
            here = self.path(f"stopping-{name}")
            shutil.rmtree(here, ignore_errors=True)
            self.link(here)
            out, began, wait = os.path.join(here, "out"), time.monotonic(), (least + most) / 2
            process = self.program.start(arguments, here)
            while time.monotonic() - began < (60 if files else wait):
                if files and os.path.isdir(out) and len(os.listdir(out)) >= files or os.path.exists(f"{out}/clips.csv"):
                    break
                time.sleep(0.002)
            process.send_signal(signal.SIGTERM)
            self.program.finish(process, 120)
            try:
                with open(os.path.join(out, "resume.json"), "rb") as file:
                    count = done(json.loads(mutations.unsealed(file.read()))["state"])
            except OSError:
                # Before the first clip, or after the last.
                count = None if os.path.exists(os.path.join(out, "clips.csv")) else 0
            if count and count >= 2:
                os.rename(out, self.path(name))
                shutil.rmtree(here)
                return
            if count is None:
                most = wait
            else:
                least, most = wait, max(most, 1.5 * wait)
            if most - least < 0.02:
                least, most = least / 2, most * 2
        raise SystemExit(f"the torture cannot begin: {name}: no run was stopped in its middle")

    def link(self, here, *but):
        """A folder with links to the corpus and the model."""
        os.makedirs(here, exist_ok=True)
        for name in ("c", "m", "r"):
            if name not in but and os.path.exists(self.path(name)):
                os.symlink(self.path(name), os.path.join(here, name))

    def copy(self, name, place):
        shutil.copytree(self.path(name), place, dirs_exist_ok=True)

    # MARK: Commands that write

    def begin(self, command, here):
        """The folder as it is before the command."""
        self.link(here)
        out = os.path.join(here, "out")
        os.makedirs(out, exist_ok=True)
        if command.state:
            self.copy(command.state, out)

    def result(self, command, suffix=""):
        """The tree that the command makes undisturbed: the same twice, except for what tells a time. For another seed or
        model with the suffix `old`."""
        key = command.name + suffix
        if key not in self.results:
            trees = []
            for _ in range(2):
                here = self.path(f"whole-{key}")
                shutil.rmtree(here, ignore_errors=True)
                self.begin(command, here)
                began = time.monotonic()
                run = self.program.run(earlier(command) if suffix else command.arguments, here, seconds=300)
                self.seconds[key] = time.monotonic() - began
                if run.status:
                    raise SystemExit(f"the torture cannot begin: {key}: {run}")
                trees.append(programs.tree(os.path.join(here, "out"), normal(here)))
            if trees[0] != trees[1]:
                names = [name for name in trees[0].keys() | trees[1].keys() if trees[0].get(name) != trees[1].get(name)]
                raise SystemExit(f"the torture cannot begin: {key} makes {', '.join(names)} differently each time")
            self.results[key] = trees[0]
        return self.results[key]

    def old_folder(self, command):
        self.result(command, "-old")
        return self.path(f"whole-{command.name}-old", "out")


def normal(here):
    """What makes files comparable: without seconds, and without the folder that they were made in."""

    def change(name, data):
        base = os.path.basename(name)
        if base == "history.csv":
            return b"\n".join(b",".join(line.split(b",")[:6] + line.split(b",")[7:]) for line in data.split(b"\n"))
        if base == "resume.json":
            data = re.sub(rb'"digest":"[0-9a-f]*"', b"", data)
            data = re.sub(rb'"seconds":[-+.0-9e]*', b"", data)
            return data.replace(os.fsencode(os.path.realpath(here)), b"HERE").replace(os.fsencode(here), b"HERE")
        return data

    return change
