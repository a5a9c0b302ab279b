"""``python -m incentive_opt`` is the command ``incentive-opt``."""

from incentive_opt.cli.main import main

if __name__ == "__main__":
    main(prog_name="incentive-opt")
