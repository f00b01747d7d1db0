from ..small_tree import index, pristine_tree, tree  # noqa: F401  fixtures
