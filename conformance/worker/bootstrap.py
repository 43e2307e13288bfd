"""The first lines a worker runs, given to ``python -c`` as text together with the parent's settings.

The interpreter need not have this package installed, so its modules are built here by hand over the parent's folders.
The text must be readable by very old interpreters: they have to be able to say that they are too old.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
# ruff: noqa: UP032
import sys

sys.path[:] = [entry for entry in sys.path if entry]  # a json.py in the current folder is not the json meant below

import json
import os
import struct

LEAST_PYTHON = (3, 10)


def complain(message):
    """Send one frame, as `protocol.encode_frame` would, and stop."""
    body = json.dumps({"error": "python", "message": message}).encode("ascii")
    os.write(1, struct.pack(">4sI", b"ACW1", len(body)) + body)
    os._exit(0)


def build_packages(folders):
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    for name, paths in folders.items():
        module = ModuleType(name)
        module.__path__ = paths
        module.__package__ = name
        module.__spec__ = ModuleSpec(name, None, is_package=True)
        module.__spec__.submodule_search_locations = paths
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)


def start(settings):
    here = "Python {}.{} ({})".format(sys.version_info[0], sys.version_info[1], sys.executable)
    if sys.version_info < LEAST_PYTHON:
        complain("{} is too old for a worker, which needs {}.{} or later".format(here, *LEAST_PYTHON))
    sys.path[:] = settings["path"] + [entry for entry in sys.path if entry not in settings["path"]]
    sys.path += [entry for entry in settings["last"] if entry not in sys.path]
    try:
        import numpy  # noqa: F401 - only to say clearly that it is missing
    except ImportError as failure:
        complain("{} cannot import NumPy, which a worker needs: {}".format(here, failure))
    build_packages(settings["folders"])
    sys.modules["autograd_conformance"].__dict__["__version__"] = settings["version"]
    from autograd_conformance.worker.serve import main

    main(settings)


if __name__ == "__main__":
    start(json.loads(sys.argv[1]))
