"""The client library's generated protobuf modules, without importing its package.

Importing `neonize` starts threads and processes; its protobuf modules stand alone.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

_spec = find_spec("neonize")
assert _spec is not None
assert _spec.submodule_search_locations is not None
sys.path.append(str(Path(_spec.submodule_search_locations[0]) / "proto"))

neonize = import_module("Neonize_pb2")
e2e = import_module("waE2E.WAWebProtobufsE2E_pb2")
