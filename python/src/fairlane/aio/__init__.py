"""fairlane for asyncio: the same queue, each call awaitable.

>>> import asyncio
>>> from fairlane import aio
>>> async def main():
...     async with aio.Queue("memory:", "mail") as queue:
...         await queue.push({"to": "ada@example.com"}, lane="tenant-7")
...         async for job in queue.jobs():
...             await queue.mark_complete(job)
...             return job.json()
>>> asyncio.run(main())
{'to': 'ada@example.com'}
"""

from .dethrottler import Dethrottler
from .queue import Queue
from .worker import Worker

__all__ = ["Dethrottler", "Queue", "Worker"]
