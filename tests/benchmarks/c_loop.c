/*
 * The loops of bindings/c/examples/core_loop.rs through the C interface: c_loop one|batch ROUNDS
 *
 * Prints the CPU nanoseconds of a job.
 */
#include <fairlane.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 100, LEASE = 30000, SIZE = 100 };

static char payload[SIZE];

static void must(int is_done, const char *what) {
  if (is_done) return;
  fprintf(stderr, "failed: %s\n", what);
  exit(1);
}

#define MUST(condition) must(condition, #condition)

static void one_by_one(const fairlane_queue *queue) {
  fairlane_id id;
  fairlane_job *job;
  size_t length;
  MUST(fairlane_queue_push(queue, payload, SIZE, "tenant-7", 8, NULL, &id, NULL) == FAIRLANE_OK);
  MUST(fairlane_queue_pop(queue, 0, LEASE, NULL, &job, NULL) == FAIRLANE_OK && job);
  MUST(fairlane_job_payload(job, &length) && length == SIZE);
  const char *token = fairlane_job_token(job, &length);
  MUST(fairlane_queue_mark_complete(queue, token, length, NULL, NULL) == FAIRLANE_OK);
  fairlane_job_free(&job);
}

static void in_batches(const fairlane_queue *queue) {
  fairlane_new_jobs *jobs = fairlane_new_jobs_new();
  for (int i = 0; i < BATCH; i++) {
    MUST(fairlane_new_jobs_add(jobs, payload, SIZE, "tenant-7", 8, NULL, NULL) == FAIRLANE_OK);
  }
  fairlane_pushed_list *pushed;
  MUST(fairlane_queue_push_many(queue, jobs, &pushed, NULL) == FAIRLANE_OK);
  fairlane_pushed_list_free(&pushed);
  fairlane_new_jobs_free(&jobs);

  fairlane_job *popped[BATCH];
  fairlane_error *results[BATCH];
  const char *tokens[BATCH];
  size_t lengths[BATCH], count, length;
  MUST(fairlane_queue_pop_many(queue, BATCH, 0, LEASE, NULL, popped, &count, NULL) == FAIRLANE_OK);
  MUST(count == BATCH);
  for (int i = 0; i < BATCH; i++) {
    MUST(fairlane_job_payload(popped[i], &length) && length == SIZE);
    tokens[i] = fairlane_job_token(popped[i], &lengths[i]);
  }
  MUST(fairlane_queue_mark_complete_many(queue, tokens, lengths, BATCH, results, NULL) ==
       FAIRLANE_OK);
  for (int i = 0; i < BATCH; i++) {
    MUST(!results[i]);
    fairlane_job_free(&popped[i]);
  }
}

/* Gives the CPU time of this process in nanoseconds. */
static uint64_t cpu_time(void) {
  FILE *file = fopen("/proc/self/schedstat", "r");
  uint64_t time = 0;
  MUST(file && fscanf(file, "%" SCNu64, &time) == 1);
  fclose(file);
  return time;
}

int main(int count, char **arguments) {
  MUST(count == 3);
  int is_one = strcmp(arguments[1], "one") == 0;
  uint64_t rounds = strtoull(arguments[2], NULL, 10);
  fairlane_queue *queue;
  MUST(fairlane_queue_open("memory:", 7, "loop", 4, NULL, &queue, NULL) == FAIRLANE_OK);
  memset(payload, 'x', SIZE);
  uint64_t before = 0;
  for (uint64_t i = 0; i < rounds + rounds / 10; i++) {
    if (i == rounds / 10) before = cpu_time();
    (is_one ? one_by_one : in_batches)(queue);
  }
  printf("%" PRIu64 "\n", (cpu_time() - before) / (rounds * (is_one ? 1 : BATCH)));
  fairlane_queue_free(&queue);
  return 0;
}
