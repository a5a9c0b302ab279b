"""Reading and writing: instances, payment models, contracts and designs; the shipped library."""

from incentive_opt.files.contracts import read_contract, write_contract
from incentive_opt.files.designs import (
    check_run_folder,
    load_design,
    read_run_folder,
    write_design,
    write_run_folder,
)
from incentive_opt.files.instances import read_instance
from incentive_opt.files.models import check_model, read_model
from incentive_opt.files.writing import write_atomically

__all__ = [
    "check_model",
    "check_run_folder",
    "load_design",
    "read_contract",
    "read_instance",
    "read_model",
    "read_run_folder",
    "write_atomically",
    "write_contract",
    "write_design",
    "write_run_folder",
]
