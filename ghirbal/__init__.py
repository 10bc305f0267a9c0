"""The top of the house: commands, configuration, jobs, and the finished corpus. Nobody depends on it.

In: what a user types. Out: a corpus in OUT, and what is said about it. Read cli (each command), then jobs (stages put
together and run), config; output (the folder while it is written), published (a finished one read back), check (its
laws); index (corpora that win, `similar`), explain, score; report_page, console and terminal are what is seen.
`__main__` starts the program: signals and streams come first.
"""
