from ...small_films import write_video  # noqa: F401  a fixture
