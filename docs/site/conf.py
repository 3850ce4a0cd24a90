"""Settings of the docs site: Sphinx with MyST Markdown, notebooks that run, API reference."""

import importlib.metadata

project = "Zone planner"
author = "The zoneplanner authors"
copyright = "The zoneplanner authors, Apache-2.0"
release = importlib.metadata.version("zoneplanner")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["notebooks/out/**"]
html_theme = "furo"
html_title = f"Zone planner {release}"
html_static_path = ["static"]
html_favicon = "static/icon.svg"
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"sidebar_hide_name": False, "top_of_page_buttons": []}

myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 3
# The tutorial and the recipes run while the site is made: what stands below a cell is its output.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_show_tb = True
nb_merge_streams = True
suppress_warnings = ["myst.header", "mystnb.unknown_mime_type"]

napoleon_google_docstring = False
napoleon_numpy_docstring = True
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
