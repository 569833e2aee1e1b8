"""pytest's importlib mode leaves a test's folder off the path, and the price tests share modules."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
