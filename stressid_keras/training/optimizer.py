"""The optimizer of a training, or of a phase of one."""

import keras

from stressid_keras.config import TrainingConfig


def build_optimizer(config: TrainingConfig, steps: int) -> keras.optimizers.Optimizer:
    """AdamW whose learning rate falls to nothing over the steps, after it rose if a warm-up is asked for.

    I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017, arXiv:1608.03983 (the
    cosine), and "Decoupled Weight Decay Regularization", ICLR 2019, arXiv:1711.05101; P. Goyal et al., "Accurate, Large
    Minibatch SGD", 2017, arXiv:1706.02677 (the warm-up); R. Pascanu, T. Mikolov, Y. Bengio, "On the Difficulty of
    Training Recurrent Neural Networks", ICML 2013, arXiv:1211.5063 (the norm of the gradient).

    Args:
        steps: of the optimizer, in all.
    """
    return keras.optimizers.AdamW(
        _learning_rate(config, steps),
        weight_decay=config.weight_decay,
        global_clipnorm=config.clip_norm or None,
        use_ema=config.average > 0,
        ema_momentum=config.average,
    )


def _learning_rate(config: TrainingConfig, steps: int) -> keras.optimizers.schedules.CosineDecay:
    # Falling to nothing over the epochs asked for: with few subjects, a constant rate leaves each epoch to chance.
    rising = min(round(config.warm_up * steps), steps - 1)
    if rising < 1:
        return keras.optimizers.schedules.CosineDecay(config.learning_rate, steps)
    return keras.optimizers.schedules.CosineDecay(
        config.learning_rate / (rising + 1),  # for a step at a rate of zero is none
        steps - rising,
        warmup_target=config.learning_rate,
        warmup_steps=rising,
    )
