from molar.cli import main

raise SystemExit(main())
