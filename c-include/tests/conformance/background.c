/* Background work, of which the scenario says when each call returns. */
#include "background.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "given.h"

enum { MOST_BACKGROUNDS = 8, MOST_CALLS = 32, PATIENCE = 30000 };

/* A processor whose calls return one by one, as they are told to. */
typedef struct background {
  const char *name;
  fairlane_background_processor *processor;
  text args[MOST_CALLS];
  size_t arg_count;
  /* From here on for the threads of the processor too, under the lock. */
  const text *begun[MOST_CALLS];
  size_t begun_count, shown_count, permits;
  bool is_over;
} background;

static background backgrounds[MOST_BACKGROUNDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static background *background_of(const char *name) {
  for (int i = 0; i < MOST_BACKGROUNDS; i++) {
    if (!backgrounds[i].name) backgrounds[i].name = name;
    if (strcmp(backgrounds[i].name, name) == 0) return &backgrounds[i];
  }
  give_up("too many processors", name);
  return NULL;
}

static int32_t attend(void *arg, void *data) {
  background *self = data;
  pthread_mutex_lock(&lock);
  self->begun[self->begun_count++] = arg;
  pthread_cond_broadcast(&changed);
  while (self->permits == 0 && !self->is_over) pthread_cond_wait(&changed, &lock);
  if (self->permits > 0) self->permits--;
  pthread_mutex_unlock(&lock);
  return 0;
}

static bool set_options(world *world, const line *call, fairlane_background_options *options) {
  fairlane_error **error = &world->error;
  if (has(call, "concurrency")) {
    size_t calls = (size_t)number(call, "concurrency", 0);
    TRY(fairlane_background_options_set_concurrency(options, calls, error));
  }
  if (has(call, "lease")) {
    TRY(fairlane_background_options_set_lease(options, number(call, "lease", 0), error));
  }
  if (has(call, "pause")) {
    TRY(fairlane_background_options_set_pause(options, number(call, "pause", 0), error));
  }
  if (has(call, "fail_open")) {
    TRY(fairlane_background_options_set_fail_open(options, truth(call, "fail_open"), error));
  }
  return true;
}

bool do_background(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)queue;
  background *made = background_of(raw(call, "as"));
  fairlane_background_options *options = fairlane_background_options_new();
  bool is_done = set_options(world, call, options) &&
                 fairlane_background_processor_new(*queue_of(name), attend, made, options,
                                                   &made->processor, &world->error) == FAIRLANE_OK;
  fairlane_background_options_free(&options);
  return is_done && answer_word("ok");
}

static bool answer_truth(bool is_so) { return answer_word(is_so ? "true" : "false"); }

bool do_work(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)name, (void)queue;
  background *self = background_of(raw(call, "of"));
  if (self->arg_count == MOST_CALLS) give_up("too much", "work");
  text *arg = &self->args[self->arg_count++];
  *arg = text_of(call, "arg");
  text key = text_of(call, "key");
  bool is_scheduled;
  TRY(fairlane_background_processor_schedule(self->processor, PASS(key),
                                             number(call, "remote_backoff", 0), arg, &is_scheduled,
                                             &world->error));
  return answer_truth(is_scheduled);
}

bool do_begun(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)world, (void)name, (void)queue;
  background *self = background_of(raw(call, "of"));
  pthread_mutex_lock(&lock);
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += PATIENCE / 1000;
  while (self->shown_count == self->begun_count) {
    if (pthread_cond_timedwait(&changed, &lock, &until)) give_up("no call has begun", self->name);
  }
  const text *arg = self->begun[self->shown_count++];
  pthread_mutex_unlock(&lock);
  text shown = copy("", 0);
  add_encoded(&shown, arg->bytes, arg->length);
  return answer(shown);
}

bool do_finish(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)world, (void)name, (void)queue;
  pthread_mutex_lock(&lock);
  background_of(raw(call, "of"))->permits++;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  return answer_word("ok");
}

bool do_queue_length(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)world, (void)name, (void)queue;
  background *self = background_of(raw(call, "of"));
  return answer_count(fairlane_background_processor_queue_length(self->processor));
}

bool do_bump(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)name, (void)queue;
  background *self = background_of(raw(call, "of"));
  TRY(fairlane_background_processor_bump_remote_dedup_key(self->processor, &world->error));
  return answer_word("ok");
}

bool do_end(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)name, (void)queue;
  background *self = background_of(raw(call, "of"));
  bool drain = !has(call, "drain") || truth(call, "drain"), is_over;
  TRY(fairlane_background_processor_close(self->processor, drain,
                                          number(call, "timeout", PATIENCE), &is_over,
                                          &world->error));
  return answer_truth(is_over);
}

void end_backgrounds(void) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < MOST_BACKGROUNDS; i++) backgrounds[i].is_over = true;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < MOST_BACKGROUNDS; i++) {
    if (backgrounds[i].processor) {
      fairlane_background_processor_close(backgrounds[i].processor, false, PATIENCE, NULL, NULL);
    }
    fairlane_background_processor_free(&backgrounds[i].processor);
  }
}
