"""The file for MediaPipe's AudioClassifier: one output, and the metadata that it asks for."""

import numpy as np
import pytest
from flatbuffers import number_types
from flatbuffers.table import Table

from stressid_keras.runtime.interpreter import LiteRTModel


def metadata_of(path):
    """The flatbuffer's own metadata table."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    (entry,) = [entry for entry in model.metadata if entry.name == b"TFLITE_METADATA"]
    content = bytes(model.buffers[entry.buffer].data)
    assert content[4:8] == b"M001"
    return Table(content, int.from_bytes(content[:4], "little"))


def part(table, field):
    """The table that a field of a table refers to."""
    return Table(table.Bytes, table.Indirect(table.Pos + table.Offset(4 + 2 * field)))


def first(table, field):
    """The first table of a vector."""
    place = table.Offset(4 + 2 * field)
    assert table.VectorLen(place) == 1
    return Table(table.Bytes, table.Indirect(table.Vector(place)))


def text(table, field):
    return table.String(table.Pos + table.Offset(4 + 2 * field)).decode()


def number(table, field, kind):
    return table.Get(kind, table.Pos + table.Offset(4 + 2 * field))


def test_metadata_names_rate_channels_and_labels(exported_run):
    """Fields of ModelMetadata, SubGraphMetadata, TensorMetadata, Content, AudioProperties and AssociatedFile."""
    subgraph = first(metadata_of(exported_run.files["mediapipe"]), 3)
    waveform, probabilities = first(subgraph, 2), first(subgraph, 3)
    content = part(waveform, 3)
    assert number(content, 0, number_types.Uint8Flags) == 4  # audio
    audio = part(content, 1)
    assert [number(audio, field, number_types.Uint32Flags) for field in (0, 1)] == [16_000, 1]
    labels = first(probabilities, 6)
    assert text(labels, 0) == "labels.txt"
    assert number(labels, 2, number_types.Int8Flags) == 2  # labels of the tensor's axis


def test_audio_classifier_gives_the_same_scores(exported_run, speech):
    audio = pytest.importorskip("mediapipe.tasks.python.audio", reason="mediapipe is not installed")
    from mediapipe.tasks.python import BaseOptions
    from mediapipe.tasks.python.components.containers import AudioData

    path, waveform = exported_run.files["mediapipe"], speech(5)
    options = audio.AudioClassifierOptions(base_options=BaseOptions(model_asset_path=str(path)))
    with audio.AudioClassifier.create_from_options(options) as classifier:
        (result,) = classifier.classify(AudioData.create_from_array(waveform, 16_000))
    scores = {found.category_name: found.score for found in result.classifications[0].categories}
    expected = LiteRTModel(path)(waveform)["probabilities"]
    np.testing.assert_allclose([scores[name] for name in ("Low", "Medium", "High")], expected, atol=1e-6)
