"""What things are: instances, payment models, contracts, responses and designs."""
