"""``python -m evidence_ledger_cli`` is ``evidence``."""

from evidence_ledger_cli.main import main

if __name__ == "__main__":
    main()
