"""Reads results files and draws them as one offline HTML page.

Knows records and graphs, and no framework.  Everything in a results file is untrusted: text reaches the page only
through an escaping template or, inside the packed verdict table, through ``textContent``.
"""

from autograd_conformance.reports.page import render_html, write_html

__all__ = ["render_html", "write_html"]
