"""How Sphinx makes the site; scripts/site.sh calls it."""

import re
from pathlib import Path

_ROOT = Path(__file__).parents[2]
project = "csvapi"
project_copyright = "the csvapi contributors"
release = re.findall(r'^__version__ = "(.+)"$', (_ROOT / "csvapi" / "__init__.py").read_text(), re.MULTILINE)[0]
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
html_theme = "furo"
html_title = f"csvapi {release}"
html_show_sourcelink = False
html_copy_source = False
myst_heading_anchors = 4
nitpicky = True
# Pygments has no words for everything that these blocks hold; they are shown as they are
suppress_warnings = ["misc.highlighting_failure"]
