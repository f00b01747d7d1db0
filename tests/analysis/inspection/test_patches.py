from hypothesis import given
from hypothesis import strategies as st

from stressid_keras.analysis.inspection.patches import patches


@given(length=st.integers(1, 2000), count=st.integers(1, 50))
def test_patches_cover_the_axis_and_none_is_empty(length, count):
    cut = patches(length, count)
    assert len(cut) == count
    assert {place for patch in cut for place in range(patch.start, patch.stop)} == set(range(length))
    sizes = [patch.stop - patch.start for patch in cut]
    assert min(sizes) >= 1
    assert max(sizes) - min(sizes) <= 1
    if count <= length:
        assert sum(sizes) == length
