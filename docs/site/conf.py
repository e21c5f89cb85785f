"""The configuration of the site for Sphinx; tools/site runs it.

Sphinx reads the Markdown files by MyST, the public headers by Doxygen and Breathe, and the docstrings by autodoc.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import navigation  # noqa: E402
import python_package  # noqa: E402

python_package.make_importable()

project = "mace"
author = "the authors of mace"
copyright = "the authors of mace; Apache License 2.0"
version = release = python_package.version()
root_doc = navigation.FRONT

extensions = ["myst_parser", "breathe", "sphinx.ext.autodoc", "reference", "repository_links"]
source_suffix = {".md": "markdown"}
# Blocks without a language are shell commands and drawings.
highlight_language = "text"
# Two hyphens are a dash; quotation marks stay as they are.
smartquotes_action = "D"

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

breathe_projects = {name: os.path.join(os.environ["MACE_SITE_BUILD"], folder, "xml")
                    for name, folder in (("mace", "doxygen"), ("mace_c", "doxygen_c"))}
breathe_default_project = "mace"
breathe_default_members = ("members", "undoc-members")
# The last pattern that matches holds.
breathe_domain_by_file_pattern = {"*.h": "cpp", "*mace_c.h": "c", "*/api/c/*.h": "c"}
breathe_show_include = False
breathe_show_enumvalue_initializer = True
breathe_show_define_initializer = True

autodoc_mock_imports = ["numpy", "onnx"]
autoclass_content = "both"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
# A parameter a line where a declaration is longer.
maximum_signature_line_length = 80

html_theme = "furo"
html_title = "mace " + release
html_copy_source = False
html_show_sphinx = False
html_static_path = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "static")]
html_css_files = ["mace.css"]
html_favicon = "static/icon.svg"
html_theme_options = {"navigation_with_keys": True}
