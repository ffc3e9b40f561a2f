"""The built artifacts as Lambda and API Gateway would run them, on this machine, without Docker.

Each sandbox is a process of AWS's Runtime Interface Emulator with AWS's runtime client for Python,
on the functions' Python version. In front of them stands an HTTP API (payload format 2.0), behind
them a queue's event source and a schedule, all read from `template.yaml`.

What differs from AWS: no limit on memory or processor, nothing of IAM, the machine's own system
libraries, no trace id in the environment (the emulator passes none on), an initialization that
counts against the function's time-out and may last as long as that, no throttling of requests.
SnapStart is not emulated: every start runs the module's code.
"""
