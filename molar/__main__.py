"""`python -m molar`: see `molar.cli`."""

from molar.cli import main

raise SystemExit(main())
