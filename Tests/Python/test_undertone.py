"""The Python package on synthetic clips, with the program that UNDERTONE names. Needs NumPy; what needs more is skipped.

UNDERTONE=.build/release/undertone PYTHONPATH=Sources/Python python3 Tests/Python/test_undertone.py
"""

import contextlib
import importlib.util
import io
import json
import os
import pathlib
import tempfile
import unittest
import wave

import numpy as np

import undertone

BUILT_IN = pathlib.Path(__file__).parents[2] / "Sources/Models/BuiltIn"
ENCODERS = pathlib.Path(__file__).parents[2] / "Tests/Fixtures/encoders"


def needs(*names):
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    return unittest.skipIf(missing, f"this check needs {', '.join(missing)}")


def samples(path):
    """Amplitudes [samples] of a 16-bit WAV."""
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768


class OnClips(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.place = pathlib.Path(cls.folder.name)
        undertone.run("corpus synthesize", clips=2, output=cls.place / "corpus")
        cls.clips = sorted((cls.place / "corpus").rglob("*.wav"))
        cls.manifest = cls.place / "corpus/manifest.csv"


class Running(OnClips):
    def test_version_is_the_programs(self):
        self.assertEqual(undertone.program_version(), undertone.__version__)

    def test_explanation_has_arrays_with_axes(self):
        clip, = undertone.explain(self.clips[0], input=["waveform", "mel", "mfcc"])
        self.assertAlmostEqual(sum(clip.probabilities.values()), 1, places=5)
        self.assertEqual(clip.target, max(clip.probabilities, key=clip.probabilities.get))
        self.assertEqual((clip.predicted, clip.method, clip.window), (clip.target, "saliency", None))
        frequency, time = clip.axes("mel")
        self.assertEqual((frequency.name, frequency.unit, time.name, time.unit), ("frequency", "Hz", "time", "s"))
        self.assertEqual(clip.axes("mfcc")[0].name, "coefficient")
        for name, rows in [("mel", 128), ("mfcc", 40)]:
            self.assertEqual(clip.attribution(name).shape, (rows, len(time.values)))
            self.assertEqual(clip.feature(name).shape, clip.attribution(name).shape)
        self.assertEqual(clip.unit("mel"), "logit/dB")
        self.assertEqual(clip.attribution("waveform").shape, clip.axes("waveform")[0].values.shape)
        self.assertAlmostEqual(float(time.values[0]), clip.start, places=5)
        self.assertAlmostEqual(float(clip.attribution("mel").sum()), clip.inputs["mel"]["sum"], places=2)
        # The feature is what stands in the file from `start` to `end`.
        first, last = round(clip.start * 16000), round(clip.end * 16000)
        np.testing.assert_allclose(clip.feature("waveform"), samples(self.clips[0])[first:last], atol=1e-6)
        with self.assertRaisesRegex(KeyError, "explained are"):
            clip.attribution()

    def test_several_methods_and_windows(self):
        clips = undertone.explain(self.clips[:2], method=["saliency", "input-x-gradient"], target="angry", versus="happy")
        self.assertEqual([clip.method for clip in clips], ["saliency", "input-x-gradient"] * 2)
        self.assertEqual((clips[0].target, clips[0].versus), ("angry", "happy"))
        windows = undertone.explain(self.clips[0], window=1)
        self.assertGreater(len(windows), 1)
        self.assertEqual(windows[0].window, (0, 1))

    def test_results_written_earlier_are_read(self):
        kept, = undertone.explain(self.clips[0], output=self.place / "kept")
        self.assertTrue(all(pathlib.Path(figure).exists() for figure in kept.figures))
        text = undertone.run("explain", self.clips[0], input="mel", arrays=True, json=True, output=self.place / "kept")
        (self.place / "lines.json").write_text(text)
        found, = undertone.read(self.place / "lines.json")
        np.testing.assert_array_equal(found.attribution(), kept.attribution())

    def test_errors_are_the_programs(self):
        with self.assertRaises(undertone.UndertoneError) as caught:
            undertone.run("predict", "absent.wav", self.clips[0], json=True)
        self.assertEqual((caught.exception.status, caught.exception.message), (66, "absent.wav: no such file"))
        self.assertEqual(json.loads(caught.exception.output)["file"], str(self.clips[0]))
        with self.assertRaises(undertone.UndertoneError) as caught:
            undertone.explain(self.clips[0], method="none")
        self.assertEqual(caught.exception.status, 64)
        with self.assertRaisesRegex(undertone.UndertoneError, "no such program"):
            undertone.run("doctor", program="/absent/undertone")


class Tables(OnClips):
    @needs("xarray")
    def test_xarray_has_coordinates_and_units(self):
        clip, = undertone.explain(self.clips[0], method="integrated-gradients")
        data = clip.to_xarray()
        self.assertEqual(data.attribution.dims, ("frequency", "time"))
        self.assertEqual(data.time.attrs["units"], "s")
        self.assertEqual(data.attrs["target"], clip.target)
        np.testing.assert_array_equal(data.feature.values, clip.feature())

    @needs("pandas")
    def test_predictions(self):
        table = undertone.predict(self.clips[:2])
        self.assertEqual(list(table.columns[:5]), ["file", "start", "end", "predicted", "angry"])
        np.testing.assert_allclose(table.iloc[:, 4:].sum(axis=1), 1, atol=1e-5)

    @needs("pandas")
    def test_measures(self):
        table = undertone.evaluate(self.manifest)
        right = (table.emotion == table.predicted).mean()
        self.assertAlmostEqual(table.attrs["measures"]["accuracy"], right)
        trust = undertone.trust(self.manifest, method="saliency", clips=2)
        self.assertIn("deletion", set(trust.measure))
        agreement = undertone.compare(self.clips[0], ["built-in", BUILT_IN])
        self.assertAlmostEqual(agreement.set_index("measure")["mean"]["cosine"], 1, places=4)

    @unittest.skipIf(importlib.util.find_spec("xarray"), "this check needs a Python without xarray")
    def test_missing_extra_is_named(self):
        clip, = undertone.explain(self.clips[0])
        with self.assertRaisesRegex(ModuleNotFoundError, r"undertone\[xarray\]"):
            clip.to_xarray()


@needs("torch")
class Torch(OnClips):
    def agrees(self, folder):
        import torch

        import undertone.torch

        model = undertone.torch.load(folder)
        lines = undertone.run("predict", *self.clips, model=folder, json=True).splitlines()
        self.assertEqual(len(lines), len(self.clips))
        for line in map(json.loads, lines):
            with torch.no_grad():
                logits = model(torch.from_numpy(samples(line["file"])))[0]
            probabilities = logits[: len(model.classes)].softmax(0).numpy()
            np.testing.assert_allclose(probabilities, [line["probabilities"][c] for c in model.classes], atol=1e-4)
            values = [line["values"][d] for d in model.dimensions]
            np.testing.assert_allclose(logits[len(model.classes) :].numpy(), values, atol=1e-4)

    def test_built_in_model(self):
        self.agrees(BUILT_IN)

    def test_trained_models(self):
        for name, options in [("cnnlstm", {}), ("fcmfcc", {"trim": 30}), ("cnnatt", {"trim": "off"})]:
            with self.subTest(name):
                folder = self.place / name
                undertone.run("train", name, data=self.manifest, epochs=1, overwrite=True, output=folder, **options)
                self.agrees(folder)

    def test_other_sizes(self):
        for name, sizes in [
            ("cnnlstm", {"widths": [4, 6], "pools": [2, 8], "hidden": 5, "lstmLayers": 1, "dropout": 0.1}),
            ("fcmfcc", {"pathFilters": 2, "widths": [3, 4, 5], "dropout": 0}),
            ("cnnatt", {"pathFilters": 2, "widths": [3, 4], "attended": 6, "heads": 2}),
        ]:
            with self.subTest(name):
                file, folder = self.place / f"{name}-sizes.json", self.place / f"{name}-sizes"
                file.write_text(json.dumps(sizes))
                undertone.run("train", name, data=self.manifest, epochs=1, network=file, overwrite=True, output=folder)
                self.agrees(folder)

    def test_other_front_ends(self):
        for name, options in [
            ("cnnatt", {"window": 400, "hop": 160, "mels": 64, "coefficients": 20, "deltas": 2}),
            ("fcmfcc", {"hop": 200, "window": 512, "mels": 80, "deltas": 1}),
            ("cnnlstm", {"mels": 150, "window": 2048}),
        ]:
            with self.subTest(name):
                folder = self.place / f"{name}-front-end"
                undertone.run("train", name, data=self.manifest, epochs=1, overwrite=True, output=folder, **options)
                self.agrees(folder)

    def test_attribution_is_the_gradient(self):
        import torch

        import undertone.torch

        clip, = undertone.explain(self.clips[0], method="gradient")
        model = undertone.torch.load(BUILT_IN)
        mel = torch.from_numpy(clip.feature())[None, None].requires_grad_()
        logits = model.network(model.features.cosines @ mel)
        gradient, = torch.autograd.grad(logits[0, model.classes.index(clip.target)], mel)
        np.testing.assert_allclose(clip.attribution(), gradient[0, 0].numpy(), atol=1e-5)


class Transformers(unittest.TestCase):
    @needs("torch", "transformers", "safetensors")
    def test_downloaded_folders(self):
        from undertone.compare_transformers import main

        for name in ["hubert-base-er", "wavlm-large-er", "wav2vec2-dense-output", "wav2vec2-dimensions", "sharded",
                     "hubert-bare"]:
            with self.subTest(name), contextlib.redirect_stdout(io.StringIO()) as printed:
                self.assertEqual(main([str(ENCODERS / name)]), 0, printed.getvalue())
                self.assertIn("agrees", printed.getvalue())

    @needs("torch", "transformers", "safetensors")
    def test_difference(self):
        from undertone.compare_transformers import main

        with contextlib.redirect_stdout(io.StringIO()) as printed:
            self.assertEqual(main([str(ENCODERS / "hubert-base-er"), "--limit", "0"]), 1)
        self.assertIn("DISAGREES", printed.getvalue())


if __name__ == "__main__":
    os.chdir(tempfile.gettempdir())  # Paths of a test never depend on where it is run.
    unittest.main()
