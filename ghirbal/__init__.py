"""The top of the house: configuration, command line, jobs, report. Nobody depends on it."""
