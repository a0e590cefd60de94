/* A job's way through a queue, in every store. */
#include "check.h"

int main(int count, char **arguments) {
  CHECK(count == 2);
  fairlane_error *error = NULL;
  fairlane_queue *queue = NULL;
  OK(fairlane_queue_open(TEXT(arguments[1]), TEXT("mail"), NULL, &queue, &error));
  SAME(fairlane_queue_name(queue, NULL), "mail");

  fairlane_id id;
  OK(fairlane_queue_push(queue, "hello", 5, TEXT("tenant-7"), NULL, &id, &error));
  SAME(id.text, "1");

  fairlane_job *job = NULL;
  OK(fairlane_queue_pop(queue, 0, FAIRLANE_DEFAULT_LEASE, NULL, &job, &error));
  size_t length = 0;
  const char *payload = fairlane_job_payload(job, &length);
  CHECK(length == 5 && memcmp(payload, "hello", 5) == 0);
  SAME(fairlane_job_id(job, NULL), "1");
  SAME(fairlane_job_lane(job, &length), "tenant-7");
  CHECK(length == 8);

  OK(fairlane_queue_mark_complete(queue, TEXT(fairlane_job_token(job, NULL)), NULL, &error));
  FAILS(FAIRLANE_STALE_TOKEN, NULL,
        fairlane_queue_mark_complete(queue, TEXT(fairlane_job_token(job, NULL)), NULL, &error));
  fairlane_job_free(&job);
  CHECK(job == NULL);
  fairlane_job_free(&job);

  OK(fairlane_queue_pop(queue, 0, FAIRLANE_DEFAULT_LEASE, NULL, &job, &error));
  CHECK(job == NULL);

  OK(fairlane_queue_close(queue, &error));
  FAILS(FAIRLANE_CLOSED, "queue is closed: open it again to go on",
        fairlane_queue_push(queue, "hello", 5, NO_TEXT, NULL, NULL, &error));
  fairlane_queue_free(&queue);
  CHECK(queue == NULL);
  return 0;
}
