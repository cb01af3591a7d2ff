"""Settings from files: `[tool.vssfsm]` of pyproject.toml, or vssfsm.toml. The command line wins."""

#: what `--fail-on` and the key `fail-on` know
FAIL_ON = ("writer-failure",)
