"""Films to frames: every frame where its time says, upright, and none that a header only claims."""
