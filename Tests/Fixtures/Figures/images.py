"""Writes small PNGs of every pixel format with PIL, and what PIL reads from them to images.json."""
import json
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

here = Path(__file__).parent
random = np.random.default_rng(7)
text = PngImagePlugin.PngInfo()
text.add_text("Software", "PIL")
text.add_text("Latin", "naïve")
text.add_text("Compressed", "ab" * 40, zip=True)
text.add_itxt("Unicode", "злость 怒り 😠")
images = {
    "palette": Image.fromarray(random.integers(0, 255, (5, 7, 3), dtype=np.uint8)).quantize(8),
    "rgba": Image.fromarray(random.integers(0, 255, (5, 7, 4), dtype=np.uint8)),
    "grey": Image.fromarray(random.integers(0, 255, (5, 7), dtype=np.uint8)),
    "bits": Image.fromarray(random.integers(0, 2, (5, 7)).astype(bool)),
}
read = {}
for name, image in images.items():
    image.save(here / f"{name}.png", pnginfo=text, dpi=(192, 192))
    opened = Image.open(here / f"{name}.png")
    read[name] = {"pixels": np.asarray(opened.convert("RGBA")).flatten().tolist(), "texts": dict(opened.text)}
(here / "images.json").write_text(json.dumps(read, ensure_ascii=False))
