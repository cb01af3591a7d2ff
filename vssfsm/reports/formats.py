"""
The output formats of `check`, each with the module that renders it, imported when it is used.

A module has `render(run: Run) -> str`: the whole report, with a final line end.
"""

FORMATS = {
    "text": "vssfsm.reports.text",
    "json": "vssfsm.reports.json",
    "sarif": "vssfsm.reports.sarif",
    "junit": "vssfsm.reports.junit",
    "github": "vssfsm.reports.github",
    "html": "vssfsm.reports.html",
}
