"""The systems that are measured, a module each, with the same names in all of them.

- ``NAME``, ``VERSION``
- ``push(marks)``: pushes a job for each mark, in that order, as fast as the system can on one thread
- ``work(concurrency)``: becomes a worker of this system, until it is killed
- ``HOW``: why the system is used in this way

``python -m systems.NAME push COUNT`` and ``... work CONCURRENCY`` run them. Where the jobs are
is told by the variable ``BENCH_STORE`` of the environment: the URL of a Redis server, or a path.
"""
