"""A monitor's folder, its alerts, and what it asks over HTTP."""
