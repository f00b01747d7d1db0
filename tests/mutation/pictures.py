"""PNG images that were made earlier; Pillow is the independent decoder."""

import io

import numpy as np
from PIL import Image

from stressid_keras.config import AudioConfig
from stressid_keras.store.encoding import widen
from stressid_keras.store.images import image_width, load_gaf_image, load_log_mel_image

from .chunk_damage import change_png
from .damage import BYTES
from .reader import Original, Reader, put
from .verdicts import RIGHT, SAME, Verdict, tried, wrong

AUDIO = AudioConfig(n_mels=32)


class Pictures(Reader):
    """`load_gaf_image`, `load_log_mel_image` and `image_width`."""

    def find_originals(self):
        return [Original(p, (*BYTES, *[change_png] * 6)) for p in sorted((self.corpus / "png").iterdir())]

    def __init__(self, corpus, sandbox):
        super().__init__(corpus, sandbox)
        self.expected = {original.path: self._read(original, original.path) for original in self.originals}

    def judge(self, original, content):
        path = put(self.sandbox / "2ea4_Stroop_ECG.png", content)
        return tried(lambda: self._read(original, path), lambda value: self._judge(original, content, *value))

    def _read(self, original, path):
        is_log_mel = "log_mel" in original.path.name
        return (load_log_mel_image(path, AUDIO) if is_log_mel else load_gaf_image(path)), image_width(path)

    def _judge(self, original, content, array, width) -> Verdict:
        known, known_width = self.expected[original.path]
        if array.shape == known.shape and np.array_equal(array, known) and width == known_width:
            return SAME
        try:
            grey = decode(content)
        except Exception as error:
            return wrong(f"a picture that Pillow does not read ({type(error).__name__})")
        if "log_mel" in original.path.name:
            grey = widen(grey[::-1].T)
        if array.shape != grey.shape:
            return wrong("another size than Pillow's")
        tolerance = 2 * 257 if array.dtype == np.uint16 else 2
        if np.abs(array.astype(int) - grey).max(initial=0) > tolerance:
            return wrong("another picture than Pillow's")
        return RIGHT


def decode(content: bytes) -> np.ndarray:
    """(H, W) uint8, by Pillow."""
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        if image.mode.startswith("I"):
            return (np.asarray(image).astype(int) >> 8).astype(np.uint8)
        return np.asarray(image.convert("RGB").convert("L"))
