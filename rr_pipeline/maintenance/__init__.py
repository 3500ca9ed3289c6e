"""Work on a project between runs: backups, restoring, verifying."""
