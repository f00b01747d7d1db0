"""librosa, to compare with, so that the processes of one test session never compile at once."""

import os
from pathlib import Path

from stressid_keras.system.locking import exclusive


def import_librosa(folder: Path):
    """The module, with its kernels in a cache that only this session has; the processes sharing the folder take turns.

    librosa compiles on import, 40 s of CPU, into Numba's cache, which has no lock: two processes at once can leave one
    kernel's code under another's signature, and from then on every process that loads it crashes or computes nonsense.
    So the package does without librosa, and tests import it here alone.
    """
    import numba  # noqa: TID251

    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    numba.config.reload_config()
    with exclusive(folder):
        import librosa.feature  # noqa: TID251

        for lazy in (librosa.feature.melspectrogram, librosa.power_to_db, librosa.yin, librosa.filters.mel):
            assert callable(lazy)
    return librosa
