"""Times PyTorch, librosa, scikit-learn, Captum, torchattacks and matplotlib for `make benchmark PEER=1`.

python3 peer.py SUBJECT WORK BATCH MODE, as Worker.swift: says "ready" when it is warm, answers every line it reads with
the milliseconds a clip of a turn, and at the end of its input with the most memory it held, in bytes. Needs torch; for
some cases librosa and scipy, scikit-learn, captum, torchattacks and matplotlib, or
transformers, onnxruntime, onnxscript and openvino. `peer.py explain-once CLIP FIGURE` and `peer.py predict-once FOLDER
CLIP [FIGURE]` are what a turn of "explain" and of an encoder's "predict" and "figure" runs.

The networks and the front-end are those of Tests/Fixtures/peer, which the tests' numbers come from too.
"""

import atexit
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests/Fixtures/peer"))
import frontend
from frontend import COEFFICIENTS, MELS, RATE

CLASSES = 7
TURN_SECONDS = 0.25


def temporary_folder():
    """A new folder, which goes when this process ends."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return pathlib.Path(folder)


# The networks


def network_step(subject, work, batch, mode):
    import models
    import torch

    torch.manual_seed(0)
    model = models.NETWORKS[subject]()
    x = torch.randn(batch, 1, MELS if subject == "cnnlstm" else COEFFICIENTS, 313)
    labels = torch.arange(batch) % CLASSES
    if mode != "plain":
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    model.train(work == "train")
    run = torch.compile(model) if mode == "compiled" else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def train():
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(run(x), labels).backward()
        optimizer.step()

    def infer():
        with torch.inference_mode():
            run(x)

    def saliency():
        input = x.detach().requires_grad_()
        torch.autograd.grad(run(input)[:, 0].sum(), input)[0].abs()

    return {"train": train, "infer": infer, "saliency": saliency}[work]


# Encoders of the published sizes, with random weights


def encoder(subject):
    """An encoder as a function of its input, and an input."""
    import torch
    import transformers

    torch.manual_seed(0)
    if subject == "convnext-base":
        sizes = transformers.ConvNextConfig(depths=[3, 3, 27, 3], hidden_sizes=[128, 256, 512, 1024])
        model, x = transformers.ConvNextModel(sizes), torch.randn(1, 3, MELS, 313)
    elif subject == "wavlm-base":
        model, x = transformers.WavLMModel(transformers.WavLMConfig()), torch.randn(1, 5 * RATE)
    else:
        large = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096,
                     feat_extract_norm="layer", do_stable_layer_norm=True, conv_bias=True)
        sizes = transformers.HubertConfig(attn_implementation="sdpa", **(large if subject == "hubert-large" else {}))
        model, x = transformers.HubertModel(sizes), torch.randn(1, 5 * RATE)
    return model.eval().requires_grad_(False), x


def encoder_step(subject, work, batch, mode):
    import torch

    if work.endswith("-bfloat16"):
        work = work.removesuffix("-bfloat16")
        if mode == "openvino":
            return exported_step(*encoder(subject), mode, "bf16")
        step = encoder_step(subject, work, batch, mode)

        def cast():
            with torch.autocast("cpu", torch.bfloat16):
                step()

        return cast
    if work == "train":
        import transformers

        sizes = transformers.HubertConfig(attn_implementation="sdpa", layerdrop=0, num_labels=CLASSES)
        model = transformers.HubertForSequenceClassification(sizes).train()
        model.freeze_feature_encoder()
        model.hubert.feature_projection.requires_grad_(False)
        x, labels = torch.randn(batch, 5 * RATE), torch.arange(batch) % CLASSES
        optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-5)

        def train():
            optimizer.zero_grad(set_to_none=True)
            model(x, labels=labels).loss.backward()
            optimizer.step()

        return train
    if work == "probe":
        return probe_step(batch)
    if work in ("integrated-gradients", "occlusion"):
        return encoder_captum_step(work)
    if work in ("predict", "figure"):
        return program_step(work)
    model, x = encoder(subject)
    if work == "gradient-at-frames":
        def frames():
            with torch.no_grad():
                projected = model.feature_projection(model.feature_extractor(x).transpose(1, 2))
            projected.requires_grad_()
            torch.autograd.grad(model.encoder(projected).last_hidden_state.mean(), projected)

        return frames
    if work == "saliency":
        def saliency():
            input = x.detach().requires_grad_()
            torch.autograd.grad(model(input).last_hidden_state.mean(), input)[0].abs()

        return saliency
    if mode in ("plain", "compiled"):
        run = torch.compile(model) if mode == "compiled" else model

        def infer():
            with torch.inference_mode():
                run(x)

        return infer
    return exported_step(model, x, mode)


def classifier():
    import torch
    import transformers

    torch.manual_seed(0)
    sizes = transformers.HubertConfig(attn_implementation="sdpa", num_labels=CLASSES)
    return transformers.HubertForSequenceClassification(sizes).eval().requires_grad_(False)


def encoder_captum_step(work):
    import captum.attr
    import torch

    model, x = classifier(), 0.1 * torch.randn(1, 5 * RATE)
    run = lambda x: model(x).logits
    if work == "integrated-gradients":
        method = captum.attr.IntegratedGradients(run)
        return lambda: method.attribute(x, torch.zeros_like(x), target=0, n_steps=20, internal_batch_size=4,
                                        return_convergence_delta=True)
    method = captum.attr.Occlusion(run)
    # Windows of 0.2 s, every 0.1 s.
    return lambda: method.attribute(x, sliding_window_shapes=(RATE // 5,), strides=(RATE // 10,), target=0,
                                    perturbations_per_eval=4)


def probe_step(batch):
    import torch

    weights, head = torch.nn.Parameter(torch.zeros(13)), torch.nn.Linear(768, CLASSES)
    states, labels = torch.randn(batch, 13, 768), torch.arange(batch) % CLASSES
    optimizer = torch.optim.Adam([weights, *head.parameters()], lr=1e-3)

    def train():
        optimizer.zero_grad(set_to_none=True)
        pooled = (states * weights.softmax(0)[None, :, None]).sum(1)
        torch.nn.functional.cross_entropy(head(pooled), labels).backward()
        optimizer.step()

    return train


def predict_once(folder, clip, figure=None):
    """What a short script with transformers does: the probabilities, and with a figure also saliency."""
    import soundfile
    import torch
    import transformers

    x = torch.from_numpy(soundfile.read(clip, dtype="float32")[0])[None]
    model = transformers.HubertForSequenceClassification.from_pretrained(folder).eval().requires_grad_(False)
    x.requires_grad_(figure is not None)
    with torch.set_grad_enabled(figure is not None):
        logits = model(x).logits
    print(logits.softmax(-1)[0].tolist())
    if figure is None:
        return
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    saliency = torch.autograd.grad(logits[0].max(), x)[0][0].abs().numpy()
    picture, (above, below) = plt.subplots(2, 1, figsize=(8, 7), constrained_layout=True)
    above.plot(x[0].detach().numpy(), linewidth=0.3)
    below.plot(saliency, linewidth=0.3)
    picture.savefig(figure, dpi=150)


def program_step(work):
    folder = temporary_folder()
    classifier().save_pretrained(folder)
    command = [sys.executable, __file__, "predict-once", str(folder), str(noise_clip(folder))]
    command += [str(folder / "figure.png")] if work == "figure" else []
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def exported_step(model, x, mode, precision="f32"):
    """Inference by ONNX Runtime or OpenVINO; by the latter in float32 or bfloat16."""
    import torch

    class LastState(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, x):
            return self.model(x, return_dict=True).last_hidden_state

    threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))
    path = str(temporary_folder() / "model.onnx")
    torch.onnx.export(LastState(), (x,), path, dynamo=True, verbose=False)
    if mode == "onnxruntime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        inputs = {session.get_inputs()[0].name: x.numpy()}
        return lambda: session.run(None, inputs)
    import openvino

    settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    core = openvino.Core()
    request = core.compile_model(core.read_model(path), "CPU", settings).create_infer_request()
    return lambda: request.infer({0: x.numpy()})


def captum_step(subject, work, batch, mode):
    import captum.attr
    import models
    import torch

    torch.manual_seed(0)
    model = models.NETWORKS[subject]().eval()
    x = torch.randn(batch, 1, MELS if subject == "cnnlstm" else COEFFICIENTS, 313)
    if mode.endswith("channels-last"):
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    baseline = torch.zeros_like(x)
    if work == "input-x-gradient":
        method = captum.attr.InputXGradient(model)
        return lambda: method.attribute(x.detach().requires_grad_(), target=0)
    if work == "integrated-gradients":
        method = captum.attr.IntegratedGradients(model)
        return lambda: method.attribute(x, baseline, target=0, n_steps=50, return_convergence_delta=True)
    method = captum.attr.NoiseTunnel(captum.attr.Saliency(model))
    return lambda: method.attribute(x, nt_samples=50, stdevs=0.1, target=0, abs=False)


def torchattacks_step(subject, batch):
    import models
    import torch
    import torchattacks

    torch.manual_seed(0)
    model = models.NETWORKS[subject]().eval().requires_grad_(False)
    x = torch.rand(batch, 1, MELS if subject == "cnnlstm" else COEFFICIENTS, 313)  # torchattacks cuts at 0 and 1
    labels = model(x).argmax(1)
    attack = torchattacks.PGD(model, eps=0.1, alpha=0.01, steps=40)
    return lambda: attack(x, labels)


# The front-end


def librosa_step(work):
    import numpy as np

    y = np.random.default_rng(0).standard_normal(5 * RATE).astype(np.float32)
    return lambda: (frontend.log_mel if work == "log-mel" else frontend.mfcc)(y)


def torch_step(work, batch):
    import torch

    y = torch.randn(batch, 5 * RATE, generator=torch.Generator().manual_seed(0))
    log_mel, mfcc = frontend.in_torch()

    def gradient():
        input = y.detach().requires_grad_()
        torch.autograd.grad(mfcc(log_mel(input)).sum(), input)

    @torch.inference_mode()
    def forward():
        return log_mel(y) if work == "log-mel" else mfcc(log_mel(y))

    return gradient if work == "mfcc-gradient" else forward


def factorization_step(divergence):
    import warnings

    import numpy as np
    from sklearn.decomposition import NMF

    warnings.simplefilter("ignore")  # of steps that are too few to converge
    random = np.random.default_rng(0)
    samples = np.pad(random.standard_normal(5 * RATE), 512, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(samples, 1024)[::256]
    magnitudes = np.ascontiguousarray(np.abs(np.fft.rfft(frames * np.hanning(1025)[:-1])).T, np.float32)
    components, activations = (np.abs(random.standard_normal(s)).astype(np.float32) for s in ((513, 8), (8, 313)))
    loss = {"euclidean": "frobenius"}.get(divergence, divergence)
    model = NMF(8, solver="mu", beta_loss=loss, init="custom", tol=0, max_iter=100)
    return lambda: model.fit_transform(magnitudes, W=components.copy(), H=activations.copy())


# A corpus, in as many processes as there are cores, which have started and imported what they need


def made_corpus(folder, clips):
    """Clips of five seconds at 48 kHz: three harmonics over a little noise."""
    import numpy as np
    import soundfile

    random, paths, time = np.random.default_rng(0), [], 2 * np.pi * np.arange(240_000) / 48_000
    for clip in range(clips):
        phase = time * (100 + clip % 50 * 3)
        y = 0.2 * np.sin(phase) + 0.1 * np.sin(2 * phase) + 0.05 * np.sin(3 * phase)
        paths.append(str(folder / f"{clip}.wav"))
        soundfile.write(paths[-1], y + 0.001 * random.standard_normal(len(y)), 48_000)
    return paths


def resampled(path):
    import librosa
    import soundfile

    soundfile.write(path.replace(".wav", ".flac"), librosa.load(path, sr=RATE)[0], RATE)


def network_input(path):
    return frontend.mfcc(frontend.fix(frontend.load(path)))


def corpus_step(work, clips):
    import multiprocessing

    paths = made_corpus(temporary_folder(), clips)
    pool = multiprocessing.get_context("fork").Pool()  # before torch has threads
    if work == "prepare":
        return lambda: pool.map(resampled, paths, chunksize=4)

    import models
    import numpy as np
    import torch

    def step():
        x = torch.from_numpy(np.stack(pool.map(network_input, paths, chunksize=4)))[:, None]
        labels = torch.arange(clips) % CLASSES
        model = models.NETWORKS["fcmfcc"]()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        for rows in torch.randperm(clips).split(64):
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(model(x[rows]), labels[rows]).backward()
            optimizer.step()

    return step


# One explanation, from the start of the process to the figure


def explain_once(clip, figure):
    import captum.attr
    import librosa
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import models
    import torch

    y = torch.from_numpy(librosa.load(clip, sr=RATE)[0])[None]
    log_mel, mfcc = frontend.in_torch()
    model = models.CNNATT().eval()
    paths = {  # an input, and how the logits follow from it
        "waveform": (y, lambda x: model(mfcc(log_mel(x))[:, None])),
        "log-mel": (log_mel(y), lambda x: model(mfcc(x)[:, None])),
        "MFCC": (mfcc(log_mel(y)), lambda x: model(x[:, None])),
    }
    probabilities = paths["MFCC"][1](paths["MFCC"][0]).softmax(-1)[0].tolist()
    target = max(range(CLASSES), key=lambda i: probabilities[i])
    picture, panels = plt.subplots(4, 1, figsize=(8, 7), constrained_layout=True)
    for panel, (name, (x, run)) in zip(panels, paths.items()):
        saliency = captum.attr.Saliency(run).attribute(x, target=target)[0].numpy()
        values = x[0].numpy()
        if values.ndim == 1:
            panel.plot(values, linewidth=0.3)
            panel.imshow(saliency[None], aspect="auto", alpha=0.5, extent=(0, len(values), -1, 1))
        else:
            panel.imshow(values, aspect="auto", origin="lower", cmap="gray_r")
            picture.colorbar(panel.imshow(saliency, aspect="auto", origin="lower", cmap="magma", alpha=0.5), ax=panel)
        panel.set_title(name)
    panels[3].barh(range(CLASSES), probabilities)
    picture.savefig(figure, dpi=150)


def noise_clip(folder):
    import wave

    import numpy as np

    noise = np.random.default_rng(0).standard_normal(5 * RATE).clip(-10, 10)
    with wave.open(str(folder / "clip.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((noise * 3276.7).astype("<i2").tobytes())
    return folder / "clip.wav"


def explain_step():
    folder = temporary_folder()
    command = [sys.executable, __file__, "explain-once", str(noise_clip(folder)), str(folder / "figure.png")]
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


# One figure, from numbers in memory to the bytes of a PNG, in as many pixels as Undertone's. Every turn makes its figure
# anew, as a program must whose clips differ.


def render_step(work, mode):
    import io

    import matplotlib
    import numpy as np
    from matplotlib.figure import Figure  # without pyplot, which would keep every figure
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    matplotlib.rcParams.update({"font.size": 7.5, "axes.titlesize": 7.5})
    random = np.random.default_rng(0)
    emotions = ["angry", "disgust", "fear", "happy", "neutral", "sadness", "surprise"]

    def frames(rows):
        row, column = np.mgrid[:rows, :313]
        bands = np.sin(row * 0.6 + 2 * np.sin(column / 30)) * np.sin(column / 15)
        return -40 + 20 * bands + 4 * random.standard_normal((rows, 313))

    def attribution(*shape):
        return np.abs(random.standard_normal(shape) ** 3)

    def figure(width, height):
        figure = Figure(figsize=(width / 200, height / 200), dpi=200,
                        layout="constrained" if mode.endswith("constrained") else None)
        FigureCanvasAgg(figure)
        return figure

    def encoded(figure):
        file = io.BytesIO()
        figure.savefig(file, format="png")
        return file.getvalue()

    def spectrogram(axes, values, saliency, bars):
        """Values in grey below, what matters above: the more opaque the greater."""
        extent = (0, 5, -0.5, len(values) - 0.5)
        options = dict(aspect="auto", origin="lower", interpolation="nearest", extent=extent)
        limit = np.percentile(saliency, 99.5)
        below = axes.imshow(values, cmap="gray_r", **options)
        above = axes.imshow(saliency, cmap="magma_r", vmin=0, vmax=limit, alpha=0.95 * np.clip(saliency / limit, 0, 1),
                            **options)
        if bars:
            axes.figure.colorbar(below, ax=axes, label="dB")
            axes.figure.colorbar(above, ax=axes, label="saliency (logit/dB)", extend="max")
        return above

    if work == "explanation":
        time = np.arange(80_000) / RATE
        samples = 0.1 * random.standard_normal(80_000) * np.sin(2 * time)
        mel, mfcc = frames(128), frames(40)
        on_waveform, on_mel, on_mfcc = attribution(80_000), attribution(128, 313), attribution(40, 313)

        def step():
            picture = figure(1600, 1448)
            panels = picture.subplots(4, 1, height_ratios=[104, 194, 140, 119])
            smooth = on_waveform.reshape(-1, 80).mean(1)[None]
            below = panels[0].imshow(smooth, aspect="auto", cmap="magma_r", vmin=0, vmax=np.percentile(smooth, 99.5),
                                     extent=(0, 5, -0.5, 0.5))
            picture.colorbar(below, ax=panels[0], label="saliency (logit)")
            panels[0].plot(time, samples, color="black", linewidth=0.3)
            panels[0].set_ylabel("Amplitude")
            spectrogram(panels[1], mel, on_mel, True)
            panels[1].set_ylabel("Mel band")
            spectrogram(panels[2], mfcc, on_mfcc, True)
            panels[2].set_ylabel("Coefficient")
            panels[2].set_xlabel("Time (s)")
            probabilities = [0.5, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02]
            bars = panels[3].barh(emotions, probabilities, color=[f"C{i}" for i in range(7)])
            panels[3].bar_label(bars, fmt="%.2f")
            panels[3].invert_yaxis()
            panels[3].set_xlim(0, 1)
            panels[3].set_xlabel("Probability")
            picture.suptitle("clip.wav: predicted angry (p = 0.50)")
            return encoded(picture)
    elif work == "contact-sheet":
        clips = [(frames(128), attribution(128, 313)) for _ in range(12)]

        def step():
            picture = figure(1600, 1223)
            panels = picture.subplots(3, 4, sharex=True, sharey=True)
            for number, (panel, clip) in enumerate(zip(panels.flat, clips), 1):
                above = spectrogram(panel, *clip, False)
                panel.set_title(f"clip-{number}.wav\nangry 0.50")
            picture.colorbar(above, ax=panels, label="saliency", extend="max")
            picture.supxlabel("Time (s)")
            picture.supylabel("Mel band")
            picture.suptitle("angry: 12 clips")
            return encoded(picture)
    elif work == "comparison":
        mel = frames(128)
        maps = [np.minimum(1, attribution(128, 313) / 20) for _ in range(3)]
        extent = (0, 5, -0.5, 127.5)
        options = dict(aspect="auto", origin="lower", interpolation="nearest", extent=extent)

        def step():
            picture = figure(1600, 1500)
            panels = picture.subplots(3, 3, height_ratios=[194, 119, 194])
            for panel, saliency in zip(panels[0], maps):
                above = spectrogram(panel, mel, saliency, False)
                panel.set_xlabel("Time (s)")
            picture.colorbar(above, ax=panels[0], label="saliency, relative", extend="max")
            for panel in panels[1]:
                probabilities = [0.5, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02]
                panel.bar_label(panel.barh(emotions, probabilities, color=[f"C{i}" for i in range(7)]), fmt="%.2f")
                panel.invert_yaxis()
                panel.set_xlim(0, 1)
                panel.set_xlabel("Probability")
            for panel, saliency in zip(panels[2], maps[1:]):
                difference = saliency - maps[0]
                panel.imshow(mel, cmap="gray_r", **options)
                above = panel.imshow(difference, cmap="RdBu_r", vmin=-1, vmax=1, alpha=np.abs(difference), **options)
                panel.set_xlabel("Time (s)")
            panels[2][2].axis("off")
            picture.colorbar(above, ax=panels[2], label="difference", extend="both")
            picture.suptitle("clip.wav")
            return encoded(picture)
    elif work == "attention":
        row, column = np.mgrid[:249, :249]
        heads = [np.exp(-np.abs(column - row) / (1 + head)) / (1 + head) for head in range(144)]

        def step():
            picture = figure(1600, 1400)
            panels = picture.subplots(12, 12, sharex=True, sharey=True)
            for panel, head in zip(panels.flat, heads):
                shown = panel.imshow(head, vmin=0, vmax=0.5, cmap="viridis")
                panel.set_xticks([])
                panel.set_yticks([])
            picture.colorbar(shown, ax=panels, label="attention")
            picture.suptitle("clip.wav: the attention of HuBERT")
            return encoded(picture)
    else:
        counts = np.array([[20 if row == i else (row + i) % 4 for i in range(7)] for row in range(7)])

        def step():
            picture = figure(1261, 1019)
            axes = picture.subplots()
            shares = 100 * counts / counts.sum(1, keepdims=True)
            picture.colorbar(axes.imshow(shares, cmap="Blues", vmin=0, vmax=100), ax=axes, label="%")
            for row in range(7):
                for column in range(7):
                    color = "white" if shares[row, column] > 50 else "black"
                    axes.text(column, row - 0.12, counts[row, column], ha="center", va="center", color=color,
                              weight="bold")
                    axes.text(column, row + 0.18, f"{shares[row, column]:.0f} %", ha="center", va="center", color=color)
            axes.set_xticks(range(7), emotions)
            axes.set_yticks(range(7), emotions)
            axes.set_xlabel("Predicted")
            axes.set_ylabel("True")
            axes.set_title("CNNATT on clips.csv: accuracy 0.700, macro F1 0.700")
            return encoded(picture)

    return step


def main():
    if sys.argv[1] in ("explain-once", "predict-once"):
        return {"explain-once": explain_once, "predict-once": predict_once}[sys.argv[1]](*sys.argv[2:])
    subject, work, batch, mode = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    if subject == "explain":
        step = explain_step()
    elif subject == "render":
        step = render_step(work, mode)
    elif subject in ("hubert-base", "hubert-large", "wavlm-base", "convnext-base"):
        step = encoder_step(subject, work, batch, mode)
    elif subject == "corpus":
        step = corpus_step(work, batch)
    elif subject == "decompose":
        step = factorization_step(work)
    elif subject == "front-end":
        step = librosa_step(work) if mode == "librosa" else torch_step(work, batch)
    elif mode == "torchattacks":
        step = torchattacks_step(subject, batch)
    elif mode.startswith("captum"):
        step = captum_step(subject, work, batch, mode)
    else:
        step = network_step(subject, work, batch, mode)
    for _ in range(3 if mode == "compiled" else 2):
        step()
    print("ready", flush=True)
    for _ in sys.stdin:
        times, begin = [], time.perf_counter()
        while not times or time.perf_counter() - begin < TURN_SECONDS:
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
        print(1000 * statistics.median(times) / batch, flush=True)
    usage = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(1024 * max(usage))


if __name__ == "__main__":
    main()
