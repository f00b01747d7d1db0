"""How many windows have no face is said once a preparation looked for faces."""

import dataclasses
import itertools

import pytest

from stressid_keras.config import PreparationConfig, VideoConfig
from stressid_keras.workflow import Reporter, Run, prepare

from ..drawn_faces import background, write_film
from ..small_tree import index, pristine_tree, tree  # noqa: F401  fixtures


class Listening(Reporter):
    def __init__(self):
        super().__init__()
        self.heard = []

    def warn(self, sentence):
        self.heard.append(sentence)


@pytest.mark.parametrize(("crop", "said"), [("face", 1), ("frame", 0)])
def test_windows_without_a_face_are_counted_in_one_line(tree, index, tiny_config, tmp_path, crop, said):  # noqa: F811
    write_film(index.recordings[0].sources["video"], itertools.repeat(background(144, 256), 8))
    config = dataclasses.replace(
        tiny_config, preparation=PreparationConfig(video=VideoConfig(max_side=32, crop=crop))
    )
    listening = Listening()
    store = prepare(Run(tree, tmp_path / "prepared", tmp_path / "out", config, 1, listening).context)
    found = [sentence for sentence in listening.heard if "face" in sentence]
    assert found == said * [
        "no face was found in 1 of 4 windows with video; their frames are whole (video_face_share in "
        f"{store.path / 'manifest.csv'})."
    ]
