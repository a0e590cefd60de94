/* What a scenario has: a clock, a store, handles and backoffs by their names, the last error. */
#ifndef FAIRLANE_CONFORMANCE_WORLD_H
#define FAIRLANE_CONFORMANCE_WORLD_H

#include <fairlane.h>

#include "line.h"

typedef struct world {
  const char *url;
  fairlane_manual_clock *clock;
  fairlane_error *error;
  /* The jobs for the next push_many or mark_complete. */
  line jobs[512];
  size_t job_count;
} world;

/* Give the place of what was made by a name; `give_up` if there is no more room. */
fairlane_queue **queue_of(const char *name);
fairlane_backoff **backoff_of(const char *name);
fairlane_dethrottler **dethrottler_of(const char *name);
void close_all(world *world);

/* Each does what its verb says and writes the answer down; false, if it was refused. */
typedef bool verb(world *world, const line *call, const char *name, fairlane_queue *queue);

/* Gives the function of a verb; NULL for none. */
verb *queue_verb(const char *name);
verb *other_verb(const char *name);

/* Ends a verb at a call that is refused. */
#define TRY(call)                               \
  do {                                          \
    if ((call) != FAIRLANE_OK) return false; \
  } while (0)

/* Write an answer. */
bool answer(text value);
bool answer_word(const char *word);
bool answer_number(int64_t number);
bool answer_count(size_t count);
bool item(text value);

#endif
