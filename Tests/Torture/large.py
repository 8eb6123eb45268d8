"""Many clips, and an hour of sound. The peak of memory is printed."""

import os
import shutil
import wave

from program import Wrong, check_ended, check_no_litter, check_sane, tree

# What a run may have in memory at its peak, in MB: far below what all clips or the whole hour would need as features.
PEAK = 2_000


class Large:
    tried, accepted = 1, 0

    def __init__(self, here, name, arguments, lines, scale, prepare):
        self.here, self.name, self.arguments, self.least, self.scale = here, name, arguments, lines, scale
        prepare(here)

    def commands(self, program):
        return [program.shown(self.arguments)]

    def check(self, context):
        run = context.program.run(self.arguments, self.here, seconds=1500)
        print(f"  large: {self.name}: {run.seconds:.0f} s, {run.peak:.0f} MB at the peak, status {run.status}", flush=True)
        check_ended(run, is_batch=True)
        self.accepted = int(run.status == 0)
        if run.status == 0:
            check_sane(run.output)
            if len(run.output.splitlines()) < self.least:
                raise Wrong("lost", f"{len(run.output.splitlines())} lines of output instead of {self.least}")
        else:
            raise Wrong("unclear", str(run))
        if run.peak > PEAK and not context.program.is_sanitized:
            raise Wrong("unclear", f"{run.peak:.0f} MB of memory at its peak: {self.name}")
        check_no_litter(tree(os.path.join(self.here, "out")))


def made(random, here, fixtures, number, scale):
    """The case of a number: 10,000 clips and 3,600 seconds times the scale."""
    clips, seconds = max(20, int(10_000 * scale)), max(30, int(3600 * scale))
    rest = "--threads 1 --scale 1 --output out"

    def many(here):
        os.makedirs(os.path.join(here, "w"))
        names = sorted(
            os.path.join(folder, name) for folder, _, files in os.walk(fixtures.path("c")) for name in files
            if name.endswith(".wav"))
        labels = [os.path.basename(name).split("-")[0] for name in names]
        sounds = []
        for name in names:
            with wave.open(name) as file:
                file.setpos(2000)
                sounds.append(file.readframes(8000))
        rows = ["path,emotion,speaker"]
        for clip in range(clips):
            own = clip % len(names)
            with wave.open(os.path.join(here, "w", f"{clip:05}.wav"), "wb") as file:
                file.setparams((1, 2, 16000, 0, "NONE", ""))
                start = 2 * (clip // len(names) % 800)
                file.writeframes(sounds[own][start:start + 12000])
            rows.append(f"w/{clip:05}.wav,{labels[own]},s{clip % 24}")
        with open(os.path.join(here, "many.csv"), "w") as file:
            file.write("\n".join(rows) + "\n")

    def hour(here):
        os.makedirs(here)
        with wave.open(fixtures.path("c", "speaker-01", "angry-001.wav")) as file:
            sound = file.readframes(file.getnframes())
        with wave.open(os.path.join(here, "hour.wav"), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            for _ in range(1 + seconds * 32000 // len(sound)):
                file.writeframes(sound)

    cases = [
        ("evaluate", f"evaluate --data many.csv --json --predictions out/p.csv {rest}", 1, many),
        ("predict", "predict w --threads 1 --csv", clips, many),
        ("figures", f"figures --data many.csv --clips {max(2, clips // 10)} {rest}", 1, many),
        ("describe", "corpus describe many.csv --json", 1, many),
        ("split", "corpus split many.csv --folds 5 --output out", 5, many),
        ("hour, predict", "predict hour.wav --window 5 --hop 5 --threads 1 --csv", seconds // 5, hour),
        ("hour, predict, whole", "predict hour.wav --threads 1 --csv", 1, hour),
        ("hour, explain", f"explain hour.wav --window 20 --input mel --json {rest}", seconds // 20, hour),
    ]
    name, arguments, lines, prepare = cases[number % len(cases)]
    case = Large(here, name, arguments.split(), lines, scale, prepare)
    if name == "evaluate":
        os.makedirs(os.path.join(here, "out"))
    return case


COUNT = 8
