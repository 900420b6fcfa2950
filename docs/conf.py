"""
The documentation site: `make docs` builds it, offline, with every warning an error.

Pages are MyST Markdown. Those with ``{code-cell}`` blocks are executed at every build, and an error in one
ends it. The notebooks are shown as they are committed, with their outputs: the tests execute all of them
(``tests/integration/test_docs.py``), which takes minutes, and a build would only do that once more.
"""

from __future__ import annotations

import importlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sphinx_autosummary_accessors

import smsframe
from smsframe.cli import journals
from smsframe.cli import main as cli

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

ROOT = Path(__file__).parents[1]

project = "smsframe"
author = copyright = "The smsframe authors"  # noqa: A001 - Sphinx names it so
release = smsframe.__version__
version = release.partition(".dev")[0]

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_autosummary_accessors",
    "sphinxcontrib.typer",
]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates", sphinx_autosummary_accessors.templates_path]

# A link that leads nowhere, or a name in a docstring that does not exist, is a warning, and so an error.
nitpicky = True
# Types in signatures, which mypy proves to exist: the inventories of other libraries are on the network,
# where the build never goes, and inner types have no page.
nitpick_ignore_regex = [("py:class", r".*")]

default_role = "py:obj"  # `send` in a docstring is a link; ``send`` is code
highlight_language = "text"
python_maximum_signature_line_length = 80
python_use_unqualified_type_names = True
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autosummary_ignore_module_all = False
napoleon_custom_sections = [("Args for safety", "params_style"), ("Args for tuning", "params_style")]
napoleon_use_ivar = True
napoleon_use_rtype = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_execution_timeout = 120
nb_execution_excludepatterns = ["notebooks/*"]
nb_merge_streams = True
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # no page loads anything from another host

html_theme = "furo"  # light and dark, as the reader's system says
html_title = "smsframe"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_domain_indices = False
html_show_sphinx = False

# sphinxcontrib-typer reads the help that rich draws, which would run the lines of the exit codes into one;
# smsframe's own help is plain. The page of the command line has the codes.
for commands in (cli.app, journals.app):
    commands.rich_markup_mode = "markdown"
cli.app.info.epilog = None

# No page writes to the journal of whoever builds the site.
os.environ["SMSFRAME_JOURNAL"] = str(Path(tempfile.mkdtemp(prefix="smsframe-docs-")) / "journal.sqlite")


def copy_notebooks(app: Sphinx) -> None:
    """Sphinx reads below this folder only; links from notebooks to pages lose one step."""
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        copy = Path(app.srcdir) / "notebooks" / path.name
        copy.parent.mkdir(exist_ok=True)
        text = path.read_text("utf-8").replace("](../docs/", "](../")
        if not copy.exists() or copy.read_text("utf-8") != text:
            copy.write_text(text, "utf-8")


def find_public_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.Element
) -> nodes.Element | None:
    """
    Docstrings say `plan` for `smsframe.plan`, as people type it; a module is code, and no link.

    Args:
        app: The build.
        env: What it has read.
        node: A reference that leads nowhere so far.
        contnode: How it is shown.

    Returns:
        A link, or code; None if there is no such thing, which Sphinx then warns of.
    """
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    domain: Any = env.domains["py"]
    for full in (f"smsframe.{target}", f"smsframe.{target.rpartition('.')[2]}"):
        if full in domain.objects:
            return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", full, node, contnode)
    return contnode if node["reftype"] in {"obj", "exc"} and _exists(target) else None


def _exists(name: str) -> bool:
    """Whether a dotted name is a module, or something in one, or a builtin such as `MemoryError`."""
    for part in (name, f"builtins.{name}"):
        module, _, attribute = part.rpartition(".")
        for path, wanted in ((part, None), (module, attribute)):
            try:
                found = importlib.import_module(path) if path else None
            except ImportError:
                continue
            if found is not None and (wanted is None or hasattr(found, wanted)):
                return True
    return False


def hide_constructor(_app: Sphinx, _what: str, name: str, *_rest: object) -> tuple[str, None] | None:
    """What functions return is not made by people."""
    made = {"smsframe.Form", "smsframe.Plan", "smsframe.Run", "smsframe.Summary"}
    return ("", None) if name in made else None


def setup(app: Sphinx) -> None:
    """Connect the three."""
    app.connect("builder-inited", copy_notebooks, priority=1)
    app.connect("autodoc-process-signature", hide_constructor)
    app.connect("missing-reference", find_public_name)
