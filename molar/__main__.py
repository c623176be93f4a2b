"""`python -m molar`: see `molar.cli.main`."""

from molar.cli.main import main

raise SystemExit(main())
