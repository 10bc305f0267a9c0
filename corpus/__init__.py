"""The kernel: records, bytes to text, durable files, the stage runner. Imports none of the other packages."""
