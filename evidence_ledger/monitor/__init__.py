"""A monitor: follows ledgers, and tells what their operators or others should not have done."""
