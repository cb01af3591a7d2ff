"""`python -m vssfsm`."""

import sys

from vssfsm.cli import main

sys.exit(main())
