"""Reports that show everything with no network, in the look of the site: engram_pages makes both."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from engram_pages.page import SETTINGS  # noqa: E402

c = get_config()  # noqa: F821
c.HTMLExporter.update(SETTINGS)
