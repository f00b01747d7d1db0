"""A JSON file edited by hand, as far as those who read it can tell."""

import json


def edit_json(path, change) -> None:
    """Write it again after `change`, which is given the values and changes them in place."""
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values, indent=2) + "\n")
