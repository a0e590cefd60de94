"""The systems that are measured, a module each, with the same names in all of them.

- ``NAME``, ``VERSION``
- ``push(marks, size)``: pushes a job for each mark, in that order, on one thread; that many at a time
  if the system can, one by one else
- ``work(concurrency)``: becomes a worker of this system, until it is killed
- ``HOW``: why the system is used in this way

``python -m systems.NAME push COUNT SIZE`` and ``... work CONCURRENCY`` run them. Where the jobs are
is told by the variable ``BENCH_STORE`` of the environment: the URL of a Redis server, or a path.
"""
