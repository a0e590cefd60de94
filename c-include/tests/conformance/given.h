/* Arguments of calls, as the functions take them. */
#ifndef FAIRLANE_CONFORMANCE_GIVEN_H
#define FAIRLANE_CONFORMANCE_GIVEN_H

#include "world.h"

/* Gives a text, or no bytes for one that is not there. */
text text_of(const line *call, const char *name);

/* A text as pointer and length; a lane that is not there is NULL. */
#define PASS(text) (text).bytes, (text).length

/* A list of texts. */
typedef struct list {
  const char *texts[MOST_ELEMENTS];
  size_t lengths[MOST_ELEMENTS];
  size_t count;
  bool is_there;
} list;

list list_of(const line *call, const char *name);

/* Gives the settings of a push in `options`, which the caller frees. */
bool settings(world *world, const line *call, fairlane_push_options **options);

/* Gives the jobs that were kept, which are gone with that, in `jobs`, which the caller frees. */
bool kept_jobs(world *world, fairlane_new_jobs **jobs);

#endif
