"""The importlib mode of pytest leaves this folder off the path, and the tests share modules."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
