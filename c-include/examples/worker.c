/*
 * Works off a queue until it is told to stop by Ctrl-C or SIGTERM: worker URL QUEUE
 *
 * A job is done by printing it. A job whose payload begins with "bad" cannot be done: it is tried
 * again after its backoff, and is dead when its tries are spent.
 */
#include <fairlane.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT = 60 * 1000, LEASE = 30 * 1000 };

static fairlane_interrupt *stop;

static void on_signal(int number) {
  (void)number;
  fairlane_interrupt_raise(stop);
}

static int32_t work(const fairlane_queue *queue, const fairlane_job *job, fairlane_error **error) {
  size_t length;
  const char *payload = (const char *)fairlane_job_payload(job, &length);
  const char *token = fairlane_job_token(job, NULL);
  if (length >= 3 && memcmp(payload, "bad", 3) == 0) {
    return fairlane_queue_retry(queue, token, FAIRLANE_STRLEN, "it is bad", FAIRLANE_STRLEN,
                                FAIRLANE_NONE, error);
  }
  printf("%s: %.*s\n", fairlane_job_lane(job, NULL), (int)length, payload);
  fflush(stdout);
  return fairlane_queue_mark_complete(queue, token, FAIRLANE_STRLEN, NULL, error);
}

static int32_t work_until_stopped(const fairlane_queue *queue, fairlane_error **error) {
  while (!fairlane_interrupt_is_raised(stop)) {
    fairlane_job *job = NULL;
    int32_t status = fairlane_queue_pop(queue, WAIT, LEASE, stop, &job, error);
    if (status == FAIRLANE_OK && job) {
      status = work(queue, job, error);
      fairlane_job_free(&job);
    }
    /* A stale token: the work took longer than its lease, and somebody else has the job. */
    if (status != FAIRLANE_OK && status != FAIRLANE_STALE_TOKEN) return status;
    fairlane_error_free(error);
  }
  return FAIRLANE_OK;
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: worker URL QUEUE\n");
    return EXIT_FAILURE;
  }
  stop = fairlane_interrupt_new();
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);

  fairlane_error *error = NULL;
  fairlane_queue *queue = NULL;
  int32_t status = fairlane_queue_open(arguments[1], FAIRLANE_STRLEN, arguments[2],
                                       FAIRLANE_STRLEN, NULL, &queue, &error);
  if (status == FAIRLANE_OK) status = work_until_stopped(queue, &error);
  if (status != FAIRLANE_OK) {
    fprintf(stderr, "worker: %s (%s)\n", fairlane_error_message(error, NULL),
            fairlane_status_name(status, NULL));
  }
  fairlane_error_free(&error);
  fairlane_queue_free(&queue);
  fairlane_interrupt_free(&stop);
  return status == FAIRLANE_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
