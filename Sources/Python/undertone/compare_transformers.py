"""Whether Undertone computes what transformers computes for a downloaded model:

    python -m undertone.compare_transformers hubert-large-superb-er [CLIP.wav …]

Runs `undertone predict --json` and transformers on the same clips, prints the largest difference of the probabilities (of
a model of dimensions, of the values) for each, and a verdict; the exit status is 0 where they agree, 1 where not. Clips are
16-bit WAV files at 16 kHz with one channel; without any, three are made. Needs torch, safetensors and transformers up to
5.15.0: later versions take the last state of some encoders before its norm, with which the published heads were not trained.

An encoder without a head gets a random one over the weighted sum of all of its states, in a folder that is deleted at the
end, so that every state counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import wave
from pathlib import Path
from typing import Any

import numpy as np

from ._program import UndertoneError, extra, run

RATE = 16_000  # samples a second
LONGEST = 60 * RATE  # The program uses the first minute of a file.
NEWEST = (5, 15)  # of transformers


def samples(path: Path) -> np.ndarray:
    """The samples of a WAV file of 16 bits, one channel and 16 kHz, in -1 to 1."""
    with wave.open(str(path)) as file:
        found = (file.getsampwidth(), file.getnchannels(), file.getframerate())
        if found != (2, 1, RATE):
            raise SystemExit(
                f"{path}: {8 * found[0]} bits, {found[1]} channels, {found[2]} Hz; to leave resampling out of the comparison "
                f"it has to be 16 bits, 1 channel, {RATE} Hz: sox {path} -b 16 -c 1 -r {RATE} other.wav")
        return np.frombuffer(file.readframes(LONGEST), "<i2").astype(np.float32) / 32768


def made_clips(folder: Path) -> list[Path]:
    """Three WAV files of different lengths and levels: noise in bursts, and a gliding tone."""
    random, paths = np.random.default_rng(1), []
    for number, seconds in enumerate((1.0, 2.37, 4.1)):
        time = np.arange(int(seconds * RATE)) / RATE
        burst = np.sin(2 * np.pi * 2.3 * time + number) ** 2
        clip = burst * (random.normal(0, 0.1, time.size) + 0.2 * np.sin(2 * np.pi * (180 + 40 * time) * time))
        paths.append(folder / f"clip-{number + 1}.wav")
        with wave.open(str(paths[-1]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((clip * 0.3**number * 32767).astype("<i2").tobytes())
    return paths


def arrays(folder: Path) -> dict[str, Any]:
    """All arrays of a folder's weights."""
    import torch
    from safetensors.torch import load_file

    index = next((folder / f"{name}.index.json" for name in ("model.safetensors", "pytorch_model.bin")
                  if (folder / f"{name}.index.json").exists()), None)
    if (folder / "model.safetensors").exists():
        files = [folder / "model.safetensors"]
    elif index:
        files = sorted({folder / name for name in json.loads(index.read_text())["weight_map"].values()})
    else:
        files = [folder / "pytorch_model.bin"]
    found: dict[str, Any] = {}
    for file in files:
        found |= load_file(file) if file.suffix == ".safetensors" else torch.load(file, weights_only=True)
    return found


class Peer:
    """transformers' encoder of a folder, and the head that its arrays make."""

    def __init__(self, folder: Path) -> None:
        import torch
        import transformers

        self.torch = torch
        self.configuration = transformers.AutoConfig.from_pretrained(folder)
        self.extractor = None
        if (folder / "preprocessor_config.json").exists():
            self.extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
        stored = arrays(folder)
        self.dense = {name: value.float() for name, value in stored.items() if name.startswith("classifier.")}
        self.has_head = bool(self.dense)
        # transformers has no class for this head, and would draw a random one.
        self.is_dense = "classifier.dense.weight" in stored
        kind = (
            transformers.AutoModelForAudioClassification if self.has_head and not self.is_dense
            else transformers.AutoModel)
        self.model, report = kind.from_pretrained(folder, attn_implementation="eager", output_loading_info=True)
        missing = [name for name in report["missing_keys"] if not name.endswith("masked_spec_embed")]
        if missing:
            raise SystemExit(f"{folder}: transformers would draw {', '.join(sorted(missing)[:6])} at random: nothing to compare")
        self.model.float().eval()

    def inputs(self, clip: np.ndarray) -> Any:
        if self.extractor is None:
            return self.torch.from_numpy(clip)[None]
        return self.extractor(clip, sampling_rate=RATE, return_tensors="pt")["input_values"]

    def outputs(self, clip: np.ndarray) -> np.ndarray:
        """Logits, or values, of one clip."""
        torch = self.torch
        with torch.no_grad():
            found = self.model(self.inputs(clip))
            if not self.is_dense:
                return found.logits[0].numpy()
            pooled = found.last_hidden_state.mean(1)
            pooled = torch.tanh(pooled @ self.dense["classifier.dense.weight"].T + self.dense["classifier.dense.bias"])
            last = next(name[:-7] for name in self.dense if name.endswith(".weight") and ".dense." not in name)
            return (pooled @ self.dense[f"{last}.weight"].T + self.dense[f"{last}.bias"])[0].numpy()

    def write_with_head(self, folder: Path) -> None:
        """The encoder with a random head over all of its states, as transformers stores it."""
        import transformers

        self.torch.manual_seed(1)
        self.configuration.use_weighted_layer_sum = True
        labels = ["neutral", "happy", "angry", "sad"]
        self.configuration.id2label = dict(enumerate(labels))
        self.configuration.label2id = {name: number for number, name in enumerate(labels)}
        whole = transformers.AutoModelForAudioClassification.from_config(self.configuration)
        getattr(whole, whole.base_model_prefix).load_state_dict(self.model.state_dict())
        with self.torch.no_grad():
            whole.layer_weights.normal_()
            for layer in (whole.projector, whole.classifier):
                layer.weight.normal_(std=2 * layer.in_features**-0.5)
        whole.save_pretrained(folder)
        if self.extractor is not None:
            self.extractor.save_pretrained(folder)


def shares(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return powers / powers.sum()


def compare(folder: Path, clips: list[Path], limit: float, program: str | None) -> bool:
    """Prints a line a clip and the verdict; whether all differences are within the limit."""
    peer, worst = Peer(folder), 0.0
    is_regression = peer.configuration.problem_type == "regression"
    lines = run("predict", *clips, model=folder, json=True, program=program).splitlines()
    for path, line in zip(clips, lines, strict=True):
        found = json.loads(line)
        named = found["values"] if is_regression else found["probabilities"]
        if named is None:
            print(f"{path}: silent, left out")
            continue
        expected = peer.outputs(samples(path))
        expected = expected if is_regression else shares(expected)
        labels = peer.configuration.id2label
        own = np.array([named[str(labels[number])] for number in range(len(expected))])
        difference = float(np.abs(own - expected).max())
        worst = max(worst, difference)
        shown = ", ".join(f"{labels[number]} {own[number]:.4f}" for number in range(min(len(own), 4)))
        print(f"{path.name}: largest difference {difference:.1e} ({shown})")
    agrees = worst <= limit
    print(f"{'agrees' if agrees else 'DISAGREES'}: {worst:.1e} at most, the limit is {limit:.0e}")
    return agrees


def main(words: list[str] | None = None) -> int:
    assert __doc__
    parser = argparse.ArgumentParser(
        prog="python -m undertone.compare_transformers", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the downloaded model's folder")
    parser.add_argument("clips", type=Path, nargs="*", help="WAV files: 16 bits, 16 kHz, one channel")
    parser.add_argument("--limit", type=float, default=1e-4, help="the largest difference that is none (default: 1e-4)")
    parser.add_argument("--program", help="the program undertone (default: UNDERTONE, or undertone in the PATH)")
    given = parser.parse_args(words)
    transformers = extra("transformers")
    version = tuple(int(part) for part in transformers.__version__.split(".")[:2])
    print(f"transformers {transformers.__version__}")
    if version > NEWEST:
        print(f"not a version up to {NEWEST[0]}.{NEWEST[1]}: pip install transformers==5.15.0", file=sys.stderr)
        return 2
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    try:
        with tempfile.TemporaryDirectory() as temporary:
            place, folder = Path(temporary), given.folder
            clips = given.clips or made_clips(place)
            peer = Peer(folder)
            if not peer.has_head:
                print("an encoder without a head: compared through a random one over all of its states")
                folder = place / "with-head"
                peer.write_with_head(folder)
            del peer
            return 0 if compare(folder, clips, given.limit, given.program) else 1
    except UndertoneError as error:
        print(f"undertone: {error.message}", file=sys.stderr)
        return error.status


if __name__ == "__main__":
    sys.exit(main())
