"""`python -m molar.subset …` is `python -m molar subset …`: the name under which earlier versions of this project made the
folders that results/ was measured on, kept so that a command that somebody has noted down can still be given."""

if __name__ == "__main__":
    import sys

    from molar.cli.main import main

    raise SystemExit(main(["subset", *sys.argv[1:]]))
