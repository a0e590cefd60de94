#include <string.h>

#include "background.h"

enum { MOST_HANDLES = 16 };

typedef struct handle {
  const char *name;
  fairlane_queue *queue;
  fairlane_backoff *backoff;
  fairlane_dethrottler *dethrottler;
} handle;

static handle handles[MOST_HANDLES];

static handle *of(const char *name) {
  for (int i = 0; i < MOST_HANDLES; i++) {
    if (!handles[i].name) handles[i].name = name;
    if (strcmp(handles[i].name, name) == 0) return &handles[i];
  }
  give_up("too many handles", name);
  return NULL;
}

fairlane_queue **queue_of(const char *name) { return &of(name)->queue; }

fairlane_backoff **backoff_of(const char *name) { return &of(name)->backoff; }

fairlane_dethrottler **dethrottler_of(const char *name) { return &of(name)->dethrottler; }

void close_all(world *world) {
  end_backgrounds();
  for (int i = 0; i < MOST_HANDLES; i++) {
    fairlane_dethrottler_free(&handles[i].dethrottler);
    fairlane_backoff_free(&handles[i].backoff);
    fairlane_queue_free(&handles[i].queue);
  }
  fairlane_manual_clock_free(&world->clock);
}
