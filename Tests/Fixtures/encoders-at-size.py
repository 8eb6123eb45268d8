"""Compares the program with transformers on encoders of the published sizes with random weights: probabilities, and the
gradient of the predicted class's logit at the waveform. Not a part of the tests, as the models have gigabytes. Run with
transformers 5.15.0 and torch 2.13.0: python3 encoders-at-size.py PROGRAM CLIP.wav [NAME…]

Prints a line a model and fails where the probabilities are more than 1e-4 apart, or the gradients 1e-3 of their norm.
"""

import json
import os
import subprocess
import sys
import tempfile

os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import numpy as np
import soundfile
import torch
from transformers import (
    HubertConfig, HubertForSequenceClassification, Wav2Vec2FeatureExtractor, WavLMConfig, WavLMForSequenceClassification)

LABELS = dict(enumerate(["neu", "hap", "ang", "sad"]))
LARGE = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096)
MODELS = {
    "hubert-base": lambda: HubertForSequenceClassification(HubertConfig(id2label=LABELS, use_weighted_layer_sum=True)),
    "wavlm-base": lambda: WavLMForSequenceClassification(WavLMConfig(id2label=LABELS, use_weighted_layer_sum=True)),
    "hubert-large": lambda: HubertForSequenceClassification(
        HubertConfig(
            id2label=LABELS, use_weighted_layer_sum=True, feat_extract_norm="layer", conv_bias=True,
            do_stable_layer_norm=True, **LARGE)),
}


def main():
    program, clip, *names = sys.argv[1:]
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        samples = soundfile.read(clip, dtype="float32", always_2d=True)[0][:, 0]
        wav = f"{folder}/clip.wav"
        soundfile.write(wav, samples, 16_000, subtype="FLOAT")
        for name in names or MODELS:
            torch.manual_seed(0)
            model = MODELS[name]().eval()
            with torch.no_grad():
                model.classifier.weight.mul_(20)  # so that the classes differ
            model.save_pretrained(f"{folder}/{name}")
            Wav2Vec2FeatureExtractor(do_normalize=False).save_pretrained(f"{folder}/{name}")
            waveform = torch.tensor(samples)[None].requires_grad_(True)
            logits = model(waveform).logits
            logits.max().backward()
            expected = dict(zip(LABELS.values(), torch.softmax(logits, -1)[0].tolist()))

            def run(*arguments):
                return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout

            found = json.loads(run("predict", wav, "--model", f"{folder}/{name}", "--json"))["probabilities"]
            run("explain", wav, "--model", f"{folder}/{name}", "--method", "gradient", "--input", "waveform", "--arrays",
                "--output", folder)
            gradient = np.load(f"{folder}/clip.gradient.waveform.npy").reshape(-1)
            apart = max(abs(found[label] - expected[label]) for label in expected)
            exact = waveform.grad[0].numpy()
            relative = np.linalg.norm(gradient - exact) / np.linalg.norm(exact)
            print(f"{name}: probabilities {apart:.1e} apart, gradient {relative:.1e} of its norm")
            failed = failed or apart > 1e-4 or relative > 1e-3
    sys.exit(int(failed))


main()
