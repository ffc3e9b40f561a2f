"""What is told of the work: one line a request, one a job, one a sweep, and the metrics in them.

A record is made for each request, run and sweep, handed along, and filled in by whoever knows
something: the HTTP edge and the tools directly, the core without knowing, through its ports. How a
line looks is left to `handler.logs`.

A line holds ids, statuses, amounts and milliseconds; never an input, a key, a token, a URL, or any
text that a caller or a vendor wrote. What callers choose freely (methods, tools, models) is told
only where it is one of ours.

The names of fields are those of Powertools for AWS Lambda where it has one. Powertools itself is
not used. Its Logger and Metrics take 8 ms of a start (version 3.37, Python 3.13, compiled bytecode,
median of 25, on top of what the API imports anyway; this package and `handler.logs` take 5), which
would do. But it adds 1 MB to the package for a formatter of a dozen lines, hooks itself into every
AWS client of the process, writes the texts of exceptions, reads the trace from the process, which
in the worker is another than the request's, and has one set of dimensions for all metrics of a
line.
"""
