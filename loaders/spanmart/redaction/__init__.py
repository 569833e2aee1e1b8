"""What must not reach the disk as it came: secrets and personal data are masked, people get keyed
hashes."""
