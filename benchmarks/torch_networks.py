"""Teacher and student as one writes them in plain PyTorch: the other side of `training.py`.

The same layers in the same order as `stressid_keras.models`, from `torch.nn` alone, for batches without padding: no
masks. An axis of odd length is padded by one zero before a block, which is what makes the results equal.
"""

import torch
from torch import nn
from torch.nn import functional

VIDEO_POOLS = ((1, 2, 2), (2, 2, 2), (2, 2, 2), (1, 2, 2))
KERAS_MOMENTUM, KERAS_EPSILON = 0.1, 1e-3  # in torch's meaning of momentum


class Block(nn.Module):
    """Convolution, pooling, batch normalisation, ReLU; `pool_last`: convolution, normalisation, ReLU, pooling."""

    def __init__(self, channels_in: int, channels: int, pool: tuple[int, ...], pool_last: bool = False):
        super().__init__()
        convolution, pooling, norm = {
            2: (nn.Conv2d, nn.MaxPool2d, nn.BatchNorm2d),
            3: (nn.Conv3d, nn.MaxPool3d, nn.BatchNorm3d),
        }[len(pool)]
        self.pool, self.pool_last = pool, pool_last
        self.conv = convolution(channels_in, channels, 3, padding=1, bias=False)
        self.pooling = pooling(pool)
        self.norm = norm(channels, eps=KERAS_EPSILON, momentum=KERAS_MOMENTUM)

    def forward(self, x):
        lengths = x.shape[2:]
        ends = [(-length) % pool for length, pool in zip(lengths, self.pool, strict=True)]
        if any(ends):
            x = functional.pad(x, [number for end in reversed(ends) for number in (0, end)])
        x = self.conv(x)
        if self.pool_last:
            return self.pooling(functional.relu(self.norm(x)))
        return functional.relu(self.norm(self.pooling(x)))


class Encoder(nn.Module):
    """Blocks, mean and maximum over all positions, one linear layer."""

    def __init__(self, channels_in, filters, feature_size, pools, pool_last=False):
        super().__init__()
        pairs = zip((channels_in, *filters), filters, pools, strict=False)
        self.blocks = nn.ModuleList(Block(*pair, pool_last) for pair in pairs)
        self.dense = nn.Linear(2 * filters[-1], feature_size)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        axes = tuple(range(2, x.ndim))
        return self.dense(torch.cat([x.mean(axes), x.amax(axes)], dim=1))


class Teacher(nn.Module):
    def __init__(self, n_classes, video_filters, signal_filters, feature_size, pool_last=False):
        super().__init__()
        image_pools = [(2, 2)] * len(signal_filters)
        self.encoders = nn.ModuleDict(
            {"video": Encoder(3, video_filters, feature_size, VIDEO_POOLS, pool_last)}
            | {
                name: Encoder(1, signal_filters, feature_size, image_pools, pool_last)
                for name in ("ecg", "eda", "rr")
            }
        )
        self.logits = nn.Linear(4 * feature_size, n_classes)

    def forward(self, x):
        features = {name: encode(x[name]) for name, encode in self.encoders.items()}
        return {"logits": self.logits(torch.cat(list(features.values()), dim=1)), **features}


class Student(nn.Module):
    def __init__(self, n_classes, filters, feature_size, pool_last=False):
        super().__init__()
        self.encoder = Encoder(1, filters, feature_size, [(2, 2)] * len(filters), pool_last)
        self.logits = nn.Linear(feature_size, n_classes)

    def forward(self, x):
        feature = self.encoder(x["audio"])
        return {"logits": self.logits(feature), "feature": feature}


def load_weights(network: nn.Module, weights: dict) -> None:
    """Copy the weights of the Keras network, by the path of its variables, into the same network here."""
    encoders = (
        {"feature": network.encoder}
        if isinstance(network, Student)
        else {f"{name}_feature": encoder for name, encoder in network.encoders.items()}
    )
    with torch.no_grad():
        for name, encoder in encoders.items():
            for number, block in enumerate(encoder.blocks, start=1):
                block.conv.weight.copy_(_kernel(weights[f"{name}_conv{number}/kernel"]))
                norm = f"{name}_norm{number}"
                block.norm.weight.copy_(torch.from_numpy(weights[f"{norm}/gamma"]))
                block.norm.bias.copy_(torch.from_numpy(weights[f"{norm}/beta"]))
                if f"{norm}/moving_mean" in weights:  # of no account in a training step
                    block.norm.running_mean.copy_(torch.from_numpy(weights[f"{norm}/moving_mean"]))
                    block.norm.running_var.copy_(torch.from_numpy(weights[f"{norm}/moving_variance"]))
            _load_dense(encoder.dense, weights, name)
        _load_dense(network.logits, weights, "logits")


def _load_dense(layer, weights, name):
    layer.weight.copy_(torch.from_numpy(weights[f"{name}/kernel"].T.copy()))
    layer.bias.copy_(torch.from_numpy(weights[f"{name}/bias"]))


def _kernel(values):
    """Keras: (height, width, in, out), and (height, width, time, in, out) of `StackedFramesConv3D`."""
    order = (3, 2, 0, 1) if values.ndim == 4 else (4, 3, 2, 0, 1)
    return torch.from_numpy(values.transpose(order).copy())
