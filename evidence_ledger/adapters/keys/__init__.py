"""Private keys in files: for CAdES signatures, and for signed notes."""
