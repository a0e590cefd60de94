/* One handle in many threads: each job is worked off once, and the counts are right. */
#include <pthread.h>
#include <time.h>

#include "check.h"

enum { PRODUCERS = 4, WORKERS = 4, EACH = 250, HOUR = 3600 * 1000 };

static fairlane_queue *queue;
static int completed[WORKERS];

static void *produce(void *none) {
  (void)none;
  fairlane_error *error = NULL;
  for (int i = 0; i < EACH; i++) {
    char lane[16];
    snprintf(lane, sizeof lane, "lane-%d", i % 5);
    OK(fairlane_queue_push(queue, &i, sizeof i, TEXT(lane), NULL, NULL, &error));
  }
  return NULL;
}

/* Works until the queue is closed. */
static void *work(void *count) {
  fairlane_error *error = NULL;
  fairlane_job *job = NULL;
  for (;;) {
    int32_t status = fairlane_queue_pop(queue, HOUR, 60000, NULL, &job, &error);
    if (status == FAIRLANE_CLOSED) {
      fairlane_error_free(&error);
      return NULL;
    }
    CHECK(status == FAIRLANE_OK && job);
    OK(fairlane_queue_mark_complete(queue, TEXT(fairlane_job_token(job, NULL)), NULL, &error));
    fairlane_job_free(&job);
    __atomic_add_fetch((int *)count, 1, __ATOMIC_SEQ_CST);
  }
}

static int count_completed(void) {
  int sum = 0;
  for (int i = 0; i < WORKERS; i++) sum += __atomic_load_n(&completed[i], __ATOMIC_SEQ_CST);
  return sum;
}

int main(int count, char **arguments) {
  CHECK(count == 2);
  fairlane_error *error = NULL;
  OK(fairlane_queue_open(TEXT(arguments[1]), TEXT("mail"), NULL, &queue, &error));
  fairlane_dethrottler *dethrottler = NULL;
  OK(fairlane_queue_start_dethrottler(queue, 5, &dethrottler, &error));
  pthread_t threads[PRODUCERS + WORKERS];
  for (int i = 0; i < PRODUCERS; i++) pthread_create(&threads[i], NULL, produce, NULL);
  for (int i = 0; i < WORKERS; i++) {
    pthread_create(&threads[PRODUCERS + i], NULL, work, &completed[i]);
  }
  for (int i = 0; i < PRODUCERS; i++) pthread_join(threads[i], NULL);
  struct timespec pause = {0, 5 * 1000000};
  for (int looks = 0; count_completed() < PRODUCERS * EACH; looks++) {
    CHECK(looks < 60 * 200);
    nanosleep(&pause, NULL);
  }
  fairlane_dethrottler_free(&dethrottler);

  int sum = count_completed();
  CHECK(sum == PRODUCERS * EACH);
  fairlane_stats *stats = NULL;
  OK(fairlane_queue_stats(queue, &stats, &error));
  CHECK(fairlane_stats_completed(stats) == sum);
  CHECK(fairlane_counts_waiting(fairlane_stats_counts(stats)) == 0);
  fairlane_stats_free(&stats);
  OK(fairlane_queue_close(queue, &error));
  for (int i = 0; i < WORKERS; i++) pthread_join(threads[PRODUCERS + i], NULL);
  fairlane_queue_free(&queue);
  return 0;
}
