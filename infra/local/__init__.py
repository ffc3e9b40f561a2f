"""The local stack: the whole system on one machine, without Docker or an AWS account.

`serve` runs it: an AWS emulator and a worker as child processes, the web server and the sweeper in
its own. The functions' code is the one that ships; only what drives it differs.
"""
