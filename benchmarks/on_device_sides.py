"""The sides of `on_device.py`: each takes one window as a waveform (samples,) and gives its probabilities.

PyTorch and ONNX Runtime get a plain port of the student behind the same front end, for whole windows: no masks.
"""

import io
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from stressid_keras.errors import StressIDError
from stressid_keras.media.mel import mel_filterbank

Side = Callable[[np.ndarray], np.ndarray]
AMIN = 1e-10  # librosa's floor under a power, as in LogMel
# the weights that `student_port` takes
PORTED = re.compile(r"(feature(_(conv|depthwise|norm)\d+)?|logits)/")


def litert_side(path: Path) -> Side:
    """The interpreter through its signature, as `StudentRunner` calls it."""
    from stressid_keras.runtime.interpreter import WindowModel

    model = WindowModel(path, threads=1)
    return lambda waveform: model.predict_window(waveform)[0]


def keras_predict_side(deployed) -> Side:
    return lambda waveform: deployed.predict(waveform[None], verbose=0)["probabilities"][0]


def torch_side(network) -> Side:
    import torch

    def run(waveform):
        with torch.inference_mode():
            return network(torch.from_numpy(waveform[None])).numpy()[0]

    return run


def onnxruntime_side(network, samples: int) -> Side:
    """The port as `torch.onnx.export` writes it. ImportError if onnx, onnxscript or onnxruntime is absent."""
    import onnxruntime
    import torch

    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's notes on its own future
        program = torch.onnx.export(
            network,
            (torch.zeros(1, samples),),
            input_names=["waveform"],
            output_names=["probabilities"],
            dynamo=True,
            verbose=False,
        )
    program.save(file)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    return lambda waveform: session.run(["probabilities"], {"waveform": waveform[None]})[0][0]


def torch_port(student, front_end: dict, sample_rate: int, convolution: bool):
    """The student in plain PyTorch, with its weights, from waveform to probabilities.

    Args:
        student: the Keras student, of backbone cnn or separable.
        front_end: n_fft, hop_length, n_mels and top_db.
        sample_rate: Hz.
        convolution: the Fourier transform as a frozen convolution instead of `torch.stft`, which runtimes without a
            fast Fourier transform take better.

    Raises:
        StressIDError: the student is of another backbone.
    """
    import torch
    from torch import nn

    n_fft, hop, n_mels = (front_end[name] for name in ("n_fft", "hop_length", "n_mels"))
    weights = {variable.path: np.asarray(variable) for variable in student.weights}
    if others := [path for path in weights if not PORTED.match(path)]:
        raise StressIDError(
            f"The student has {others[0]}, which its port to PyTorch has not; expected a student of backbone cnn or "
            "separable."
        )
    hann = np.hanning(n_fft + 1)[:-1]

    class Port(nn.Module):
        def __init__(self):
            super().__init__()
            self.student = student_port(weights)
            self.register_buffer("hann", torch.tensor(hann, dtype=torch.float32))
            self.register_buffer("mel", torch.tensor(mel_filterbank(sample_rate, n_fft, n_mels)))
            if convolution:
                self.register_buffer("basis", torch.tensor(_fourier_basis(hann)))

        def forward(self, waveform):
            mel = self.power(waveform - waveform.mean(dim=1, keepdim=True)).transpose(1, 2) @ self.mel
            decibels = 10 * torch.log10(torch.clamp(mel, min=AMIN))
            decibels = decibels - decibels.amax(dim=(1, 2), keepdim=True) + front_end["top_db"]
            log_mel = torch.clamp(decibels, min=0) / front_end["top_db"]
            return torch.softmax(self.student({"audio": log_mel[:, None]})["logits"], dim=1)

        def power(self, waveform):
            """(B, n_fft // 2 + 1, T)."""
            if convolution:
                padded = nn.functional.pad(waveform, (n_fft // 2, n_fft // 2))
                parts = nn.functional.conv1d(padded[:, None], self.basis, stride=hop)
                real, imaginary = parts.chunk(2, dim=1)
                return real**2 + imaginary**2
            spectrum = torch.stft(
                waveform, n_fft, hop, window=self.hann, center=True, pad_mode="constant", return_complex=True
            )
            parts = torch.view_as_real(spectrum)
            return parts[..., 0] ** 2 + parts[..., 1] ** 2

    return Port().eval()


def student_port(weights: dict):
    """The student of `torch_networks` with these weights, by the path of the Keras variables."""
    import torch
    from torch import nn
    from torch_networks import Student, load_weights

    filters = [weights[name].shape[-1] for name in sorted(weights) if name.startswith("feature_conv")]
    port = Student(weights["logits/bias"].size, filters, weights["feature/bias"].size)
    kernels = [weights.get(f"feature_depthwise{number + 1}/kernel") for number in range(len(filters))]
    blocks = [pair for pair in zip(port.encoder.blocks, kernels, strict=True) if pair[1] is not None]
    for block, _ in blocks:
        block.conv = nn.Conv2d(block.conv.in_channels, block.conv.out_channels, 1, bias=False)
    load_weights(port, weights)
    for block, kernel in blocks:
        channels = block.conv.in_channels
        depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        depthwise.weight = nn.Parameter(torch.from_numpy(kernel.transpose(2, 3, 0, 1).copy()))
        block.conv = nn.Sequential(depthwise, block.conv)
    return port


def _fourier_basis(hann: np.ndarray) -> np.ndarray:
    """Windowed cosines, then sines, (2 (n_fft // 2 + 1), 1, n_fft) float32."""
    n = len(hann)
    angles = 2 * np.pi * np.outer(np.arange(n // 2 + 1), np.arange(n)) / n
    return (np.concatenate([np.cos(angles), -np.sin(angles)]) * hann)[:, None].astype(np.float32)
