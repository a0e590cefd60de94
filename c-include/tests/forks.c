/* A child may use a queue in a file if the fork was announced, and is told so if it was not. */
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static fairlane_error *error;

static void a_fork_that_was_not_announced(fairlane_queue *queue) {
  pid_t child = fork();
  if (child == 0) {
    _exit(fairlane_queue_push(queue, "x", 1, NO_TEXT, NULL, NULL, NULL));
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == FAIRLANE_UNSUPPORTED);
}

static void a_fork_that_was_announced(fairlane_queue *queue) {
  fairlane_before_fork();
  pid_t child = fork();
  if (child == 0) {
    fairlane_after_fork_in_child();
    _exit(fairlane_queue_push(queue, "child", 5, NO_TEXT, NULL, NULL, NULL));
  }
  fairlane_after_fork_in_parent();
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  int64_t size;
  OK(fairlane_queue_push(queue, "parent", 6, NO_TEXT, NULL, NULL, &error));
  OK(fairlane_queue_size(queue, NO_TEXT, &size, &error));
  CHECK(size == 2);
}

int main(int count, char **arguments) {
  CHECK(count == 2);
  fairlane_queue *queue;
  OK(fairlane_queue_open(TEXT(arguments[1]), TEXT("mail"), NULL, &queue, &error));
  a_fork_that_was_not_announced(queue);
  a_fork_that_was_announced(queue);
  fairlane_queue_free(&queue);
  return 0;
}
