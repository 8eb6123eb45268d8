"""Damaged files for everything that the program reads."""

import json
import os
import shutil
import struct

import mutations
from fixtures import CLIPS, COMMANDS
from program import Wrong, check_ended, check_kept, check_no_litter, check_sane, tree

# Room enough for what a small file can ask for, and a limit for one that asks for all of the machine.
MEMORY = "ulimit -v 8000000"


class Reading:
    """A run on a damaged file. naming: what an error must name one of; may_change: what the command is allowed to write;
    expected: looks at a run with status 0."""

    def __init__(self, here, arguments, naming=None, may_change=("out",), is_batch=False, expected=None, stdin=None,
                 seconds=60.0):
        self.here, self.arguments, self.naming, self.may_change = here, arguments, naming, may_change
        self.is_batch, self.expected, self.stdin, self.seconds = is_batch, expected, stdin, seconds
        self.tried, self.accepted = 1, 0

    def commands(self, program):
        return [program.shown(self.arguments, MEMORY) + (f" < {self.stdin}" if self.stdin else "")]

    def check(self, context):
        before = tree(self.here)
        stdin = open(os.path.join(self.here, self.stdin), "rb") if self.stdin else None
        run = context.program.run(self.arguments, self.here, MEMORY, self.seconds, stdin)
        if stdin:
            stdin.close()
        after = tree(self.here)
        self.accepted = int(run.status == 0)
        check_ended(run, self.naming, self.is_batch)
        check_kept(before, after, self.may_change if run.status == 0 or not self.keeps else ())
        check_no_litter(after, before)
        if run.status == 0:
            check_sane(run.output)
            if self.expected:
                self.expected(run, after)

    # Whether a run that fails changes nothing. Otherwise what it wrote before is whole.
    keeps = False


def put(here, name, data):
    path = os.path.join(here, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


# MARK: Sound

class Sounds:
    """Several damaged sounds for one run: each has its own line, a result or an error."""

    def __init__(self, here, names, arguments):
        self.here, self.names, self.arguments, self.tried, self.accepted = here, names, arguments, len(names), 0

    def commands(self, program):
        return [program.shown(self.arguments + self.names, MEMORY)]

    def check(self, context):
        before = tree(self.here)
        run = context.program.run(self.arguments + self.names, self.here, MEMORY, 120)
        problems = []
        try:
            check_ended(run, is_batch=True)
            check_sane(run.output)
            for name in self.names:
                mine = [line for line in run.error_lines if line.startswith(f"undertone: {name}: ")]
                if len(mine) > 1 or not mine and f'"{name}"' not in run.output:
                    raise Wrong("unclear", f"{name} has {len(mine)} errors, and no result")
                self.accepted += not mine
            check_kept(before, tree(self.here))
        except Wrong as error:
            # The one that it was.
            for name in self.names if len(self.names) > 1 else ():
                one = context.program.run(self.arguments + [name], self.here, MEMORY, 60)
                if one.is_crash or one.is_late:
                    problems.append(Wrong("hung" if one.is_late else "crashed", f"{name}: {one}"))
            if not problems:
                problems.append(error)
        return problems


def sounds(random, here, fixtures, count=20):
    os.makedirs(here)
    names = []
    for number in range(count):
        name = random.choice(list(fixtures.sounds))
        put(here, f"{number:02}-{name}", mutations.bytewise(random, fixtures.sounds[name]))
        names.append(f"{number:02}-{name}")
    way = random.choice(("whole", "whole", "windows", "hops"))
    options = {"whole": [], "windows": ["--window", "0.5", "--hop", "0.5"], "hops": ["--window", "0.3", "--hop", "0.2"]}
    return Sounds(here, names, ["predict", "--threads", "1", "--json", *options[way]])


def streamed(random, here, fixtures):
    """A damaged sound on standard input, or one that is explained, or a baseline."""
    os.makedirs(here)
    name = random.choice(list(fixtures.sounds))
    put(here, name, mutations.bytewise(random, fixtures.sounds[name]))
    put(here, "good.wav", fixtures.sounds["clip.wav"])
    kind = random.randrange(3)
    if kind == 0:
        return Reading(here, ["predict", "-", "--threads", "1", "--json"], stdin=name)
    if kind == 1:
        return Reading(
            here, ["explain", name, "--threads", "1", "--input", "mel", "--arrays", "--listen", "--scale", "1", "--json",
                   "--output", "out"], naming=[name])
    return Reading(
        here, ["explain", "good.wav", "--threads", "1", "--input", "mfcc", "--method", "integrated-gradients", "--steps",
               "3", "--baseline", f"file:{name}", "--scale", "1", "--output", "out"], naming=[name, "baseline"])


# MARK: Lines

def manifests(random, here, fixtures):
    fixtures.link(here, "c")
    data = fixtures.read("c", "manifest.csv")
    os.makedirs(os.path.join(here, "c"))
    for folder in sorted(os.listdir(fixtures.path("c"))):
        if not folder.endswith(".csv"):
            os.symlink(fixtures.path("c", folder), os.path.join(here, "c", folder))
    # Few rows: what they do is what is damaged.
    lines = data.split(b"\n")
    data = b"\n".join([lines[0], *random.sample(lines[1:-1], random.choice((3, 6, 14)))]) + b"\n"
    damaged = mutations.table(random, data) if random.random() < 0.6 else mutations.bytewise(random, data)
    put(here, "c/manifest.csv", damaged)
    commands = {
        "evaluate": "evaluate --data c/manifest.csv --model m --threads 1 --json --predictions out/p.csv --output out",
        "describe": "corpus describe c/manifest.csv --threads 1 --json",
        "drawn": "corpus describe c/manifest.csv --threads 1 --format svg --scale 1 --output out",
        "split": "corpus split c/manifest.csv --by clip --output out",
        "folds": "corpus split c/manifest.csv --folds 2 --output out",
        "train": "train cnnatt --data c/manifest.csv --by clip --epochs 1 --batch 2 --threads 1 --output out",
        "figures": "figures --data c/manifest.csv --model m --clips 1 --scale 1 --threads 1 --output out",
        "compare": "compare --data c/manifest.csv --model m --model built-in --clips 1 --scale 1 --threads 1 --output out",
        "background": f"explain {CLIPS[0]} --model m --method integrated-gradients --steps 2 --baseline mean --input mfcc "
                      "--background c/manifest.csv --scale 1 --threads 1 --output out",
        "dimensions": "train cnnatt --data c/manifest.csv --by clip --dimensions loudness_db,jitter_percent --epochs 1 "
                      "--batch 2 --threads 1 --output out",
    }
    weights = {"evaluate": 4, "describe": 4, "split": 4, "folds": 2, "train": 2}
    name = random.choices(list(commands), [weights.get(own, 1) for own in commands])[0]
    if name in ("evaluate",):
        os.makedirs(os.path.join(here, "out"))
    return Reading(here, commands[name].split(), is_batch=True)


def lists(random, here, fixtures):
    fixtures.link(here)
    data = ("# clips\n" + "\n".join(random.sample(CLIPS, 3)) + "\n").encode()
    damaged = mutations.table(random, data) if random.random() < 0.5 else mutations.bytewise(random, data)
    put(here, "list.txt", damaged)
    return Reading(here, ["predict", "@list.txt", "--model", "m", "--threads", "1", "--json"], is_batch=True)


def names(random, here, fixtures):
    """Sounds whose names are odd."""
    os.makedirs(os.path.join(here, "d"))
    good = fixtures.sounds["clip.wav"]
    for number in range(3):
        parts = [random.choice((
            b"\x1b[31m", b"\n", b"\r", b"\xff\xfe", b"\xc3", "é".encode(), "\u202e".encode(), b" ", b"'", b"\"", b"\\", b"%n",
            b"-", b"--help", b"@", b"a" * 200, "😀".encode(), b",", b"\t", b"*", b"03-01-01-01-01-01-01")) for _ in range(2)]
        name = bytes([65 + number]) * random.randrange(2) + b"".join(parts)[:240] + b".wav"
        with open(os.path.join(os.fsencode(here), b"d", name), "wb") as file:
            file.write(good if random.random() < 0.6 else mutations.bytewise(random, good))
    command = random.choice((
        ["predict", "d", "--threads", "1", "--json"], ["predict", "d", "--threads", "1", "--csv"],
        ["predict", "d", "--threads", "1"], ["corpus", "prepare", "d", "--to", "out/manifest.csv"],
        ["explain", "d", "--threads", "1", "--input", "mfcc", "--scale", "1", "--arrays", "--output", "out"],
        ["predict", "d", "--threads", "1", "--window", "1", "--format", "svg", "--html", "--output", "out"],
    ))
    return Reading(here, command, is_batch=True)


# MARK: Models

def configurations(random, here, fixtures):
    fixtures.link(here, "m")
    fixtures.copy("m", os.path.join(here, "m"))
    data = fixtures.read("m", "config.json")
    if random.random() < 0.3:
        # With the sizes of the network, which are left out where they are the usual ones.
        value = json.loads(data)
        value["network"] = {"pathFilters": 8, "widths": [32, 48, 64, 80], "attended": 128, "heads": 3}
        value["trim_db"] = 20
        value["dimensions"] = []
        data = json.dumps(value).encode()
    damaged = mutations.nested(random) if random.random() < 0.04 else mutations.document(random, data)
    put(here, "m/config.json", damaged)
    command = random.choice((
        f"predict {CLIPS[0]} --model m --threads 1 --json",
        f"predict {CLIPS[0]} --model m --threads 1 --json",
        "evaluate --data c/manifest.csv --model m --threads 1 --json --output out",
        "curves m --json --scale 1 --output out",
        f"explain {CLIPS[0]} --model m --input mfcc --scale 1 --threads 1 --output out",
    ))
    return Reading(here, command.split(), is_batch=True)


def weights(random, here, fixtures):
    fixtures.link(here, "m")
    fixtures.copy("m", os.path.join(here, "m"))
    put(here, "m/model.safetensors", mutations.tensors(random, fixtures.read("m", "model.safetensors")))
    command = random.choice((
        f"predict {CLIPS[0]} --model m --threads 1 --json",
        f"predict {CLIPS[0]} --model m --threads 1 --json",
        "evaluate --data c/manifest.csv --model m --threads 1 --json --output out",
        f"explain {CLIPS[0]} --model m --input mel --scale 1 --threads 1 --json --arrays --output out",
    ))
    return Reading(here, command.split(), is_batch=True)


def networks(random, here, fixtures):
    """Sizes for a new network: impossible, or small."""
    fixtures.link(here)
    data = b'{"pathFilters": 4, "widths": [8, 8, 12], "attended": 16, "heads": 2}'
    numbers = ["-1", "0", "1", "2", "5", "65537", "9223372036854775807", "1e999", "1e308", "NaN", "0.5", "1e2", "-0.0", "3.0"]
    put(here, "network.json", mutations.nested(random) if random.random() < 0.04 else mutations.document(random, data, numbers))
    return Reading(
        here, split("train cnnatt --data c/manifest.csv --epochs 1 --batch 8 --threads 1 --network network.json "
                    "--output out"), naming=["network.json", "memory"])


def split(text):
    return text.split()


DOWNLOADS = ("encoders/hubert-base-er", "encoders/hubert-bare", "encoders/sharded", "encoders/wavlm-large-er",
             "encoders/wav2vec2-dimensions", "heads/speechbrain-er", "heads/vox-profile-er")


def downloads(random, here, fixtures):
    """A folder as it is downloaded: configuration, processor, weights of one file or several, labels."""
    fixtures.link(here, "m")
    folder = fixtures.repository_path("Tests", "Fixtures", random.choice(DOWNLOADS))
    shutil.copytree(folder, os.path.join(here, "m"), ignore=shutil.ignore_patterns("expected.*"))
    name = random.choice(sorted(os.listdir(os.path.join(here, "m"))))
    with open(os.path.join(here, "m", name), "rb") as file:
        data = file.read()
    damage = {
        ".json": mutations.document, ".safetensors": mutations.tensors, ".bin": mutations.archive, ".ckpt": mutations.archive,
    }.get(os.path.splitext(name)[1], mutations.bytewise)
    put(here, f"m/{name}", damage(random, data))
    command = random.choice((
        "models m --json", f"predict {CLIPS[0]} --model m --threads 1 --json",
        f"predict {CLIPS[0]} --model m --threads 1 --json",
        f"explain {CLIPS[0]} --model m --method saliency --input waveform --scale 1 --threads 1 --json --arrays --output out"))
    if folder.endswith("bare"):
        command = "train probe --encoder m --data c/manifest.csv --epochs 1 --batch 4 --threads 1 --output out"
    return Reading(here, command.split(), is_batch=True)


# MARK: States

class Resuming(Reading):
    """A state that is refused stays as it is."""
    keeps = True


def training(here, fixtures):
    fixtures.link(here, "m")
    fixtures.copy("m", os.path.join(here, "m"))
    return split("train --resume m --epochs 3 --threads 1 --json")


def finished(run, after):
    for name in ("m/model.safetensors", "m/config.json", "m/history.csv", "m/curves.png", "m/resume.json"):
        if name not in after:
            raise Wrong("lost", f"status 0 without {name}")


def states(random, here, fixtures):
    """The state of a training, with its seal broken, or sealed again over other values."""
    arguments = training(here, fixtures)
    data = fixtures.read("m", "resume.json")
    is_sealed = random.random() < 0.6
    damaged = mutations.resealed(random, data) if is_sealed else mutations.bytewise(random, data)
    put(here, "m/resume.json", damaged)

    def expected(run, after):
        finished(run, after)
        if not is_sealed and damaged != data:
            raise Wrong("lost", "a damaged seal is taken silently")

    return Resuming(here, arguments, may_change=("m",), expected=expected)


def optimisers(random, here, fixtures):
    """The arrays of a training's state, at times with their digest in the state set right."""
    arguments = training(here, fixtures)
    data = fixtures.read("m", "resume-2.safetensors")
    damaged = mutations.tensors(random, data)
    put(here, "m/resume-2.safetensors", damaged)
    is_sealed = False
    if random.random() < 0.5:
        try:
            state = json.loads(mutations.unsealed(fixtures.read("m", "resume.json")))
            state["arraysDigest"] = mutations.arrays_digest(damaged)
            put(here, "m/resume.json", mutations.sealed(json.dumps(state).encode()))
            is_sealed = True
        except (ValueError, KeyError, TypeError, AttributeError, struct.error, UnicodeError):
            pass

    def expected(run, after):
        finished(run, after)
        try:
            is_same = mutations.arrays_digest(damaged) == mutations.arrays_digest(data)
        except (ValueError, KeyError, TypeError, AttributeError, struct.error, UnicodeError):
            is_same = False
        if not is_sealed and not is_same:
            raise Wrong("lost", "damaged arrays are taken silently")

    return Resuming(here, arguments, may_change=("m",), expected=expected)


def histories(random, here, fixtures):
    """history.csv beside a state that knows better."""
    fixtures.link(here, "m")
    fixtures.copy("m", os.path.join(here, "m"))
    data = fixtures.read("m", "history.csv")
    damaged = mutations.table(random, data) if random.random() < 0.6 else mutations.bytewise(random, data)
    put(here, "m/history.csv", damaged)

    def rows(text):
        found = []
        for line in text.decode("utf-8", "replace").split("\n")[1:]:
            if line.strip("\r\ufeff "):
                found.append([float(field) for field in line.strip("\r").split(",")])
        return found

    def expected(run, after):
        try:
            own = rows(damaged.replace(b"\r\n", b"\n").replace(b"\r", b"\n").strip(b"\n"))
        except ValueError:
            raise Wrong("lost", "a damaged history is taken silently")
        if [row[:6] for row in own[:2]] != [row[:6] for row in rows(data)]:
            raise Wrong("lost", "a history with other numbers is taken silently")

    return Reading(here, split("curves m --json --scale 1 --output out"), may_change=("out",), expected=expected)


def progress(random, here, fixtures):
    """The state of an interrupted run of figures, trust or compare."""
    name = random.choice(("figures", "figures", "trust", "compare"))
    command = next(own for own in COMMANDS if own.name == f"{name}-resumed")
    fixtures.begin(command, here)
    data = fixtures.read(f"stopped-{name}", "resume.json")
    is_sealed = random.random() < 0.75
    if is_sealed:
        value = json.loads(mutations.unsealed(data))
        # What was asked for is compared as a whole, so the state is where a change goes on.
        if random.random() < 0.9:
            mutations.change(random, value["state"])
        else:
            mutations.change(random, value)
        damaged = mutations.sealed(mutations.written(value).encode("utf-8", "surrogatepass"))
    else:
        damaged = mutations.bytewise(random, data)
    put(here, "out/resume.json", damaged)
    whole = fixtures.result(command)

    def expected(run, after):
        own = {name[4:] for name in after if name.startswith("out/")}
        if missing := [name for name in whole if name not in own]:
            raise Wrong("lost", f"status 0 without {', '.join(missing[:3])}")
        if "resume.json" in own:
            raise Wrong("lost", "the state is left behind")
        for name in own:
            if name.endswith(".csv"):
                with open(os.path.join(here, "out", name), encoding="utf-8") as file:
                    check_sane(file.read())
        if not is_sealed and damaged != data:
            raise Wrong("lost", "a damaged seal is taken silently")

    return Resuming(here, command.arguments, naming=["resume.json"], expected=expected, seconds=120)


def caches(random, here, fixtures):
    """Kept features: damaged ones are computed again, and the result is the same."""
    fixtures.link(here)
    shutil.copytree(fixtures.path("cache"), os.path.join(here, "cache"))
    for name in random.sample(sorted(os.listdir(fixtures.path("cache"))), 3):
        put(here, f"cache/{name}", mutations.tensors(random, fixtures.read("cache", name)))
    whole = tree(fixtures.path("cached"))

    def expected(run, after):
        if after.get("out/model.safetensors") != whole["model.safetensors"]:
            raise Wrong("lost", "damaged features are taken silently: other weights")

    # The corpus under its own path, which the cache knows it by.
    return Reading(
        here, ["train", "cnnatt", "--data", fixtures.path("c", "all.csv"),
               *split("--epochs 2 --batch 4 --threads 1 --cache cache --output out")],
        may_change=("out", "cache"), expected=expected)


# The share of each in all, in cases.
READERS = {
    "sounds": (sounds, 4300), "streams": (streamed, 300), "manifests": (manifests, 1400), "lists": (lists, 300),
    "names": (names, 100), "configurations": (configurations, 900), "weights": (weights, 700), "networks": (networks, 300),
    "downloads": (downloads, 600),
    "states": (states, 600), "optimisers": (optimisers, 250), "histories": (histories, 400), "progress": (progress, 400),
    "caches": (caches, 50),
}
