"""How long an import takes, and how many modules it loads. Parameter: the module."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import time

name = json.loads(sys.argv[1])[0]
if importlib.util.find_spec(name) is None:
    sys.stdout.write("null\n")
else:
    before, began = len(sys.modules), time.perf_counter()
    importlib.import_module(name)
    took = time.perf_counter() - began
    sys.stdout.write(json.dumps({"took": took, "modules": len(sys.modules) - before}) + "\n")
