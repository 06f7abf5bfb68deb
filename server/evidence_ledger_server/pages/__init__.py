"""The pages for people: the check of a certificate, and the look-up of a fingerprint."""
