"""TFLite metadata inside the flatbuffer, from which MediaPipe's AudioClassifier takes rate, channels and labels.

The tables are those of TensorFlow Lite Support's `metadata_schema.fbs` (identifier M001), written field by field.
"""

import flatbuffers
import numpy as np
from flatbuffers import number_types
from flatbuffers.table import Table

from stressid_keras.runtime.archive import LABELS

BUFFER_NAME = "TFLITE_METADATA"
IDENTIFIER = b"M001"
PARSER_VERSION = "1.3.0"  # of the schema in which audio properties came
AUDIO_PROPERTIES = 4  # in the union ContentProperties
TENSOR_AXIS_LABELS = 2  # in the enum AssociatedFileType
WORST, BEST = 0.0, 1.0  # probabilities
# Numbers of the fields of each table, in the order of the schema.
MODEL = {"name": 0, "description": 1, "subgraphs": 3, "parser": 7}
SUBGRAPH = {"inputs": 2, "outputs": 3}
TENSOR = {"name": 0, "description": 1, "content": 3, "stats": 5, "files": 6}
CONTENT = {"kind": 0, "properties": 1}
AUDIO = {"sample_rate": 0, "channels": 1}
FILE = {"name": 0, "description": 1, "kind": 2}
STATS = {"maximum": 0, "minimum": 1}


def with_mediapipe_metadata(content: bytes, sample_rate: int, name: str, description: str) -> bytes:
    """A flatbuffer of one output with metadata for an audio classifier.

    The labels lie in the archive that `metadata.write_archive` appends to the file.

    Args:
        content: flatbuffer that takes `waveform` and gives `probabilities`.
        sample_rate: Hz.
        name, description: of the model.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(content, 0)
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(_metadata(sample_rate, name, description), np.uint8)
    model.buffers.append(buffer)
    entry.name, entry.buffer = BUFFER_NAME, len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(len(content) + 4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def metadata_rate(content: bytes) -> tuple[int, int] | None:
    """Sample rate in Hz and channels that a flatbuffer's metadata name; None where it has no metadata.

    Raises:
        Exception: of any type, where they are damaged.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(content, 0)
    for number in range(model.MetadataLength()):
        entry = model.Metadata(number)
        if entry.Name() == BUFFER_NAME.encode():
            data = model.Buffers(entry.Buffer()).DataAsNumpy().tobytes()
            if data[4:8] != IDENTIFIER:
                raise ValueError(f"metadata with the identifier {data[4:8]!r}")
            root = Table(data, int.from_bytes(data[:4], "little"))
            waveform = _first(_first(root, MODEL["subgraphs"]), SUBGRAPH["inputs"])
            audio = _part(_part(waveform, TENSOR["content"]), CONTENT["properties"])
            return _number(audio, AUDIO["sample_rate"]), _number(audio, AUDIO["channels"])
    return None


def _part(table: Table, field: int) -> Table:
    """The table that a field of a table refers to."""
    return Table(table.Bytes, table.Indirect(table.Pos + _place(table, field)))


def _first(table: Table, field: int) -> Table:
    """The first table of a vector."""
    return Table(table.Bytes, table.Indirect(table.Vector(_place(table, field))))


def _number(table: Table, field: int) -> int:
    return table.Get(number_types.Uint32Flags, table.Pos + _place(table, field))


def _place(table: Table, field: int) -> int:
    place = table.Offset(4 + 2 * field)
    if not place:
        raise ValueError(f"metadata without the field {field}")
    return place


def _metadata(sample_rate: int, name: str, description: str) -> bytes:
    builder = flatbuffers.Builder(1024)
    audio = _table(builder, AUDIO, {}, {"sample_rate": ("Uint32", sample_rate), "channels": ("Uint32", 1)})
    content = _table(builder, CONTENT, {"properties": audio}, {"kind": ("Uint8", AUDIO_PROPERTIES)})
    waveform = _tensor(builder, "waveform", "mono, in [-1, 1]", {"content": content})
    labels = _table(
        builder,
        FILE,
        {"name": builder.CreateString(LABELS), "description": builder.CreateString("a class a line")},
        {"kind": ("Int8", TENSOR_AXIS_LABELS)},
    )
    files = _vector(builder, [labels])
    range_of = {"maximum": _floats(builder, [BEST]), "minimum": _floats(builder, [WORST])}
    stats = _table(builder, STATS, range_of, {})
    probabilities = _tensor(builder, "probabilities", "of the classes", {"stats": stats, "files": files})
    tensors = {"inputs": _vector(builder, [waveform]), "outputs": _vector(builder, [probabilities])}
    subgraph = _table(builder, SUBGRAPH, tensors, {})
    texts = {"name": name, "description": description, "parser": PARSER_VERSION}
    parts = {key: builder.CreateString(text) for key, text in texts.items()}
    parts["subgraphs"] = _vector(builder, [subgraph])
    builder.Finish(_table(builder, MODEL, parts, {}), IDENTIFIER)
    return bytes(builder.Output())


def _tensor(builder, name: str, description: str, parts: dict[str, int]) -> int:
    texts = {"name": builder.CreateString(name), "description": builder.CreateString(description)}
    return _table(builder, TENSOR, {**texts, **parts}, {})


def _table(builder, fields: dict[str, int], offsets: dict[str, int], scalars: dict[str, tuple]) -> int:
    """A table of parts that are already in the buffer, by offset, and of scalars, by type and value."""
    builder.StartObject(max(fields.values()) + 1)
    for key, offset in offsets.items():
        builder.PrependUOffsetTRelativeSlot(fields[key], offset, 0)
    for key, (kind, value) in scalars.items():
        getattr(builder, f"Prepend{kind}Slot")(fields[key], value, 0)
    return builder.EndObject()


def _vector(builder, offsets: list[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


def _floats(builder, values: list[float]) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependFloat32(value)
    return builder.EndVector()
