/* A waiting pop ends with a push, with a close, and with an interrupt, even one of a signal handler. */
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { HOUR = 3600 * 1000 };

static fairlane_queue *queue;
static fairlane_interrupt *interrupt;
static int waiting;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void pause_for(long milliseconds) {
  struct timespec time = {0, milliseconds * 1000000};
  nanosleep(&time, NULL);
}

/* Pops, and gives the status; a job is completed. */
static void *pop(void *none) {
  (void)none;
  fairlane_error *error = NULL;
  fairlane_job *job = NULL;
  __atomic_store_n(&waiting, 1, __ATOMIC_SEQ_CST);
  int32_t status = fairlane_queue_pop(queue, HOUR, 60000, interrupt, &job, &error);
  if (job) OK(fairlane_queue_mark_complete(queue, TEXT(fairlane_job_token(job, NULL)), NULL, &error));
  const char *result = job ? "job" : status == FAIRLANE_OK ? "nothing" : fairlane_status_name(status, NULL);
  fairlane_job_free(&job);
  fairlane_error_free(&error);
  return (void *)(uintptr_t)result;
}

static void on_signal(int number) {
  (void)number;
  fairlane_interrupt_raise(interrupt);
}

static void push(void) {
  CHECK(fairlane_queue_push(queue, "x", 1, NO_TEXT, NULL, NULL, NULL) == FAIRLANE_OK);
}

static void raise_interrupt(void) { fairlane_interrupt_raise(interrupt); }

static void send_signal(void) { kill(getpid(), SIGINT); }

static void close_queue(void) { CHECK(fairlane_queue_close(queue, NULL) == FAIRLANE_OK); }

/* Lets a thread wait, does something, and gives the milliseconds until its pop has returned. */
static int64_t ends_with(void (*act)(void), const char *expected) {
  pthread_t thread;
  __atomic_store_n(&waiting, 0, __ATOMIC_SEQ_CST);
  CHECK(pthread_create(&thread, NULL, pop, NULL) == 0);
  while (!__atomic_load_n(&waiting, __ATOMIC_SEQ_CST)) pause_for(1);
  /* Whether it sleeps by now or not, it must end; usually it does. */
  pause_for(20);
  int64_t before = now();
  act();
  void *result;
  CHECK(pthread_join(thread, &result) == 0);
  SAME((const char *)result, expected);
  return now() - before;
}

/* The shortest of five: the machine may be busy with something else. */
static void ends_soon(void (*act)(void), const char *expected) {
  int64_t shortest = HOUR;
  for (int i = 0; i < 5; i++) {
    fairlane_interrupt_clear(interrupt);
    int64_t took = ends_with(act, expected);
    if (took < shortest) shortest = took;
  }
  fprintf(stderr, "%s after %d ms\n", expected, (int)shortest);
  CHECK(shortest <= 100);
}

int main(int count, char **arguments) {
  CHECK(count == 2);
  fairlane_error *error = NULL;
  OK(fairlane_queue_open(TEXT(arguments[1]), TEXT("mail"), NULL, &queue, &error));
  interrupt = fairlane_interrupt_new();
  struct sigaction action = {0};
  action.sa_handler = on_signal;
  CHECK(sigaction(SIGINT, &action, NULL) == 0);

  ends_soon(push, "job");
  ends_soon(raise_interrupt, "nothing");
  ends_soon(send_signal, "nothing");

  /* What is raised stays raised, and a pop takes nothing then. */
  push();
  fairlane_job *job = NULL;
  OK(fairlane_queue_pop(queue, HOUR, 60000, interrupt, &job, &error));
  CHECK(job == NULL && fairlane_interrupt_is_raised(interrupt));
  fairlane_interrupt_clear(interrupt);
  OK(fairlane_queue_pop(queue, HOUR, 0, interrupt, &job, &error));
  CHECK(job != NULL);
  fairlane_job_free(&job);

  CHECK(ends_with(close_queue, "Closed") <= 10000);
  fairlane_queue_free(&queue);
  fairlane_interrupt_free(&interrupt);
  return 0;
}
